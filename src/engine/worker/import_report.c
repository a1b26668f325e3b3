#include "engine/worker/import_job.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/groups.h"
#include "ingest/roles.h"
#include "json/write.h"

#include <stdio.h>
#include <stdlib.h>

#define REJECTS_IN_A_FRAME 500
#define REJECTS_BYTES_IN_A_FRAME (LIMIT_FRAME_BYTES / 4) /* begun with less; one more may take 64 KiB escaped */
#define SAMPLES_SHOWN 5
#define SAMPLE_BYTES 80
#define RELATIONS 500

static void write_reject(struct json_writer *w, const struct table *t, int64_t row_base, const struct reject *r)
{
	jw_open(w, '{');
	jw_kv_i64(w, "line", (int64_t)r->at.line);
	jw_kv_i64(w, "row", r->at.row == REJECT_NO_ROW ? -1 : row_base + (int64_t)r->at.row);
	jw_kv_cstr(w, "column", r->at.column == REJECT_ROW ? "" : t->columns[r->at.column].name);
	jw_kv_cstr(w, "text", r->text);
	jw_kv_cstr(w, "reason", r->reason);
	if (r->whole)
		jw_kv_cstr(w, "whole", r->whole);
	jw_close(w, '}');
}

bool import_report_rejects(struct import_job *j, size_t table, struct err *e)
{
	const struct table *t = j->tables[table];
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	for (size_t at = 0; at < t->n_rejects_kept;) {
		struct json_writer w = json_writer(&b);
		buf_clear(&b);
		jw_open(&w, '{');
		jw_kv_i64(&w, "table", (int64_t)table);
		jw_key(&w, "items");
		jw_open(&w, '[');
		for (size_t n = 0; n < REJECTS_IN_A_FRAME && b.n < REJECTS_BYTES_IN_A_FRAME && at < t->n_rejects_kept;
		     n++)
			write_reject(&w, t, j->row_base, &t->rejects[at++]);
		jw_close(&w, ']');
		jw_close(&w, '}');
		if (!import_send(j, FRAME_REJECTS, buf_str(&b), e))
			return false;
	}
	return true;
}

static void write_samples(struct json_writer *w, const struct table_column *c)
{
	size_t shown = 0;
	jw_key(w, "sample");
	jw_open(w, '[');
	for (size_t i = 0; i < c->n_samples && shown < SAMPLES_SHOWN; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again = again || strcmp(c->samples[k], c->samples[i]) == 0;
		if (again)
			continue;
		struct str s = str_of(c->samples[i]);
		s.n = utf8_valid_prefix(str_n(s.p, MIN(s.n, (size_t)SAMPLE_BYTES)));
		jw_str(w, s);
		shown++;
	}
	jw_close(w, ']');
}

static void write_bound(struct json_writer *w, const char *key, const struct table_column *c, bool max)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * KIB);
	table_bound_text(c, max, &b);
	b.n = b.p ? utf8_valid_prefix(buf_str(&b)) : 0;
	jw_kv_str(w, key, buf_str(&b));
}

static const char *mark_note(const struct column_type *t)
{
	if (t->mark_ambiguous == ',')
		return t->decimal == ',' ? "1,000 may be one or a thousand in this column; it was taken as one"
					 : "1,000 may be one or a thousand in this column; it was taken as a thousand";
	return t->decimal == ',' ? "1.000 may be one or a thousand in this column; it was taken as a thousand"
				 : "1.000 may be one or a thousand in this column; it was taken as one";
}

static void write_number_notes(struct buf *b, const struct column_type *t)
{
	if (t->both_marks)
		buf_addf(b, "%snumbers with a decimal point and with a decimal comma: each was read by its own",
			 b->n ? "\n" : "");
	if (t->several_units)
		buf_addf(b,
			 "%snumbers in several units: the column was kept as text; give the unit a column of its own",
			 b->n ? "\n" : "");
	if (t->unit && column_type_number(t))
		buf_addf(b, "%sthe unit \"%.*s\" behind each number was left out", b->n ? "\n" : "",
			 STR_ARG(value_unit_name(t->unit)));
}

