/* vitrina import */
#include "analysis/changes.h"
#include "analysis/column_names.h"
#include "analysis/import.h"
#include "analysis/versions.h"
#include "app/changes_print.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/progress.h"
#include "base/clock.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LIMIT_ROLES_GIVEN 4000

static bool take_sources(struct command *c, struct import_request *rq, struct err *e)
{
	struct import_source *sources = arena_array(c->arena, c->line->n_args, sizeof *sources);
	for (size_t i = 0; i < c->line->n_args; i++) {
		struct stat st;
		bool standard = strcmp(c->line->args[i], "-") == 0;
		if (fstat(c->files[i], &st) != 0)
			return err_errno(e, errno, "%s", c->line->args[i]);
		sources[i] = (struct import_source){ .name = standard ? "data" : c->line->args[i], .fd = c->files[i] };
		sources[i].size = (uint64_t)st.st_size;
	}
	rq->sources = sources;
	rq->n_sources = c->line->n_args;
	return true;
}

/* The roles' text is copied into the arena, so that nothing is left to free. */
static bool take_roles(struct command *c, struct import_request *rq, struct err *e)
{
	struct import_role *roles = arena_array(c->arena, c->line->n_options + 1, sizeof *roles);
	const char *text;
	for (size_t i = 0; (text = command_list(c->line, "role", i)); i++) {
		struct import_role role;
		CLEANUP(str_freep) char *copy = NULL;
		if (!import_role_parse(text, &role, &copy, e))
			return false;
		roles[i] =
			(struct import_role){ role.table ? arena_strdup(c->arena, role.table) : NULL,
					      arena_strdup(c->arena, role.column), arena_strdup(c->arena, role.role) };
		rq->n_roles++;
	}
	rq->roles = roles;
	return true;
}

static bool take_renames(struct command *c, struct import_request *rq, struct err *e)
{
	struct column_rename *renames = arena_array(c->arena, c->line->n_options + 1, sizeof *renames);
	const char *text;
	for (size_t i = 0; renames && (text = command_list(c->line, "rename", i)); i++) {
		struct column_rename r;
		CLEANUP(str_freep) char *copy = NULL;
		if (!column_rename_parse(text, &r, &copy, e))
			return false;
		renames[rq->n_renames++] =
			(struct column_rename){ r.table ? arena_strdup(c->arena, r.table) : NULL,
						arena_strdup(c->arena, r.column), arena_strdup(c->arena, r.name) };
	}
	rq->renames = renames;
	return renames || err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
}

/* What became of headings of groups of rows. */
static void print_groups(struct command *c, const struct dataset_table *t)
{
	CLEANUP(json_decrefp_) json_t *g = NULL;
	if (!t->groups_json || !t->groups_json[0] || !json_read(str_of(t->groups_json), 16 * KIB, &g, NULL))
		return;
	const char *state = json_string_value(json_object_get(g, "state"));
	long long line = json_integer_value(json_object_get(g, "line"));
	const json_t *columns = json_object_get(g, "columns"), *name;
	size_t i;
	if (!strcmp(state, "kept")) {
		fprintf(c->out, "  (the headings of groups of rows stay rows; the first is in line %lld)\n", line);
		return;
	}
	if (!strcmp(state, "doubt")) {
		fprintf(c->out,
			"  (line %lld looks like the heading of the rows below it and stayed a row; if it is one: "
			"--groups columns)\n",
			line);
		return;
	}
	long long headings = json_integer_value(json_object_get(g, "headings"));
	if (!headings) {
		fprintf(c->out, "  (names of groups were filled down, from line %lld on)\n", line);
		return;
	}
	fprintf(c->out, "  (%lld heading rows became", headings);
	json_array_foreach (columns, i, name)
		fprintf(c->out, "%s \"%s\"", i ? "," : "", json_string_value(name));
	fprintf(c->out, "; the first is in line %lld; to keep them as rows: --groups keep)\n", line);
}

