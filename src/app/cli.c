#include "app/cli.h"

#include <stdlib.h>

#define LIMIT_OPTIONS_GIVEN 1024
#define NEAREST_MAX_WORD 48

/* Damerau-Levenshtein distance (optimal string alignment) of two short words. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t d[NEAREST_MAX_WORD + 1][NEAREST_MAX_WORD + 1];
	if (n > NEAREST_MAX_WORD || m > NEAREST_MAX_WORD)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
			size_t best = MIN(d[i - 1][j] + 1, d[i][j - 1] + 1);
			best = MIN(best, d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, d[i - 2][j - 2] + 1);
			d[i][j] = best;
		}
	return d[n][m];
}

const char *cli_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t best = SIZE_MAX;
	const char *ret = NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, candidates[i]);
		/* A word that was only begun is meant as well. */
		if (strlen(word) >= 3 && strncmp(word, candidates[i], strlen(word)) == 0)
			d = MIN(d, (size_t)1);
		if (d < best) {
			best = d;
			ret = candidates[i];
		}
	}
	return best <= 1 + strlen(word) / 4 ? ret : NULL;
}

/* --- what was typed, before the command is known --- */

struct typed_option {
	const char *name;  /* without dashes */
	const char *value; /* after '=' or the next word; NULL = none */
	bool attached;     /* the value came with '=' */
};

struct typed {
	struct typed_option *options;
	const char **words;
	size_t n_options, n_words;
	bool help, version;
};

static const struct option_def *find_option(const struct option_def *o, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(o[i].name, name) == 0)
			return &o[i];
	return NULL;
}

static const struct option_def *command_find_option(const struct command_def *d, const char *name)
{
	const struct option_def *o = find_option(command_common_options, command_common_options_n, name);
	return o ? o : d ? find_option(d->options, d->n_options, name) : NULL;
}

/* An option of any command: a name has one kind everywhere, so this says whether a value follows. */
static const struct option_def *any_option(const char *name)
{
	const struct option_def *o = command_find_option(NULL, name);
	for (size_t i = 0; !o && i < cli_commands_n; i++)
		o = command_find_option(cli_commands[i], name);
	return o;
}

static void take_option(struct arena *a, const char *text, struct typed_option *ret)
{
	const char *equals = strchr(text, '=');
	ret->name = equals ? arena_strndup(a, text, (size_t)(equals - text)) : text;
	ret->value = equals ? equals + 1 : NULL;
	ret->attached = equals != NULL;
}

static void split_words(struct arena *a, size_t argc, const char *const *argv, struct typed *t)
{
	bool options_end = false;
	t->options = arena_array(a, argc + 1, sizeof *t->options);
	t->words = arena_array(a, argc + 1, sizeof *t->words);
	for (size_t i = 0; i < argc; i++) {
		const char *s = argv[i];
		if (options_end || s[0] != '-' || s[1] == '\0') {
			t->words[t->n_words++] = s;
		} else if (strcmp(s, "--") == 0) {
			options_end = true;
		} else if (strcmp(s, "--help") == 0 || strcmp(s, "-h") == 0) {
			t->help = true;
		} else if (strcmp(s, "--version") == 0 || strcmp(s, "-V") == 0) {
			t->version = true;
		} else {
			struct typed_option *o = &t->options[t->n_options++];
			take_option(a, s[1] == '-' ? s + 2 : s, o);
			const struct option_def *def = any_option(o->name);
			if (def && def->kind != OPTION_FLAG && !o->value && i + 1 < argc)
				o->value = argv[++i];
		}
	}
}

/* --- which command --- */

