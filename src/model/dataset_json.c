#include "model/dataset.h"

#include "base/utf8.h"
#include "ingest/unpivot.h"
#include "json/read.h"
#include "json/write.h"

#include <stdlib.h>

enum mask { MASK_NONE, MASK_PHONE, MASK_EMAIL };

static enum mask mask_of(const struct dataset_column *c)
{
	if (!strcmp(c->role, "customer.phone"))
		return MASK_PHONE;
	return strcmp(c->role, "customer.email") ? MASK_NONE : MASK_EMAIL;
}

/* "+7 912 345 67 89" → "***89"; "ivan@mail.ru" → "i***@mail.ru" */
static void write_masked(struct json_writer *w, enum mask m, struct str v)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * KIB);
	if (m == MASK_EMAIL) {
		size_t at = str_find(v, '@');
		uint32_t first;
		buf_add(&b, v.p, at > 1 ? utf8_decode(v, &first) : 0);
		buf_adds(&b, "***");
		buf_add(&b, v.p + at, v.n - at);
	} else {
		buf_adds(&b, "***");
		if (v.n > 4)
			buf_add(&b, v.p + v.n - 2, 2);
	}
	jw_str(w, buf_str(&b));
}

static void write_sample(struct json_writer *w, const struct dataset_column *c)
{
	CLEANUP(json_decrefp_) json_t *list = NULL;
	enum mask m = mask_of(c);
	jw_key(w, "sample");
	if (m == MASK_NONE) {
		jw_raw(w, str_of(c->sample_json));
		return;
	}
	jw_open(w, '[');
	if (json_read(str_of(c->sample_json), MIB, &list, NULL)) {
		size_t i;
		json_t *v;
		json_array_foreach (list, i, v)
			if (json_is_string(v))
				write_masked(w, m, str_n(json_string_value(v), json_string_length(v)));
	}
	jw_close(w, ']');
}

static void write_column(struct json_writer *w, const struct dataset_column *c, bool samples)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "name", c->name);
	jw_kv_cstr(w, "header", c->header && c->header[0] ? c->header : NULL);
	jw_kv_cstr(w, "type", c->type);
	jw_kv_i64(w, "non_null", c->non_null);
	if (c->distinct < 0)
		jw_kv_null(w, "distinct");
	else
		jw_kv_i64(w, "distinct", c->distinct);
	jw_kv_cstr(w, "role", c->role[0] ? c->role : NULL);
	jw_kv_f64(w, "confidence", c->confidence);
	jw_kv_cstr(w, "reason", c->reason[0] ? c->reason : NULL);
	jw_kv_bool(w, "by_person", c->by_person);
	jw_kv_cstr(w, "note", c->note && c->note[0] ? c->note : NULL);
	if (samples) {
		bool open = mask_of(c) == MASK_NONE;
		jw_kv_cstr(w, "min", open ? c->min : NULL);
		jw_kv_cstr(w, "max", open ? c->max : NULL);
		write_sample(w, c);
	}
	jw_close(w, '}');
}

static void write_names(struct json_writer *w, const char *key, char *const *names, size_t n)
{
	jw_key(w, key);
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		jw_cstr(w, names[i]);
	jw_close(w, ']');
}

/* What the table would be with its months as rows: null, or the columns that would come out. */
static void write_unpivot(struct json_writer *w, const struct dataset_table *t)
{
	char **names = mem_array(t->n_columns + 1, sizeof *names);
	size_t n = 0;
	for (size_t i = 0; i < t->n_columns; i++)
		names[i] = (char *)(uintptr_t)dataset_column_header(&t->columns[i]);
	struct unpivot *u = unpivot_find(names, t->n_columns);
	jw_key(w, "unpivot");
	if (!u) {
		jw_null(w);
	} else {
		char **made = unpivot_names(u, names, &n);
		jw_open(w, '{');
		write_names(w, "keys", made, u->n_keys);
		jw_kv_cstr(w, "period", made[u->n_keys]);
		write_names(w, "values", made + u->n_keys + 1, u->n_values);
		write_names(w, "periods", u->periods, u->n_periods);
		jw_close(w, '}');
		for (size_t i = 0; i < n; i++)
			free(made[i]);
		free(made);
		unpivot_free(u);
	}
	free(names);
}

static void write_table(struct json_writer *w, const struct dataset_table *t, bool samples)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "name", t->name);
	jw_kv_cstr(w, "source", t->source);
	jw_kv_i64(w, "rows", t->rows);
	jw_kv_i64(w, "rejects", t->rejects);
	jw_kv_i64(w, "rows_read", t->rows + t->rows_left_out);
	jw_kv_i64(w, "rows_left_out", t->rows_left_out);
	jw_kv_i64(w, "rows_hidden", t->rows_hidden);
	jw_kv_bool(w, "hidden", t->hidden);
	write_unpivot(w, t);
	jw_key(w, "groups");
	jw_raw(w, t->groups_json && t->groups_json[0] ? str_of(t->groups_json) : STR("null"));
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; i < t->n_columns; i++)
		write_column(w, &t->columns[i], samples);
	jw_close(w, ']');
	jw_close(w, '}');
}

