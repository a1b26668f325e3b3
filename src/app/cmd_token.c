/* vitrina token add, list, remove */
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "model/token.h"
#include "model/user.h"
#include "json/write.h"

static bool token_add_run(struct command *c, struct err *e)
{
	struct user u;
	char text[TOKEN_TEXT];
	int64_t id, days = 0;
	COMMAND_SCOPE s = { 0 };
	if (!command_number(c->line, "days", 1, 3660, &days, e) || !command_scope_begin(c, &s, e) ||
	    !user_find_by_email(s.db, str_of(command_option(c->line, "email")), c->arena, &u, e))
		return false;
	struct caller by = caller_local(u.org, false);
	int64_t expires_at = days ? clock_now() + days * USEC_PER_DAY : 0;
	if (!token_create(s.db, &by, u.id, str_of(command_option(c->line, "name")), expires_at, text, &id, e))
		return false;
	fprintf(c->out, "%s\n", text);
	return true;
}

static void token_row(struct table *t, const struct token *k)
{
	char used[CLOCK_TEXT] = "never", until[CLOCK_TEXT] = "-";
	if (k->last_used_at)
		clock_format(k->last_used_at, used);
	if (k->expires_at)
		clock_format(k->expires_at, until);
	table_cell(t, str_of(k->name));
	table_cell(t, str_of(k->email));
	table_cellf(t, "%.16s", used);
	table_cellf(t, "%.16s", until);
	table_cellf(t, "%lld", (long long)k->id);
}

static void token_json(struct json_writer *w, const struct token *k)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", k->id);
	jw_kv_cstr(w, "name", k->name);
	jw_kv_cstr(w, "email", k->email);
	jw_kv_time(w, "last_used_at", k->last_used_at ? k->last_used_at : INT64_MIN);
	jw_kv_time(w, "expires_at", k->expires_at ? k->expires_at : INT64_MIN);
	jw_close(w, '}');
}

static bool each_token(struct command *c, struct command_scope *s, struct table *t, struct json_writer *w,
		       struct err *e)
{
	struct page page = { .limit = LIMIT_PAGE };
	do {
		struct token *items;
		page.after = page.next;
		if (!token_list(s->db, &s->caller, &page, c->arena, &items, e))
			return false;
		for (size_t i = 0; i < page.n; i++) {
			if (t)
				token_row(t, &items[i]);
			if (w)
				token_json(w, &items[i]);
		}
	} while (page.next);
	return true;
}

static bool token_list_run(struct command *c, struct err *e)
{
	static const struct table_column columns[] = {
		{ "name", false }, { "account", false }, { "last used", false }, { "until", false }, { "id", true }
	};
	struct table t;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
		struct json_writer w = json_writer(&b);
		jw_open(&w, '[');
		if (!each_token(c, &s, NULL, &w, e))
			return false;
		jw_close(&w, ']');
		return command_print_json(c, &b, e);
	}
	table_begin(&t, columns, countof(columns));
	bool good = each_token(c, &s, &t, NULL, e);
	table_end(&t, c->out);
	return good;
}

static bool token_remove_run(struct command *c, struct err *e)
{
	int64_t id;
	COMMAND_SCOPE s = { 0 };
	if (!id_parse(str_of(c->line->args[0]), &id))
		return err_set(e, ERR_USAGE, NULL, "'%s' is not the id of a token; see 'vitrina token list'",
			       c->line->args[0]);
	if (!command_scope_begin(c, &s, e) || !token_delete(s.db, &s.caller, id, e))
		return false;
	fprintf(c->out, "removed %s\n", c->line->args[0]);
	return true;
}

static const struct option_def add_options[] = {
	{ .name = "email",
	  .kind = OPTION_VALUE,
	  .value = "E",
	  .required = true,
	  .help = "The account that the token acts for." },
	{ .name = "name", .kind = OPTION_VALUE, .value = "N", .initial = "command line", .help = "What it is for." },
	{ .name = "days",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .help = "Days until it ends; it does not end unless said." },
};

const struct command_def command_token_add = {
	.name = "token add",
	.arg_names = "",
	.options = add_options,
	.n_options = countof(add_options),
	.summary = "make a bearer token for a program",
	.description =
		"Prints a token once; only its hash is kept. A program sends it as 'Authorization: Bearer TOKEN' "
		"and may do what the account may.",
	.examples = "vitrina token add --email anna@example.org --name nightly --days 365\n"
		    "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/v1/datasets",
	.run = token_add_run,
};

static const struct option_def list_options[] = { OPTION_ORG, OPTION_JSON };

const struct command_def command_token_list = {
	.name = "token list",
	.arg_names = "",
	.options = list_options,
	.n_options = countof(list_options),
	.summary = "tokens of an organisation",
	.description = "Lists the tokens by their names; the tokens themselves are not kept.",
	.run = token_list_run,
};

static const struct option_def remove_options[] = { OPTION_ORG };

const struct command_def command_token_remove = {
	.name = "token remove",
	.arg_names = "ID",
	.min_args = 1,
	.max_args = 1,
	.options = remove_options,
	.n_options = countof(remove_options),
	.summary = "let a token in no more",
	.description = "Removes a token by the id that 'vitrina token list' shows.",
	.run = token_remove_run,
};
