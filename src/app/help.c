/* The help: man-like pages made from the table of commands. */
#include "app/cli.h"
#include "base/utf8.h"

#define HELP_WIDTH 80

/* One paragraph, folded at HELP_WIDTH columns with `indent` blanks before each line. */
static void paragraph(FILE *out, int indent, struct str text)
{
	size_t column = 0;
	struct str word;
	while (str_split(&text, ' ', &word)) {
		size_t width = utf8_length(word);
		if (!word.n)
			continue;
		if (column && column + 1 + width > HELP_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0) {
			fprintf(out, "%*s", indent, "");
			column = (size_t)indent;
		} else {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", STR_ARG(word));
		column += width;
	}
	fputc('\n', out);
}

static void paragraphs(FILE *out, int indent, const char *text)
{
	struct str rest = str_of(text), line;
	while (str_split(&rest, '\n', &line)) {
		if (line.n)
			paragraph(out, indent, line);
		else
			fputc('\n', out);
	}
}

static void print_option(FILE *out, const struct option_def *o)
{
	fprintf(out, "    --%s%s%s\n", o->name, o->value ? " " : "", o->value ? o->value : "");
	paragraph(out, 8, str_of(o->help));
	if (o->one_of) {
		fprintf(out, "        One of:");
		for (size_t i = 0; o->one_of[i]; i++)
			fprintf(out, "%s %s", i ? "," : "", o->one_of[i]);
		fprintf(out, ".\n");
	}
	if (o->initial)
		fprintf(out, "        Default: %s.\n", o->initial);
	if (o->kind == OPTION_LIST)
		fprintf(out, "        May be given several times.\n");
}

static void synopsis(FILE *out, const struct command_def *d)
{
	struct buf b = BUF_INIT(16 * KIB);
	buf_addf(&b, "vitrina %s", d->name);
	if (d->arg_names[0])
		buf_addf(&b, " %s", d->arg_names);
	for (size_t i = 0; i < d->n_options; i++) {
		const struct option_def *o = &d->options[i];
		/* A no-break space keeps an option and its value on one line. */
		buf_addf(&b, " %s--%s%s%s%s%s", o->required ? "" : "[", o->name, o->value ? "\u00a0" : "",
			 o->value ? o->value : "", o->required ? "" : "]", o->kind == OPTION_LIST ? "..." : "");
	}
	buf_adds(&b, " [--data\u00a0DIR]");
	paragraph(out, 4, buf_str(&b));
	buf_free(&b);
}

static void exit_status(FILE *out)
{
	fprintf(out, "\nEXIT STATUS\n"
		     "    0  done\n"
		     "    1  refused or failed; one line on standard error says why\n"
		     "    2  wrong usage\n");
}

static void command_help(FILE *out, const struct command_def *d)
{
	fprintf(out, "NAME\n    vitrina %s - %s\n\nSYNOPSIS\n", d->name, d->summary);
	synopsis(out, d);
	fprintf(out, "\nDESCRIPTION\n");
	paragraphs(out, 4, d->description);
	fprintf(out, "\nOPTIONS\n");
	for (size_t i = 0; i < d->n_options; i++)
		print_option(out, &d->options[i]);
	for (size_t i = 0; i < command_common_options_n; i++)
		print_option(out, &command_common_options[i]);
	if (d->examples) {
		struct str rest = str_of(d->examples), line;
		fprintf(out, "\nEXAMPLES\n");
		while (str_split(&rest, '\n', &line))
			fprintf(out, "    %.*s\n", STR_ARG(line));
	}
	exit_status(out);
}

static void program_help(FILE *out)
{
	fprintf(out, "NAME\n    vitrina - load customer data, see it, and know each customer's next products\n"
		     "\nSYNOPSIS\n    vitrina COMMAND [ARGUMENTS] [OPTIONS]\n"
		     "    vitrina COMMAND --help\n    vitrina --version\n\nDESCRIPTION\n");
	paragraphs(
		out, 4,
		"Vitrina is a server for a company's knowledge of its customers. Everything it keeps lies, encrypted, "
		"in one data folder, whose key lies beside it. The same commands work while the server runs, "
		"through it, and while it does not.");
	fprintf(out, "\nCOMMANDS\n");
	for (size_t i = 0; i < cli_commands_n; i++)
		fprintf(out, "    %-20s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
	fprintf(out, "\nOPTIONS OF EVERY COMMAND\n");
	for (size_t i = 0; i < command_common_options_n; i++)
		print_option(out, &command_common_options[i]);
	fprintf(out, "\nSETTINGS\n");
	paragraphs(out, 4,
		   "Settings come from, in rising order: built-in defaults, vitrina.conf in the data folder, the "
		   "environment (VITRINA_ and the name in capitals), options. 'vitrina config' prints them and where "
		   "each comes from.");
	fprintf(out, "\nEXAMPLES\n"
		     "    vitrina demo && vitrina serve\n"
		     "    vitrina init --admin maria@example.org\n"
		     "    vitrina import clients.csv --name clients\n"
		     "    vitrina stats --dataset clients\n"
		     "    vitrina recommend --dataset clients --customer 112312323321\n");
	exit_status(out);
}

void cli_help(FILE *out, const struct command_def *def)
{
	if (def)
		command_help(out, def);
	else
		program_help(out);
}