/* What a person should know of how the values were read: a line each. */
static void write_note(struct json_writer *w, const struct table_column *c)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * KIB);
	if (c->type.date_ambiguous)
		buf_adds(&b, "day and month cannot be told apart in this column; the day was taken to come first");
	if (c->type.mark_ambiguous)
		buf_addf(&b, "%s%s", b.n ? "\n" : "", mark_note(&c->type));
	if (c->type.several_currencies)
		buf_addf(
			&b,
			"%ssums in several currencies: the column was kept as text; give the currency a column of its own",
			b.n ? "\n" : "");
	write_number_notes(&b, &c->type);
	if (c->type.marked)
		buf_addf(&b, "%sthe apostrophe before each value, which marks text in a spreadsheet, was left out",
			 b.n ? "\n" : "");
	if (c->stats.missing) {
		bool one = c->stats.missing == 1, first = true;
		buf_addf(&b, "%s%llu %s ", b.n ? "\n" : "", (unsigned long long)c->stats.missing,
			 one ? "cell says only" : "cells say only");
		for (size_t i = 0; i < 64; i++) {
			if (!(c->stats.missing_words >> i & 1))
				continue;
			buf_addf(&b, "%s\"%.*s\"", first ? "" : ", ", STR_ARG(value_missing_word(i)));
			first = false;
		}
		buf_adds(&b, one ? ": it was taken as empty" : ": they were taken as empty");
	}
	if (c->stats.filled)
		buf_addf(&b, "%s%llu merged cells were filled with the value above", b.n ? "\n" : "",
			 (unsigned long long)c->stats.filled);
	if (b.n)
		jw_kv_str(w, "note", buf_str(&b));
}

static void write_column(struct json_writer *w, const struct table_column *c, const struct role_column *r)
{
	char type[TYPE_NAME_BYTES];
	column_type_name(&c->type, type);
	jw_open(w, '{');
	jw_kv_cstr(w, "name", c->name);
	jw_kv_cstr(w, "type", type);
	jw_kv_i64(w, "non_null", (int64_t)c->stats.non_null);
	jw_kv_i64(w, "distinct", (int64_t)r->distinct);
	if (c->stats.non_null) {
		write_bound(w, "min", c, false);
		write_bound(w, "max", c, true);
	}
	write_samples(w, c);
	jw_kv_cstr(w, "role", role_name(r->role));
	jw_kv_f64(w, "confidence", r->confidence);
	jw_kv_cstr(w, "reason", r->reason);
	write_note(w, c);
	jw_close(w, '}');
}

/* What came of headings of groups of rows, where there are some. */
static void write_groups(struct json_writer *w, const struct table *t)
{
	static const char *const states[] = { NULL, "columns", "kept", "doubt" };
	const struct groups *g = t->groups;
	if (t->grouped == GROUPED_NO)
		return;
	jw_key(w, "groups");
	jw_open(w, '{');
	jw_kv_cstr(w, "state", states[t->grouped]);
	jw_kv_bool(w, "beside", g && g->beside);
	jw_kv_i64(w, "headings", g ? (int64_t)g->headings : 0);
	jw_kv_i64(w, "line", (int64_t)t->group_line);
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; g && i < (g->beside ? g->columns : g->levels); i++) {
		size_t cell = g->beside ? g->width + i : g->at[i];
		for (size_t k = 0; k < t->n_columns; k++)
			if (t->columns[k].cell == cell)
				jw_cstr(w,
					t->columns[k].expected ? t->columns[k].expected->header : t->columns[k].name);
	}
	jw_close(w, ']');
	jw_close(w, '}');
}

static void write_table(struct json_writer *w, size_t number, const struct table *t, const struct role_table *r)
{
	jw_open(w, '{');
	jw_kv_i64(w, "table", (int64_t)number);
	jw_kv_cstr(w, "name", t->name);
	jw_kv_i64(w, "rows", (int64_t)t->rows_kept);
	jw_kv_i64(w, "rows_read", (int64_t)(t->rows_kept + t->rows_left_out));
	jw_kv_i64(w, "rows_left_out", (int64_t)t->rows_left_out);
	jw_kv_i64(w, "rows_hidden", (int64_t)t->rows_hidden);
	jw_kv_bool(w, "hidden", t->reader->tables[t->index].hidden);
	jw_kv_i64(w, "rejects", (int64_t)t->n_rejects);
	write_groups(w, t);
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; i < t->n_columns; i++)
		write_column(w, &t->columns[i], &r->columns[i]);
	jw_close(w, ']');
	jw_close(w, '}');
}

static void write_relation(struct json_writer *w, const struct role_table *tables, const struct role_relation *r)
{
	jw_open(w, '{');
	jw_kv_i64(w, "from_table", (int64_t)r->from_table);
	jw_kv_cstr(w, "from_column", tables[r->from_table].columns[r->from_column].name);
	jw_kv_i64(w, "to_table", (int64_t)r->to_table);
	jw_kv_cstr(w, "to_column", tables[r->to_table].columns[r->to_column].name);
	jw_kv_f64(w, "overlap", r->overlap);
	jw_close(w, '}');
}

/* "COLUMN" or "TABLE.COLUMN" in the roles that a person gave. */
static void fix_role(const json_t *roles, const struct table *t, struct role_column *r)
{
	CLEANUP(buf_free) struct buf key = BUF_INIT(8 * KIB);
	buf_addf(&key, "%s.%s", t->name, r->name);
	const json_t *v = json_object_get(roles, key.p ? key.p : "");
	if (!v)
		v = json_object_get(roles, r->name);
	r->fixed = json_is_string(v) && role_parse(str_of(json_string_value(v)), &r->role);
}

