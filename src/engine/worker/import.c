#include "engine/worker/import.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "engine/worker/import_job.h"
#include "engine/worker/parquet_file.h"
#include "ingest/template_sheet.h"
#include "json/write.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define WATCH_MSEC 100

bool import_send(struct import_job *j, enum frame_type type, struct str payload, struct err *e)
{
	pthread_mutex_lock(&j->sending);
	bool ok = frame_send(j->control, type, payload, NULL, 0, e);
	pthread_mutex_unlock(&j->sending);
	return ok;
}

/* Sends a request and waits for the answer, whose first descriptor is *ret_fd. */
static bool ask(struct import_job *j, enum frame_type question, struct str payload, enum frame_type answer, int *ret_fd,
		bool *ret_seekable, struct err *e)
{
	struct frame f;
	atomic_fetch_add(&j->questions, 1);
	bool ok = import_send(j, question, payload, e) && frame_recv(j->control, &f, e);
	atomic_fetch_add(&j->questions, 1);
	if (!ok)
		return false;
	if (f.type == answer) {
		json_t *v = NULL;
		*ret_fd = frame_take_fd(&f, 0);
		if (ret_seekable && json_read(frame_payload(&f), LIMIT_FRAME_BYTES, &v, NULL))
			*ret_seekable = json_is_true(json_object_get(v, "seekable"));
		json_decref(v);
	}
	ok = f.type == answer && *ret_fd >= 0;
	bool cancelled = f.type == FRAME_CANCEL || f.type == FRAME_CLOSED;
	frame_free(&f);
	if (ok)
		return true;
	return cancelled ? err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.")
			 : err_set(e, ERR_INTERNAL, "engine_protocol", "the server answered %s with something else",
				   frame_type_name(question));
}

static bool reopen_source(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct str payload = seekable ? STR("{\"seekable\":true}") : STR("{\"seekable\":false}");
	return ask(ctx, FRAME_NEED_SOURCE, payload, FRAME_SOURCE, ret_fd, ret_seekable, e);
}

static bool open_output(struct import_job *j, size_t table, int *ret_fd, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "table", (int64_t)table);
	jw_kv_cstr(&w, "name", j->table->name);
	jw_close(&w, '}');
	return ask(j, FRAME_OPEN, buf_str(&b), FRAME_OUTPUT, ret_fd, NULL, e);
}

static bool drop_output(struct import_job *j, size_t table, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "table", (int64_t)table);
	jw_close(&w, '}');
	return import_send(j, FRAME_DROP, buf_str(&b), e);
}

/* Progress, which never goes back however many passes are made; and whether the server is still there. */
static void *watch(void *ctx)
{
	struct import_job *j = ctx;
	uint64_t furthest = 0;
	while (!atomic_load(&j->done)) {
		unsigned before = atomic_load(&j->questions);
		struct pollfd p = { .fd = j->control, .events = POLLIN | POLLRDHUP };
		if (before % 2)
			usleep(WATCH_MSEC * 1000); /* the main thread waits for an answer */
		else
			poll(&p, 1, WATCH_MSEC);
		/* Nothing but the end, or CANCEL, comes unasked: leaving is all there is to do. */
		if (p.revents && before == atomic_load(&j->questions) && !atomic_load(&j->done))
			_exit(0);
		uint64_t at = source_consumed(j->source), total = source_total(j->source);
		if (at <= furthest)
			continue;
		furthest = at;
		CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
		struct json_writer w = json_writer(&b);
		jw_open(&w, '{');
		jw_kv_i64(&w, "bytes", (int64_t)at);
		jw_kv_i64(&w, "total", (int64_t)total);
		jw_close(&w, '}');
		import_send(j, FRAME_PROGRESS, buf_str(&b), NULL);
	}
	return NULL;
}

/* An option given once for the file's one table, or by table name. */
static const json_t *table_option(const struct import_job *j, const char *key, const char *table)
{
	const json_t *v = json_object_get(j->options, key);
	return json_is_object(v) ? json_object_get(v, table) : v;
}

static bool read_expected(const json_t *list, struct table_expected **ret, size_t *ret_n, struct err *e)
{
	size_t n = json_array_size(list);
	struct table_expected *x = mem_array(n + 1, sizeof *x);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(v, "name"));
		const char *type = json_string_value(json_object_get(v, "type"));
		if (!name || !type || !column_type_parse(str_of(type), &x[i].type)) {
			free(x);
			return err_set(e, ERR_INTERNAL, "engine_protocol", "the expected columns are malformed");
		}
		const char *header = json_string_value(json_object_get(v, "header"));
		const char *shown = json_string_value(json_object_get(v, "shown"));
		x[i].name = name;
		x[i].header = header ? header : name;
		x[i].shown = shown ? shown : name;
		x[i].empty = json_is_true(json_object_get(v, "empty"));
		x[i].needed = json_is_true(json_object_get(v, "needed"));
	}
	*ret = x;
	*ret_n = n;
	return true;
}