static void print_remarks(struct command *c, const struct dataset_table *t)
{
	if (t->hidden)
		fprintf(c->out, "  (the workbook does not show this sheet)\n");
	if (t->rows_hidden)
		fprintf(c->out, "  (the workbook does not show %lld of its rows)\n", (long long)t->rows_hidden);
	print_groups(c, t);
}

static void print_found(struct command *c, const struct dataset *d, const struct dataset_content *content,
			double seconds)
{
	fprintf(c->out, "%s: %lld rows in %zu table%s, %lld rejected, %.1f s\n", d->name,
		(long long)content->version.rows, content->n_tables, content->n_tables == 1 ? "" : "s",
		(long long)content->version.rejects, seconds);
	if (content->version.rows_left_out)
		fprintf(c->out, "%lld rows read = %lld kept + %lld left out\n",
			(long long)(content->version.rows + content->version.rows_left_out),
			(long long)content->version.rows, (long long)content->version.rows_left_out);
	for (size_t t = 0; t < content->n_tables; t++) {
		const struct dataset_table *table = &content->tables[t];
		fprintf(c->out, "\n%s: %lld rows, %zu columns, %lld rejected (%s)\n", table->name,
			(long long)table->rows, table->n_columns, (long long)table->rejects, table->source);
		print_remarks(c, table);
		for (size_t i = 0; i < table->n_columns; i++)
			if (table->columns[i].role[0])
				fprintf(c->out, "  %-28s %s\n", table->columns[i].role, table->columns[i].name);
	}
}