/* A view beside tables: its rows are theirs, and would be counted twice. A person may still give it roles. */
static bool repeats_tables(const struct import_job *j, const struct table *t)
{
	bool tables = false;
	for (size_t i = 0; i < j->n_tables; i++)
		tables = tables || !j->reader->tables[j->tables[i]->index].view;
	return tables && j->reader->tables[t->index].view;
}

/* The reader's tables are more than those that have columns. */
static size_t table_number(const struct import_job *j, size_t index)
{
	size_t i = 0;
	while (i < j->n_tables && j->tables[i]->index != index)
		i++;
	return i;
}

static size_t column_number(const struct table *t, size_t cell)
{
	size_t i = 0;
	while (i < t->n_columns && t->columns[i].cell != cell)
		i++;
	return i;
}

/* What the file says of its tables, where both of them were read. */
static void take_links(const struct import_job *j, const struct table *t, struct role_table *ret)
{
	const struct reader_table *said = &t->reader->tables[t->index];
	struct role_link *links = mem_array(said->n_links + 1, sizeof *links);
	for (size_t i = 0; i < said->n_links; i++) {
		struct role_link l = { .column = column_number(t, i),
				       .to_table = table_number(j, t->index - said->links[i]) };
		if (l.to_table == j->n_tables || l.column == t->n_columns)
			continue;
		const struct table *to = j->tables[l.to_table];
		l.to_column = column_number(to, to->reader->tables[to->index].key);
		if (l.to_column < to->n_columns)
			links[ret->n_links++] = l;
	}
	ret->links = links;
}

static struct role_table *role_tables(struct import_job *j)
{
	const json_t *roles = json_object_get(j->options, "roles");
	struct role_table *tables = mem_zalloc((j->n_tables + 1) * sizeof *tables);
	for (size_t i = 0; i < j->n_tables; i++) {
		struct table *t = j->tables[i];
		tables[i] = (struct role_table){ .name = t->name, .n_columns = t->n_columns };
		take_links(j, t, &tables[i]);
		tables[i].columns = mem_zalloc((t->n_columns + 1) * sizeof *tables[i].columns);
		for (size_t k = 0; k < t->n_columns; k++) {
			struct table_column *c = &t->columns[k];
			struct role_column *r = &tables[i].columns[k];
			r->name = c->name;
			r->type = c->type;
			r->rows = t->rows_kept;
			r->non_null = c->stats.non_null;
			r->distinct = stats_distinct(&c->stats);
			r->n_samples = c->n_samples;
			memcpy(r->samples, c->samples, sizeof r->samples);
			r->sketch = stats_sketch(&c->stats, &r->n_sketch);
			fix_role(roles, t, r);
			if (!r->fixed && repeats_tables(j, t))
				r->fixed = true; /* to none */
		}
	}
	return tables;
}

static void explain_view(struct role_column *r)
{
	r->confidence = 0;
	snprintf(r->reason, sizeof r->reason, "a view, whose rows are those of other tables");
}

static void write_file(struct json_writer *w, const struct import_job *j)
{
	char delimiter[2] = { j->reader->delimiter, 0 };
	jw_kv_cstr(w, "format", j->reader->ops->format);
	jw_kv_bool(w, "gzip", source_gzipped(j->source));
	if (j->reader->encoding)
		jw_kv_cstr(w, "encoding", j->reader->encoding);
	if (delimiter[0])
		jw_kv_cstr(w, "delimiter", delimiter);
}

bool import_report_done(struct import_job *j, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	struct role_relation *relations = mem_array(RELATIONS, sizeof *relations);
	struct role_table *tables = role_tables(j);
	size_t n_relations = roles_guess(tables, j->n_tables, relations, RELATIONS);
	for (size_t i = 0; i < j->n_tables; i++)
		for (size_t k = 0; k < tables[i].n_columns && repeats_tables(j, j->tables[i]); k++)
			if (tables[i].columns[k].role == ROLE_NONE)
				explain_view(&tables[i].columns[k]);
	jw_open(&w, '{');
	write_file(&w, j);
	jw_key(&w, "tables");
	jw_open(&w, '[');
	for (size_t i = 0; i < j->n_tables; i++)
		write_table(&w, i, j->tables[i], &tables[i]);
	jw_close(&w, ']');
	jw_key(&w, "relations");
	jw_open(&w, '[');
	for (size_t i = 0; i < n_relations; i++)
		write_relation(&w, tables, &relations[i]);
	jw_close(&w, ']');
	jw_close(&w, '}');
	for (size_t i = 0; i < j->n_tables; i++) {
		free(tables[i].columns);
		free((void *)(uintptr_t)tables[i].links);
	}
	free(tables);
	free(relations);
	if (b.failed)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The file has too many columns to describe.");
	return import_send(j, FRAME_DONE, buf_str(&b), e);
}
