/* vitrina query */
#include "analysis/query.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/settings.h"
#include "base/limits.h"

static bool write_out(void *ctx, const void *p, size_t n, struct err *e)
{
	struct command *c = ctx;
	return fwrite(p, 1, n, c->out) == n || err_set(e, ERR_CANCELLED, NULL, "cannot write the output");
}

static bool print_csv(struct command *c, struct command_scope *s, struct query_spec *q, struct err *e)
{
	struct query_outcome outcome;
	q->format = ENGINE_CSV;
	q->ctx = c;
	q->rows = write_out;
	q->max_rows = UINT64_MAX;
	q->max_bytes = UINT64_MAX;
	return query_run(c->inst, s->db, q, &outcome, e);
}

static bool print_json(struct command *c, struct command_scope *s, struct query_spec *q, struct err *e)
{
	if (!query_json(c->inst, s->db, q, write_out, c, e))
		return false;
	fputc('\n', c->out);
	return true;
}

static bool print_table(struct command *c, struct command_scope *s, struct query_spec *q, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_QUERY_RESULT_BYTES);
	struct query_outcome outcome;
	q->truncate = true;
	if (!query_text_table(c->inst, s->db, q, &b, &outcome, e))
		return false;
	fwrite(b.p, 1, b.n, c->out);
	if (outcome.truncated)
		fprintf(c->err, "vitrina: the answer is cut after %llu rows; --rows or --format csv gives more\n",
			(unsigned long long)outcome.rows);
	return true;
}

static bool query_command(struct command *c, struct err *e)
{
	const char *format = command_option(c->line, "format"), *dataset = command_option(c->line, "dataset");
	int64_t rows = LIMIT_QUERY_ROWS, seconds = setting_number(c->settings, SETTING_QUERY_SECONDS);
	struct dataset d = { 0 };
	COMMAND_SCOPE s = { 0 };
	if (!command_number(c->line, "rows", 1, INT64_C(1000000000), &rows, e) ||
	    !command_number(c->line, "seconds", 1, 86400, &seconds, e) || !command_scope_begin(c, &s, e))
		return false;
	if (dataset && !command_dataset(c, &s, dataset, &d, e))
		return false;
	struct query_spec q = {
		.org = s.org,
		.dataset = d.id,
		.sql = str_of(c->line->args[0]),
		.params_json = command_option(c->line, "params"),
		.max_rows = (uint64_t)rows,
		.seconds = (int)seconds,
		.cancel = c->cancel,
	};
	if (strcmp(format, "csv") == 0)
		return print_csv(c, &s, &q, e);
	if (strcmp(format, "json") == 0)
		return print_json(c, &s, &q, e);
	return print_table(c, &s, &q, e);
}

static const char *const formats[] = { "table", "csv", "json", NULL };

static const struct option_def options[] = {
	{ .name = "dataset",
	  .kind = OPTION_VALUE,
	  .value = "NAME",
	  .help = "The data set whose tables may be named without it." },
	{ .name = "format",
	  .kind = OPTION_VALUE,
	  .value = "F",
	  .initial = "table",
	  .one_of = formats,
	  .help = "How the rows are printed." },
	{ .name = "params",
	  .kind = OPTION_VALUE,
	  .value = "JSON",
	  .help = "A JSON list of values for ?1, ?2, ... in the statement." },
	{ .name = "rows",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .help = "At most so many rows; 100000 unless said. CSV has no bound." },
	{ .name = "seconds",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .help = "At most so long; the setting query_seconds unless said." },
	OPTION_ORG,
};

const struct command_def command_query = {
	.name = "query",
	.arg_names = "SQL",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "ask the loaded data with SQL",
	.description = "Runs one read-only statement. Each data set is a schema of its name; a data set of one table "
		       "is also a "
		       "table of that name. With --dataset its tables need no schema. The statement runs in a process "
		       "of its own, "
		       "bounded in time and memory; Ctrl-C stops it.",
	.examples = "vitrina query 'SELECT count(*) FROM clients'\n"
		    "vitrina query 'SELECT \"Country\", sum(\"Quantity\") FROM shop GROUP BY 1 ORDER BY 2 DESC' "
		    "--format csv\n"
		    "vitrina query 'SELECT * FROM clients WHERE id = ?1' --params '[\"112312323321\"]' --format json",
	.run = query_command,
};