/* What the data set has of headings of groups: the names of their columns; false: they are filled down in columns of
 * the file; true: they are rows. */
static void take_groups(const struct import_job *j, size_t index, struct reader_table *t)
{
	const json_t *list = table_option(j, "groups", t->name), *v;
	size_t i;
	/* The only table is called otherwise next month; further sheets are other tables. */
	if (index && !json_is_object(json_object_get(j->options, "groups")))
		return;
	t->groups_kept = json_is_true(list);
	t->groups_above = json_is_false(list);
	json_array_foreach (list, i, v)
		if (json_is_string(v) && t->n_groups < countof(t->groups))
			t->groups[t->n_groups++] = json_string_value(v);
}

static bool open_table(struct import_job *j, size_t index, struct err *e)
{
	const char *name = j->reader->tables[index].name;
	const json_t *list = table_option(j, "expect", name);
	struct table_expected *expected = NULL;
	size_t n = 0;
	if (json_is_array(list) && !read_expected(list, &expected, &n, e))
		return false;
	j->row_base = json_integer_value(table_option(j, "row_base", name));
	j->table = NULL;
	take_groups(j, index, &j->reader->tables[index]);
	bool ok = table_open(j->reader, index, expected, n, &j->table, e);
	free(expected);
	return ok;
}

static size_t count_shared(const struct reader_table *t, const json_t *headers)
{
	size_t i, n = 0;
	const json_t *v;
	json_array_foreach (headers, i, v) {
		bool found = false;
		for (size_t k = 0; k < t->n_columns && !found; k++)
			found = json_is_string(v) && str_ieq(str_of(t->columns[k]), str_of(json_string_value(v)));
		n += found;
	}
	return n;
}

static bool is_in_file(const struct import_job *j, const char *name)
{
	for (size_t i = 0; i < j->reader->n_tables; i++) {
		if (strcmp(j->reader->tables[i].name, name) == 0)
			return true;
	}
	return false;
}

/*
 * A table that is called as its file has another name next month. Of the data set's tables that the file does not name
 * the one that shares most columns with it is meant, and at least half of its own ("into": their names and headers).
 */
static void name_own_table(struct import_job *j)
{
	json_t *into = json_object_get(j->options, "into"), *headers;
	const char *name, *found = NULL;
	struct reader_table *own = NULL;
	size_t most = 0;
	for (size_t i = 0; i < j->reader->n_tables; i++) {
		if (j->reader->tables[i].of_file && own)
			return; /* an archive of several */
		if (j->reader->tables[i].of_file)
			own = &j->reader->tables[i];
	}
	if (!own || json_object_get(into, own->name))
		return;
	json_object_foreach (into, name, headers) {
		size_t n = is_in_file(j, name) ? 0 : count_shared(own, headers);
		if (2 * n < json_array_size(headers) || n < most)
			continue;
		found = n > most ? name : NULL; /* of two alike neither */
		most = n;
	}
	if (!found)
		return;
	free(own->name);
	own->name = mem_strdup(found);
}

/* Passes until the types hold: at most two. */
static bool write_table(struct import_job *j, size_t number, struct err *e)
{
	bool again = true;
	while (again) {
		int output = -1;
		if (!open_output(j, number, &output, e) || !import_copy_table(j, output, e) ||
		    !table_settle(j->table, &again, e))
			return false;
		if (again && (!drop_output(j, number, e) || !table_again(j->table, e)))
			return false;
	}
	return true;
}

static bool import_table(struct import_job *j, size_t index, struct err *e)
{
	if (!open_table(j, index, e))
		return false;
	if (!j->table->n_columns) { /* an empty sheet */
		table_close(j->table);
		return true;
	}
	size_t number = j->n_tables;
	j->tables[j->n_tables++] = j->table;
	j->n_columns += j->table->n_columns;
	if (j->n_columns > LIMIT_FILE_COLUMNS)
		return err_set(e, ERR_LIMIT, "too_many_columns",
			       "The file's tables have more than %d columns together.", LIMIT_FILE_COLUMNS);
	if (!write_table(j, number, e))
		return false;
	/* What was left out of the file is said with its first table; what was found while reading one, with that. */
	for (; j->notes_told < j->reader->n_notes; j->notes_told++) {
		const struct reader_note *note = &j->reader->notes[j->notes_told];
		table_reject(j->table, (struct reject_place){ 0, REJECT_NO_ROW, REJECT_ROW }, str_of(note->what),
			     note->reason, STR(""));
	}
	return import_report_rejects(j, number, e);
}