static const struct command_def *find_command(const char *name)
{
	for (size_t i = 0; i < cli_commands_n; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* The commands that begin with that word, as a list for a message; empty when there are none. */
static void list_members(const char *word, const char **members, size_t *ret_n, char *ret_text, size_t cap)
{
	size_t len = strlen(word);
	*ret_n = 0;
	ret_text[0] = '\0';
	for (size_t i = 0; i < cli_commands_n; i++) {
		const char *name = cli_commands[i]->name;
		size_t n = strlen(ret_text);
		if (strncmp(name, word, len) != 0 || name[len] != ' ')
			continue;
		members[(*ret_n)++] = name + len + 1;
		snprintf(ret_text + n, cap - n, "%s%s", n ? ", " : "", name);
	}
}

static bool unknown_command(struct arena *a, const struct typed *t, struct err *e)
{
	const char **names = arena_array(a, cli_commands_n, sizeof *names), *near;
	const char *typed = t->words[0], *second = t->n_words > 1 ? t->words[1] : NULL;
	char members[300];
	size_t n;
	list_members(typed, names, &n, members, sizeof members);
	if (n && !second)
		return err_set(e, ERR_USAGE, NULL, "'%s' needs a second word: %s", typed, members);
	if (n) {
		near = cli_nearest(second, names, n);
		return near ? err_set(e, ERR_USAGE, NULL, "unknown command '%s %s'; did you mean '%s %s'?", typed,
				      second, typed, near)
			    : err_set(e, ERR_USAGE, NULL, "unknown command '%s %s'; there are: %s", typed, second,
				      members);
	}
	for (size_t i = 0; i < cli_commands_n; i++)
		names[i] = cli_commands[i]->name;
	const char *both = second ? arena_printf(a, "%s %s", typed, second) : NULL;
	near = both ? cli_nearest(both, names, cli_commands_n) : NULL;
	if (near && strchr(near, ' '))
		return err_set(e, ERR_USAGE, NULL, "unknown command '%s'; did you mean '%s'?", both, near);
	near = cli_nearest(typed, names, cli_commands_n);
	return near ? err_set(e, ERR_USAGE, NULL, "unknown command '%s'; did you mean '%s'?", typed, near)
		    : err_set(e, ERR_USAGE, NULL, "unknown command '%s'; see 'vitrina --help'", typed);
}

/* The command of the first one or two words; *ret_words says how many it took. */
static const struct command_def *match_command(struct arena *a, const struct typed *t, size_t *ret_words)
{
	if (t->n_words > 1) {
		const char *two = arena_printf(a, "%s %s", t->words[0], t->words[1]);
		const struct command_def *d = two ? find_command(two) : NULL;
		if (d) {
			*ret_words = 2;
			return d;
		}
	}
	*ret_words = 1;
	return find_command(t->words[0]);
}

/* --- do the options belong to it --- */

static bool unknown_option(struct arena *a, const struct command_def *d, const char *name, struct err *e)
{
	size_t n = 0, max = command_common_options_n + (d ? d->n_options : 0);
	const char **names = arena_array(a, max + 1, sizeof *names);
	for (size_t i = 0; i < command_common_options_n; i++)
		names[n++] = command_common_options[i].name;
	for (size_t i = 0; d && i < d->n_options; i++)
		names[n++] = d->options[i].name;
	const char *near = cli_nearest(name, names, n);
	const char *dashes = name[0] == '-' ? "" : "--";
	if (near)
		return err_set(e, ERR_USAGE, NULL, "unknown option '%s%s'; did you mean '--%s'?", dashes, name, near);
	return err_set(e, ERR_USAGE, NULL, "unknown option '%s%s'; see 'vitrina %s%s--help'", dashes, name,
		       d ? d->name : "", d ? " " : "");
}

static bool check_one_of(const struct option_def *def, const char *value, struct err *e)
{
	char all[300] = "";
	for (size_t i = 0; def->one_of && def->one_of[i]; i++) {
		if (strcmp(def->one_of[i], value) == 0)
			return true;
		size_t n = strlen(all);
		snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", def->one_of[i]);
	}
	return !def->one_of || err_set(e, ERR_USAGE, NULL, "--%s takes one of: %s", def->name, all);
}

static bool add_option(struct arena *a, const struct typed_option *o, struct command_line *l, struct err *e)
{
	const struct option_def *def = command_find_option(l->def, o->name);
	if (!def)
		return unknown_option(a, l->def, o->name, e);
	if (def->kind == OPTION_FLAG && o->attached)
		return err_set(e, ERR_USAGE, NULL, "--%s takes no value", def->name);
	if (def->kind != OPTION_FLAG && !o->value)
		return err_set(e, ERR_USAGE, NULL, "--%s needs a value: --%s %s", def->name, def->name, def->value);
	for (size_t i = 0; def->kind == OPTION_VALUE && i < l->n_options; i++)
		if (l->options[i].def == def)
			return err_set(e, ERR_USAGE, NULL, "--%s is given twice", def->name);
	if (o->value && !check_one_of(def, o->value, e))
		return false;
	l->options[l->n_options++] = (struct option_given){ def, o->value };
	return true;
}

static bool check_complete(const struct command_line *l, struct err *e)
{
	const struct command_def *d = l->def;
	for (size_t i = 0; i < d->n_options; i++)
		if (d->options[i].required && !command_option(l, d->options[i].name))
			return err_set(e, ERR_USAGE, NULL, "%s needs --%s %s", d->name, d->options[i].name,
				       d->options[i].value);
	if (l->n_args < d->min_args)
		return err_set(e, ERR_USAGE, NULL, "%s needs %s; see 'vitrina %s --help'", d->name, d->arg_names,
			       d->name);
	if (l->n_args > d->max_args)
		return err_set(e, ERR_USAGE, NULL, "%s: one argument too many: '%s'", d->name, l->args[d->max_args]);
	return true;
}

bool cli_parse(struct arena *a, size_t argc, const char *const *argv, struct command_line *ret, struct err *e)
{
	struct typed t = { 0 };
	struct command_line l = { 0 };
	size_t words = 0;
	if (argc > LIMIT_OPTIONS_GIVEN)
		return err_set(e, ERR_USAGE, NULL, "more than %d words on the command line", LIMIT_OPTIONS_GIVEN);
	split_words(a, argc, argv, &t);
	l.help = t.help;
	l.version = t.version;
	/* `vitrina help import` as well as `vitrina import --help` */
	if (t.n_words && strcmp(t.words[0], "help") == 0) {
		l.help = true;
		t.words++;
		t.n_words--;
	}
	if (t.n_words) {
		l.def = match_command(a, &t, &words);
		if (!l.def)
			return unknown_command(a, &t, e);
	}
	l.args = t.words + words;
	l.n_args = t.n_words - words;
	l.options = arena_array(a, t.n_options + 1, sizeof *l.options);
	if (!l.help && !l.version) {
		for (size_t i = 0; i < t.n_options; i++)
			if (!add_option(a, &t.options[i], &l, e))
				return false;
		if (l.def && !check_complete(&l, e))
			return false;
	}
	*ret = l;
	return true;
}

/* --- what a command asks of its line --- */

const char *command_option(const struct command_line *l, const char *name)
{
	for (size_t i = 0; i < l->n_options; i++)
		if (strcmp(l->options[i].def->name, name) == 0)
			return l->options[i].value;
	const struct option_def *def = command_find_option(l->def, name);
	return def ? def->initial : NULL;
}

bool command_flag(const struct command_line *l, const char *name)
{
	for (size_t i = 0; i < l->n_options; i++)
		if (strcmp(l->options[i].def->name, name) == 0)
			return true;
	return false;
}

const char *command_list(const struct command_line *l, const char *name, size_t i)
{
	for (size_t k = 0; k < l->n_options; k++)
		if (strcmp(l->options[k].def->name, name) == 0 && i-- == 0)
			return l->options[k].value;
	return NULL;
}

bool command_number(const struct command_line *l, const char *name, int64_t min, int64_t max, int64_t *ret,
		    struct err *e)
{
	const char *text = command_option(l, name);
	int64_t v;
	if (!text)
		return true;
	if (!str_to_i64(str_of(text), &v) || v < min || v > max)
		return err_set(e, ERR_USAGE, NULL, "--%s takes a whole number from %lld to %lld", name, (long long)min,
			       (long long)max);
	*ret = v;
	return true;
}
