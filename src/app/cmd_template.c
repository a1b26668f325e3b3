/* vitrina template */
#include "api/template.h"
#include "app/commands.h"
#include "app/helpers.h"

#include <errno.h>
#include <unistd.h>

static bool copy(int from, int to, struct err *e)
{
	char bytes[64 * KIB];
	for (;;) {
		ssize_t n = read(from, bytes, sizeof bytes);
		if (n <= 0)
			return n == 0 || err_errno(e, errno, "a workbook in memory");
		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(to, bytes + at, (size_t)(n - at));
			if (m < 0)
				return err_errno(e, errno, "writing the template");
		}
	}
}

static bool template_run(struct command *c, struct err *e)
{
	const char *table = command_option(c->line, "table");
	struct dataset d;
	CLEANUP(book_free) struct book book = { .fd = -1 };
	COMMAND_SCOPE s = { 0 };
	return command_scope_begin(c, &s, e) && command_dataset(c, &s, NULL, &d, e) &&
	       template_book(c->inst, s.db, s.org, &d, str_of(table), &book, e) && copy(book.fd, c->files[0], e);
}

static const struct option_def template_options[] = {
	OPTION_DATASET,
	OPTION_ORG,
	{ .name = "table", .kind = OPTION_VALUE, .value = "TABLE", .help = "Of which table; the first unless said." },
};

const struct command_def command_template = {
	.name = "template",
	.arg_names = "FILE.xlsx",
	.args = ARGS_WRITE_FILE,
	.min_args = 1,
	.max_args = 1,
	.options = template_options,
	.n_options = countof(template_options),
	.summary = "an empty workbook of a data set, to be filled in and loaded",
	.description =
		"Writes a workbook with the columns of a table: types are checked while rows are typed, and columns of "
		"few different values offer them. Filled in and loaded with 'vitrina import' or on the page it is "
		"known again, and its rows are added to that data set.",
	.examples = "vitrina template orders.xlsx --dataset orders\nvitrina import orders.xlsx",
	.run = template_run,
};