/* Nothing but the key of a template, where there is one. */
static bool peek_template(struct import_job *j, struct err *e)
{
	CLEANUP(buf_free) struct buf key = BUF_INIT(TEMPLATE_KEY_BYTES), b = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	bool found = xlsx_template_key(j->source, &key);
	jw_open(&w, '{');
	jw_key(&w, "template");
	if (found && utf8_valid(buf_str(&key)))
		jw_str(&w, buf_str(&key));
	else
		jw_null(&w);
	jw_close(&w, '}');
	return import_send(j, FRAME_DONE, buf_str(&b), e);
}

/* A template's sheet is named as far as workbooks allow; here it gets the table's own name. */
static void name_table(struct import_job *j)
{
	const char *name = json_string_value(json_object_get(j->options, "table_name"));
	if (!name || !j->reader->n_tables)
		return;
	free(j->reader->tables[0].name);
	j->reader->tables[0].name = mem_strdup(name);
}

/* The texts live as long as the options. */
static void take_texts(struct import_job *j)
{
	const json_t *list = json_object_get(j->options, "texts"), *v;
	size_t i;
	j->texts = mem_array(json_array_size(list) + 1, sizeof *j->texts);
	json_array_foreach (list, i, v)
		if (json_is_string(v))
			j->texts[j->reader->n_texts++] = json_string_value(v);
	j->reader->texts = j->texts;
}

static bool import_file(struct import_job *j, struct err *e)
{
	const char *name = json_string_value(json_object_get(j->options, "name"));
	const char *as = json_string_value(json_object_get(j->options, "as"));
	reader_parquet = parquet_file_open;
	bool baskets = as && strcmp(as, "baskets") == 0;
	if (json_is_true(json_object_get(j->options, "peek")))
		return peek_template(j, e);
	if (!reader_open(j->source, name, baskets ? AS_BASKETS : AS_AUTO, &j->reader, e) || !import_copy_begin(j, e))
		return false;
	j->reader->unpivot = json_is_true(json_object_get(j->options, "unpivot"));
	j->reader->drop_rejected = json_is_true(json_object_get(j->options, "drop_rejected"));
	const char *groups = json_string_value(json_object_get(j->options, "groups_wish"));
	if (groups)
		j->reader->groups = strcmp(groups, "keep") == 0 ? GROUPS_KEEP : GROUPS_COLUMNS;
	name_table(j);
	name_own_table(j);
	take_texts(j);
	for (size_t i = 0; i < j->reader->n_tables; i++) {
		struct reader_table *t = &j->reader->tables[i];
		t->row_base = json_integer_value(table_option(j, "numbers", t->name));
	}
	/* The list of a workbook's tables grows while it is read. */
	j->tables = mem_array(LIMIT_TABLES + 1, sizeof(struct table *));
	for (size_t i = 0; i < j->reader->n_tables; i++) {
		if (!import_table(j, i, e))
			return false;
	}
	if (!j->n_tables)
		return err_set(e, ERR_VALUE, "empty_file", "The file has no table with anything in it.");
	return import_report_done(j, e);
}

static bool begin(struct import_job *j, struct err *e)
{
	struct frame f;
	if (!frame_recv(j->control, &f, e))
		return false;
	int fd = frame_take_fd(&f, 0);
	bool ok = f.type == FRAME_IMPORT && fd >= 0 && json_read(frame_payload(&f), LIMIT_FRAME_BYTES, &j->options, e);
	frame_free(&f);
	if (!ok) {
		fd_close(&fd);
		return err_set(e, ERR_INTERNAL, "engine_protocol", "the import does not begin with IMPORT");
	}
	int64_t size = json_integer_value(json_object_get(j->options, "size"));
	struct source_options o = { .fd = fd,
				    .seekable = json_is_true(json_object_get(j->options, "seekable")),
				    .size = size > 0 ? size : -1,
				    .reopen = reopen_source,
				    .encoding = json_string_value(json_object_get(j->options, "encoding")),
				    .ctx = j };
	if (!source_open(&o, &j->source, e))
		return false;
	j->watching = pthread_create(&j->watcher, NULL, watch, j) == 0;
	return true;
}

int import_main(int control_fd)
{
	static struct import_job job;
	struct err e = { 0 };
	signal(SIGPIPE, SIG_IGN);
	job.control = control_fd;
	pthread_mutex_init(&job.sending, NULL);
	pthread_mutex_init(&job.works_lock, NULL);
	bool ok = begin(&job, &e) && import_file(&job, &e);
	atomic_store(&job.done, true);
	if (!ok) {
		pthread_mutex_lock(&job.sending);
		frame_send_failed(control_fd, &e, NULL, NULL);
		pthread_mutex_unlock(&job.sending);
	}
	/* The process ends here: memory is not given back piece by piece. */
	return 0;
}
