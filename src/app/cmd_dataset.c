/* vitrina dataset list, show, remove */
#include "analysis/versions.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#define OUTPUT_BYTES (64 * MIB)

static struct str state_of(const struct dataset *d)
{
	if (d->waiting)
		return d->current ? STR("next version waits to be confirmed") : STR("waits to be confirmed");
	if (d->building)
		return d->current ? STR("next version is being loaded") : STR("loading");
	return STR("ready");
}

static bool list_row(struct command_scope *s, struct command *c, struct table *t, const struct dataset *d,
		     struct err *e)
{
	struct dataset_version v = { 0 };
	char when[CLOCK_TEXT];
	if (d->current && !dataset_version_find(s->db, c->arena, s->org, d->current, &v, e))
		return false;
	clock_format(d->current ? v.created_at : d->created_at, when);
	table_cell(t, str_of(d->name));
	table_cellf(t, "%lld", (long long)v.rows);
	table_cellf(t, "%lld", (long long)v.rejects);
	table_cellf(t, "%lld", (long long)v.number);
	table_cellf(t, "%.16s", when);
	table_cellf(t, "%lld", (long long)d->id);
	table_cell(t, state_of(d));
	return true;
}

static bool list_all(struct command *c, struct command_scope *s, struct table *t, struct json_writer *w, struct err *e)
{
	int64_t before = 0;
	for (;;) {
		struct dataset *page;
		size_t n;
		if (!dataset_list(s->db, c->arena, s->org, before, LIMIT_PAGE, &page, &n, NULL, e))
			return false;
		for (size_t i = 0; i < n; i++) {
			before = page[i].id;
			if (t && !list_row(s, c, t, &page[i], e))
				return false;
			if (w)
				dataset_write_json(w, &page[i], NULL, NULL, 0, false);
		}
		if (n < LIMIT_PAGE)
			return true;
	}
}

static bool dataset_list_run(struct command *c, struct err *e)
{
	static const struct table_column columns[] = { { "name", false },   { "rows", true },    { "rejected", true },
						       { "version", true }, { "loaded", false }, { "id", true },
						       { "state", false } };
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
		struct json_writer w = json_writer(&b);
		jw_open(&w, '[');
		if (!list_all(c, &s, NULL, &w, e))
			return false;
		jw_close(&w, ']');
		return command_print_json(c, &b, e);
	}
	struct table t;
	table_begin(&t, columns, countof(columns));
	bool good = list_all(c, &s, &t, NULL, e);
	table_end(&t, c->out);
	return good;
}

static void print_table(struct command *c, const struct dataset_table *t)
{
	static const struct table_column columns[] = { { "  column", false }, { "type", false }, { "values", true },
						       { "distinct", true },  { "role", false }, { "sample", false } };
	struct table out;
	fprintf(c->out, "\n%s: %lld rows, %lld rejected (%s)\n", t->name, (long long)t->rows, (long long)t->rejects,
		t->source);
	table_begin(&out, columns, countof(columns));
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *col = &t->columns[i];
		CLEANUP(json_decrefp_) json_t *sample = NULL;
		struct err ignored;
		table_cellf(&out, "  %s", col->name);
		table_cell(&out, str_of(col->type));
		table_cellf(&out, "%lld", (long long)col->non_null);
		if (col->distinct < 0)
			table_cell(&out, STR("?"));
		else
			table_cellf(&out, "%lld", (long long)col->distinct);
		table_cell(&out, str_of(col->role[0] ? col->role : "-"));
		const char *first = NULL;
		if (col->sample_json && json_read(str_of(col->sample_json), LIMIT_JSON_BYTES, &sample, &ignored))
			first = json_string_value(json_array_get(sample, 0));
		table_cell(&out, str_of(first ? first : ""));
	}
	table_end(&out, c->out);
}

static void print_dataset(struct command *c, const struct dataset *d, const struct dataset_content *content)
{
	char when[CLOCK_TEXT];
	clock_format(content->version.created_at, when);
	fprintf(c->out, "%s (id %lld), version %lld of %s: %lld rows in %zu table%s, %lld rejected\n", d->name,
		(long long)d->id, (long long)content->version.number, when, (long long)content->version.rows,
		content->n_tables, content->n_tables == 1 ? "" : "s", (long long)content->version.rejects);
	for (size_t i = 0; i < content->n_relations; i++) {
		const struct dataset_relation *r = &content->relations[i];
		fprintf(c->out, "%s.%s points at %s.%s (%.0f %% found)\n", r->from_table, r->from_column, r->to_table,
			r->to_column, 100 * r->matched);
	}
	for (size_t i = 0; i < content->n_tables; i++)
		print_table(c, &content->tables[i]);
}

static bool dataset_show_run(struct command *c, struct err *e)
{
	struct dataset d;
	struct dataset_content content;
	struct dataset_version *versions;
	size_t n_versions;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, c->line->args[0], &d, e) ||
	    !dataset_content(s.db, c->arena, s.org, d.current, &content, e) ||
	    !dataset_versions(s.db, c->arena, s.org, d.id, &versions, &n_versions, e))
		return false;
	if (!command_flag(c->line, "json")) {
		print_dataset(c, &d, &content);
		return true;
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	struct json_writer w = json_writer(&b);
	dataset_write_json(&w, &d, &content, versions, n_versions, true);
	return command_print_json(c, &b, e);
}

static bool dataset_remove_run(struct command *c, struct err *e)
{
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !dataset_resolve(s.db, c->arena, s.org, str_of(c->line->args[0]), &d, e))
		return false;
	/* Removing takes connections of its own. */
	command_scope_end(&s);
	if (!versions_remove_dataset(c->inst, &s.caller, d.id, e))
		return false;
	fprintf(c->out, "removed %s\n", d.name);
	return true;
}

static const struct option_def options[] = { OPTION_ORG, OPTION_JSON };

const struct command_def command_dataset_list = {
	.name = "dataset list",
	.arg_names = "",
	.options = options,
	.n_options = countof(options),
	.summary = "what is loaded",
	.description = "Lists the data sets of an organisation, newest first, with the rows of their current version.",
	.examples = "vitrina dataset list\nvitrina dataset list --org Partner --json",
	.run = dataset_list_run,
};

const struct command_def command_dataset_show = {
	.name = "dataset show",
	.arg_names = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "tables, rows, and columns with type and role of a data set",
	.description = "Shows the current version of a data set, named by its name or id: its tables, how they are "
		       "related, and each column with its type, how many values it has, an estimate of the distinct "
		       "ones, what it was found to mean (its role) and a sample.\n\nA role that was found wrongly is "
		       "corrected by importing with --role, or on the page of the data set.",
	.examples = "vitrina dataset show clients",
	.run = dataset_show_run,
};

static const struct option_def remove_options[] = { OPTION_ORG };

const struct command_def command_dataset_remove = {
	.name = "dataset remove",
	.arg_names = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = remove_options,
	.n_options = countof(remove_options),
	.summary = "take a data set away, with all its versions",
	.description = "Removes a data set, every version of it, its customer cards and its files. There is no way "
		       "back but a backup. Refused while a version is being loaded.",
	.examples = "vitrina dataset remove clients",
	.run = dataset_remove_run,
};