static bool report(struct command *c, struct command_scope *s, const struct import_result *done, double seconds,
		   struct err *e)
{
	struct dataset d;
	struct dataset_content content;
	if (!dataset_find(s->db, c->arena, s->org, done->dataset, &d, e) ||
	    !dataset_content(s->db, c->arena, s->org, done->version, &content, e))
		return false;
	CLEANUP(buf_free) struct buf changes = BUF_INIT(CHANGES_BYTES);
	if (!changes_text(&content, &changes, e))
		return false;
	if (!command_flag(c->line, "json")) {
		print_found(c, &d, &content, seconds);
		return changes_print(c->out, buf_str(&changes), e);
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
	struct json_writer w = json_writer(&b);
	if (done->waits) {
		dataset_write_version_json(&w, &d, &content, buf_str(&changes), true);
		return command_print_json(c, &b, e);
	}
	dataset_write_json(&w, &d, &content, NULL, 0, true);
	return command_print_json(c, &b, e);
}

static bool mode_of(struct command *c, struct command_scope *s, struct import_request *rq, struct err *e)
{
	const char *name = command_option(c->line, "name");
	const char *mode = command_option(c->line, "mode");
	bool append = command_flag(c->line, "append"), replace = command_flag(c->line, "replace");
	struct dataset d;
	rq->name = name;
	if (append + replace + (mode != NULL) > 1)
		return err_set(e, ERR_USAGE, NULL, "--append, --replace and --mode exclude each other");
	if (!mode)
		mode = append ? "append" : replace ? "replace" : NULL;
	if (!mode && rq->n_keys)
		return err_set(e, ERR_USAGE, NULL, "--key is for --mode replace and --mode upsert");
	if (!mode)
		return true;
	if (!name)
		return err_set(e, ERR_USAGE, NULL, "--mode %s needs --name", mode);
	rq->mode = !strcmp(mode, "append") ? IMPORT_APPEND : !strcmp(mode, "replace") ? IMPORT_REPLACE : IMPORT_UPSERT;
	if (!dataset_resolve(s->db, c->arena, s->org, str_of(name), &d, e))
		return false;
	rq->dataset = d.id;
	return true;
}

static bool take_keys(struct command *c, struct import_request *rq, struct err *e)
{
	const char *text;
	for (size_t i = 0; (text = command_list(c->line, "key", i)); i++) {
		struct import_key *more, *all;
		size_t n;
		if (!import_keys_parse(c->arena, str_of(text), &more, &n, e))
			return false;
		all = arena_array(c->arena, rq->n_keys + n, sizeof *all);
		if (!all)
			return err_set(e, ERR_TOO_LARGE, NULL, "The key is too long.");
		if (rq->n_keys)
			memcpy(all, rq->keys, rq->n_keys * sizeof *all);
		memcpy(all + rq->n_keys, more, n * sizeof *all);
		rq->keys = all;
		rq->n_keys += n;
	}
	return true;
}

/* Only looked at: whatever is printed or fails, the version goes again. */
static bool preview(struct command *c, struct command_scope *s, const struct import_result *done, double seconds,
		    struct err *e)
{
	bool good = command_scope_begin(c, s, e) && report(c, s, done, seconds, e);
	struct caller by = s->caller;
	command_scope_end(s);
	return versions_throw_away(c->inst, &by, done->dataset, done->number, good ? e : NULL) && good;
}

static bool import_command(struct command *c, struct err *e)
{
	const char *as = command_option(c->line, "as");
	struct import_request rq = { .mode = IMPORT_CREATE, .baskets = as != NULL };
	struct import_result done;
	struct progress bar;
	int64_t began = clock_monotonic();
	COMMAND_SCOPE s = { 0 };
	rq.unpivot = command_flag(c->line, "unpivot");
	rq.groups = command_option(c->line, "groups");
	const char *encoding = command_option(c->line, "encoding");
	rq.encoding = encoding ? import_encoding(str_of(encoding)) : NULL;
	const char *rejected = command_option(c->line, "rejected-rows");
	rq.drop_rejected = rejected && strcmp(rejected, "drop") == 0;
	if (!command_scope_begin(c, &s, e) || !take_sources(c, &rq, e) || !take_roles(c, &rq, e) ||
	    !take_renames(c, &rq, e) || !take_keys(c, &rq, e) || !mode_of(c, &s, &rq, e))
		return false;
	const char **texts = arena_array(c->arena, c->line->n_options + 1, sizeof *texts);
	if (!texts)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	while ((texts[rq.n_texts] = command_list(c->line, "text", rq.n_texts)))
		rq.n_texts++;
	rq.texts = texts;
	rq.by = &s.caller;
	rq.later = command_flag(c->line, "dry-run");
	/* The import takes connections of its own. */
	command_scope_end(&s);
	progress_begin(&bar, c);
	struct import_watch watch = { .ctx = &bar, .progress = progress_show, .cancel = c->cancel };
	bool good = import_run(c->inst, &rq, &watch, &done, e);
	progress_end(&bar);
	double seconds = (double)(clock_monotonic() - began) / 1e6;
	if (good && rq.later)
		return preview(c, &s, &done, seconds, e);
	return good && command_scope_begin(c, &s, e) && report(c, &s, &done, seconds, e);
}

static const char *const mode_values[] = { "append", "replace", "upsert", NULL };
static const char *const as_values[] = { "baskets", NULL };
static const char *const groups_values[] = { "keep", "columns", NULL };
static const char *const rejected_values[] = { "keep", "drop", NULL };

static const struct option_def options[] = {
	{ .name = "name",
	  .kind = OPTION_VALUE,
	  .value = "NAME",
	  .help = "Name of the data set; from the first file's name unless said." },
	OPTION_ORG,
	{ .name = "role",
	  .kind = OPTION_LIST,
	  .value = "[TABLE.]COLUMN=ROLE",
	  .help = "What a column means, such as 'Клиент=customer.id', where it would be found wrongly." },
	{ .name = "rename",
	  .kind = OPTION_LIST,
	  .value = "[TABLE.]COLUMN=NAME",
	  .help = "What a column is called from now on; the next files' column is found by its old name, too." },
	{ .name = "text",
	  .kind = OPTION_LIST,
	  .value = "[TABLE.]COLUMN",
	  .help = "A column that is kept as it stands in the file, though its values look like numbers or dates." },
	{ .name = "as",
	  .kind = OPTION_VALUE,
	  .value = "baskets",
	  .one_of = as_values,
	  .help = "Without a header: each row is a basket and each cell a product." },
	{ .name = "encoding",
	  .kind = OPTION_VALUE,
	  .value = "NAME",
	  .one_of = import_encodings,
	  .help = "What a text file is written in, where its letters come out wrong: UTF-8, CP1250, CP1251, CP1252, "
		  "KOI8-R or CP866. Found by itself otherwise." },
	{ .name = "unpivot",
	  .kind = OPTION_FLAG,
	  .help = "Months (or years, quarters) that stand in columns become rows: one for each that has a value." },
	{ .name = "groups",
	  .kind = OPTION_VALUE,
	  .value = "keep|columns",
	  .one_of = groups_values,
	  .help = "Headings of groups of rows: keep them as rows, or make columns of them also where it is not sure." },
	{ .name = "rejected-rows",
	  .kind = OPTION_VALUE,
	  .value = "keep|drop",
	  .one_of = rejected_values,
	  .help = "Of a row with a cell that cannot be read: keep it with that cell empty, or leave it out. keep." },
	{ .name = "append", .kind = OPTION_FLAG, .help = "The same as --mode append." },
	{ .name = "replace", .kind = OPTION_FLAG, .help = "The same as --mode replace." },
	{ .name = "mode",
	  .kind = OPTION_VALUE,
	  .value = "append|replace|upsert",
	  .one_of = mode_values,
	  .help = "Make the files the next version of the data set of that name: add the rows, take their place, or "
		  "change "
		  "those whose key is there and add the others. The version before stays readable. Columns that are "
		  "added to "
		  "grow wider where the new values need it, and become text only with --text." },
	{ .name = "key",
	  .kind = OPTION_LIST,
	  .value = "[TABLE.]COLUMN,...",
	  .help = "The columns that tell rows apart; the customers' number, or a column found to do so, unless said." },
	{ .name = "dry-run",
	  .kind = OPTION_FLAG,
	  .help = "Read the files, print what was understood and what would change, and keep nothing." },
	OPTION_JSON,
};

const struct command_def command_import = {
	.name = "import",
	.arg_names = "FILE...",
	.args = ARGS_READ_FILES,
	.min_args = 1,
	.max_args = LIMIT_COMMAND_FILES,
	.options = options,
	.n_options = countof(options),
	.summary = "load files as a data set",
	.description =
		"Loads CSV or TSV files, Excel workbooks (.xlsx, .xlsm, .xls), OpenDocument spreadsheets (.ods), HTML tables, JSON, "
		"NDJSON, Parquet, SQLite files, and MySQL and PostgreSQL dumps (.sql), each also gzipped or several in "
		"a zip, as one data set of one or several tables. Delimiter, encoding, header and types are found out "
		"by themselves. A file named '-' is standard input.\n"
		"\n"
		"What columns mean (their roles: customer.id, purchase.amount, ...) is found from headers and values; "
		"statistics and next products work from the roles. Rows that cannot be read are kept aside with their "
		"line and the reason.\n"
		"\n"
		"What fails or is stopped with Ctrl-C leaves nothing behind.",
	.examples = "vitrina import clients.csv --name clients\n"
		    "vitrina import clients.csv purchases.csv --name shop\n"
		    "vitrina import may.xlsx --name sales --mode append\n"
		    "vitrina import clients.csv --name clients --mode upsert --key id --dry-run\n"
		    "vitrina import groceries.csv --name baskets --as baskets\n"
		    "vitrina import base.csv --name base --role 'Номер=customer.id' --json",
	.run = import_command,
};
