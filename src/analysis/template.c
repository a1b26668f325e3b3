#include "analysis/template.h"

#include "analysis/ask.h"
#include "base/ids.h"
#include "base/limits.h"
#include "engine/import.h"
#include "model/spool.h"
#include "json/read.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MARK "vitrina-template-1"
#define MAC_BYTES crypto_auth_BYTES
#define CHOICES 30 /* more are not chosen from, but typed */
#define CHOICE_REPEATS 3
#define CHOICE_BYTES 200

static void make_mac(const struct instance *in, int64_t org, struct str text, char ret[2 * MAC_BYTES + 1])
{
	unsigned char mac[MAC_BYTES];
	CLEANUP(key_wipe) struct key key;
	_Static_assert(KEY_BYTES == crypto_auth_KEYBYTES, "a derived key is one for crypto_auth");
	key_derive(&in->master, KEY_TEMPLATE, (uint64_t)org, &key);
	crypto_auth(mac, (const unsigned char *)text.p, text.n, key.bytes);
	sodium_bin2hex(ret, 2 * MAC_BYTES + 1, mac, sizeof mac);
}

bool template_key(const struct instance *in, int64_t org, const struct dataset *d, const struct dataset_table *t,
		  struct buf *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(MIB);
	char mac[2 * MAC_BYTES + 1];
	buf_addf(&text, "dataset\t%" PRId64 "\nversion\t%" PRId64 "\ntable\t%s\n", d->id, d->current, t->name);
	for (size_t i = 0; i < t->n_columns; i++)
		buf_addf(&text, "column %zu\t%s\n", i, t->columns[i].name);
	make_mac(in, org, buf_str(&text), mac);
	buf_addf(ret, "%s\t%s\n", MARK, mac);
	buf_add_str(ret, buf_str(&text));
	return (!text.failed && !ret->failed) || err_set(e, ERR_LIMIT, NULL, "The table has too many columns.");
}

/* -- recognising -- */

struct peek {
	struct instance *in;
	const struct import_source *source;
};

static bool open_source(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct peek *p = ctx;
	*ret_seekable = true;
	if (p->source->spool)
		return spool_memfd(p->in->spool, p->source->spool, ret_fd, e);
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", p->source->fd);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd >= 0 || err_set(e, ERR_UNAVAILABLE, NULL, "The file cannot be opened again.");
}

static bool no_output(void *ctx, int table, const char *name, int *ret_fd, struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The import process opened a table unasked.");
}

static bool no_drop(void *ctx, int table, struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The import process dropped a table unasked.");
}

static bool no_rejects(void *ctx, int table, const json_t *items, struct err *e)
{
	return true;
}

static bool peek(struct instance *in, const struct import_source *s, struct buf *ret, struct err *e)
{
	struct peek p = { in, s };
	CLEANUP(buf_free) struct buf done = BUF_INIT(LIMIT_FRAME_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct engine_spawn_options spawn = { 0 };
	struct engine_import im = { .name = s->name,
				    .size = s->size,
				    .options_json = "{\"peek\":true}",
				    .ctx = &p,
				    .open_source = open_source,
				    .open_output = no_output,
				    .drop_output = no_drop,
				    .rejects = no_rejects };
	if (!engine_import_run(&spawn, &im, &done, e) || !json_read(buf_str(&done), LIMIT_FRAME_BYTES, &v, e))
		return false;
	const json_t *key = json_object_get(v, "template");
	if (json_is_string(key))
		buf_add(ret, json_string_value(key), json_string_length(key));
	return true;
}

static bool take_line(struct str *rest, const char *name, struct str *ret_value)
{
	struct str line;
	return str_split(rest, '\n', &line) && str_split(&line, '\t', ret_value) && str_is(*ret_value, name) &&
	       (*ret_value = line).p;
}

static bool read_key(struct instance *in, struct db *db, int64_t org, struct str text, struct arena *a,
		     struct template_found *ret, struct err *e)
{
	struct str mac, dataset, version, table;
	char made[2 * MAC_BYTES + 1];
	struct dataset d;
	int64_t id = 0;
	struct str rest = text;
	bool ok = take_line(&rest, MARK, &mac) && mac.n == sizeof made - 1;
	if (ok) {
		make_mac(in, org, rest, made);
		ok = sodium_memcmp(made, mac.p, mac.n) == 0;
	}
	ok = ok && take_line(&rest, "dataset", &dataset) && take_line(&rest, "version", &version) &&
	     take_line(&rest, "table", &table) && str_to_i64(dataset, &id);
	if (!ok)
		return err_set(
			e, ERR_VALUE, "template_altered",
			"This template was altered where it must not be, or another server made it. Load it into "
			"its data set from the data set's own page.");
	if (!dataset_find_ready(db, a, org, id, &d, NULL))
		return err_set(e, ERR_VALUE, "template_stale",
			       "The data set that this template was made for is not there any more.");
	ret->dataset = id;
	ret->table = arena_strndup(a, table.p, table.n);
	return ret->table || err_set(e, ERR_TOO_LARGE, NULL, "The names are too long.");
}

bool template_recognise(struct instance *in, struct db *db, int64_t org, const struct import_source *s, struct arena *a,
			struct template_found *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(LIMIT_FRAME_BYTES);
	*ret = (struct template_found){ 0 };
	/* What cannot be read at all is said by the import itself. */
	if (s->size > LIMIT_TEMPLATE_BYTES || !peek(in, s, &text, NULL) || !text.n)
		return true;
	return read_key(in, db, org, buf_str(&text), a, ret, e);
}

/* -- what can be chosen -- */

/* A name, a phone or an address of somebody is nothing to choose from, and nothing to hand out. */
static bool is_choice(const struct dataset_column *c)
{
	return str_is(str_of(c->type), "VARCHAR") && c->distinct >= 2 && c->distinct <= CHOICES &&
	       c->non_null >= CHOICE_REPEATS * c->distinct && strncmp(c->role, "customer.", 9) != 0;
}

bool template_choices(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
		      const struct dataset_table *t, struct arena *a, struct template_choice *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	if (!ask_open(&q, in, db, org, d->current, NULL, e))
		return false;
	for (size_t i = 0; i < t->n_columns; i++) {
		CLEANUP(buf_free) struct buf sql = BUF_INIT(LIMIT_QUERY_SQL_BYTES);
		CLEANUP(json_decrefp_) json_t *list = NULL;
		ret[i] = (struct template_choice){ 0 };
		if (!is_choice(&t->columns[i]))
			continue;
		const char *column = sql_ident(a, str_of(t->columns[i].name));
		buf_addf(&sql,
			 "SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL AND length(%s) <= %d ORDER BY 1 LIMIT %d",
			 column, sql_table(a, q.schema, t->name, false), column, column, CHOICE_BYTES, CHOICES + 1);
		if (!ask_json(&q, sql.p, MIB, &list, e))
			return false;
		if (json_array_size(list) < 2 || json_array_size(list) > CHOICES)
			continue;
		char *text = json_dumps(list, JSON_COMPACT);
		ret[i].values_json = text ? arena_strdup(a, text) : NULL;
		free(text);
	}
	return true;
}