static void write_relation(struct json_writer *w, const struct dataset_relation *r)
{
	jw_open(w, '{');
	jw_key(w, "from");
	jw_open(w, '{');
	jw_kv_cstr(w, "table", r->from_table);
	jw_kv_cstr(w, "column", r->from_column);
	jw_close(w, '}');
	jw_key(w, "to");
	jw_open(w, '{');
	jw_kv_cstr(w, "table", r->to_table);
	jw_kv_cstr(w, "column", r->to_column);
	jw_close(w, '}');
	jw_kv_f64(w, "matched", r->matched);
	jw_close(w, '}');
}

static void write_version_fields(struct json_writer *w, const struct dataset_version *v)
{
	jw_kv_id(w, "id", v->id);
	jw_kv_i64(w, "number", v->number);
	jw_kv_cstr(w, "state", version_state_name(v->state));
	jw_kv_cstr(w, "mode", v->mode);
	jw_kv_i64(w, "rows", v->rows);
	jw_kv_i64(w, "rejects", v->rejects);
	jw_kv_i64(w, "rows_read", v->rows + v->rows_left_out);
	jw_kv_i64(w, "rows_left_out", v->rows_left_out);
	jw_kv_cstr(w, "rejected_rows", v->drop_rejected ? "drop" : "keep");
	jw_kv_i64(w, "bytes", v->bytes);
	jw_key(w, "files");
	jw_raw(w, str_of(v->files_json));
	jw_kv_time(w, "created_at", v->created_at);
	if (v->expires_at)
		jw_kv_time(w, "expires_at", v->expires_at);
}

static void write_version(struct json_writer *w, const struct dataset_version *v)
{
	jw_open(w, '{');
	write_version_fields(w, v);
	jw_close(w, '}');
}

static void write_tables(struct json_writer *w, const struct dataset_content *c, bool samples)
{
	jw_key(w, "tables");
	jw_open(w, '[');
	for (size_t i = 0; i < c->n_tables; i++)
		write_table(w, &c->tables[i], samples);
	jw_close(w, ']');
	jw_key(w, "relations");
	jw_open(w, '[');
	for (size_t i = 0; i < c->n_relations; i++)
		write_relation(w, &c->relations[i]);
	jw_close(w, ']');
}

static void write_content(struct json_writer *w, const struct dataset_content *c, bool samples)
{
	jw_kv_i64(w, "version", c->version.number);
	jw_kv_i64(w, "rows", c->version.rows);
	jw_kv_i64(w, "rejects", c->version.rejects);
	jw_kv_i64(w, "rows_read", c->version.rows + c->version.rows_left_out);
	jw_kv_i64(w, "rows_left_out", c->version.rows_left_out);
	jw_kv_cstr(w, "rejected_rows", c->version.drop_rejected ? "drop" : "keep");
	jw_kv_i64(w, "bytes", c->version.bytes);
	jw_kv_time(w, "loaded_at", c->version.created_at);
	write_tables(w, c, samples);
}

void dataset_write_version_json(struct json_writer *w, const struct dataset *d, const struct dataset_content *content,
				struct str changes, bool samples)
{
	jw_open(w, '{');
	write_version_fields(w, &content->version);
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", d->id);
	jw_kv_cstr(w, "name", d->name);
	jw_kv_bool(w, "confirmed", d->current != 0);
	jw_close(w, '}');
	write_tables(w, content, samples);
	jw_key(w, "changes");
	jw_raw(w, changes);
	jw_close(w, '}');
}

void dataset_write_json(struct json_writer *w, const struct dataset *d, const struct dataset_content *content,
			const struct dataset_version *versions, size_t n_versions, bool samples)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", d->id);
	jw_kv_cstr(w, "name", d->name);
	jw_kv_cstr(w, "state", d->current ? "ready" : d->waiting ? "waiting" : "building");
	jw_kv_bool(w, "updating", d->current && d->building && !d->waiting);
	if (d->waiting)
		jw_kv_i64(w, "waiting", d->waiting);
	else
		jw_kv_null(w, "waiting");
	jw_kv_time(w, "created_at", d->created_at);
	if (content)
		write_content(w, content, samples);
	if (versions) {
		jw_key(w, "versions");
		jw_open(w, '[');
		for (size_t i = 0; i < n_versions; i++)
			write_version(w, &versions[i]);
		jw_close(w, ']');
	}
	jw_close(w, '}');
}
