/* vitrina user add, list, disable, enable, passwd */
#include "app/commands.h"
#include "app/helpers.h"
#include "app/settings.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/limits.h"
#include "crypt/password.h"
#include "model/invitation.h"
#include "model/user.h"
#include "json/write.h"

/* The first line of standard input, without its end. */
static bool read_password(struct command *c, struct buf *hold, struct str *ret, struct err *e)
{
	if (!command_read_input(c, 2 * PASSWORD_MAX_BYTES, hold, e))
		return false;
	struct str rest = buf_str(hold), line;
	if (!str_split(&rest, '\n', &line))
		line = STR("");
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	*ret = line;
	return password_check(line, e);
}

static void print_invitation(struct command *c, const char *token, int64_t expires_at)
{
	char until[CLOCK_TEXT];
	clock_format(expires_at, until);
	fprintf(c->out, "invitation: /#/invitation?token=%s\nvalid until: %s\n", token, until);
}

static bool invite(struct command *c, struct command_scope *s, int64_t id, struct err *e)
{
	char token[TOKEN_TEXT];
	int64_t expires_at;
	int64_t lifetime = setting_number(c->settings, SETTING_INVITATION_DAYS) * USEC_PER_DAY;
	if (!invitation_create(s->db, &s->caller, id, clock_now(), lifetime, token, &expires_at, e))
		return false;
	print_invitation(c, token, expires_at);
	return true;
}

static bool user_add_run(struct command *c, struct err *e)
{
	CLEANUP(buf_free) struct buf hold = BUF_INIT(KIB);
	struct user_new fresh = { .email = str_of(command_option(c->line, "email")) };
	char generated[PASSWORD_GENERATED];
	bool given = command_flag(c->line, "password-stdin"), invited = command_flag(c->line, "invite");
	int64_t id;
	COMMAND_SCOPE s = { 0 };
	if (given && invited)
		return err_set(e, ERR_USAGE, NULL, "--password-stdin and --invite exclude each other");
	if (given && !read_password(c, &hold, &fresh.password, e))
		return false;
	if (!given && !invited) {
		password_generate(generated);
		fresh.password = str_of(generated);
	}
	if (!role_parse(str_of(command_option(c->line, "role")), &fresh.role))
		return err_set(e, ERR_USAGE, NULL, "unknown role");
	if (!command_scope_begin(c, &s, e) || !user_create(s.db, &s.caller, &fresh, &id, e))
		return false;
	fprintf(c->out, "e-mail: %.*s\nrole: %s\norganisation: %s\n", STR_ARG(fresh.email), role_name(fresh.role),
		s.org_name);
	if (invited)
		return invite(c, &s, id, e);
	if (!given)
		fprintf(c->out, "password: %s\n", generated);
	return true;
}

static const char *state_of(const struct user *u)
{
	if (u->disabled_at)
		return "disabled";
	if (u->locked_until > clock_now())
		return "locked";
	return u->has_password ? "active" : "invited";
}

static void user_row(struct table *t, const struct user *u)
{
	char seen[CLOCK_TEXT] = "never";
	if (u->last_seen_at)
		clock_format(u->last_seen_at, seen);
	table_cell(t, str_of(u->email));
	table_cell(t, str_of(role_name(u->role)));
	table_cell(t, str_of(u->org_name));
	table_cell(t, str_of(state_of(u)));
	table_cellf(t, "%.16s", seen);
	table_cellf(t, "%lld", (long long)u->id);
}

static void user_json(struct json_writer *w, const struct user *u)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", u->id);
	jw_kv_cstr(w, "email", u->email);
	jw_kv_cstr(w, "role", role_name(u->role));
	jw_kv_cstr(w, "org", u->org_name);
	jw_kv_cstr(w, "state", state_of(u));
	jw_kv_time(w, "last_seen_at", u->last_seen_at ? u->last_seen_at : INT64_MIN);
	jw_close(w, '}');
}

static bool each_user(struct command *c, struct command_scope *s, struct table *t, struct json_writer *w, struct err *e)
{
	struct page page = { .limit = LIMIT_PAGE };
	do {
		struct user *items;
		page.after = page.next;
		if (!user_list(s->db, &s->caller, &page, c->arena, &items, e))
			return false;
		for (size_t i = 0; i < page.n; i++) {
			if (t)
				user_row(t, &items[i]);
			if (w)
				user_json(w, &items[i]);
		}
	} while (page.next);
	return true;
}

static bool user_list_run(struct command *c, struct err *e)
{
	static const struct table_column columns[] = { { "e-mail", false },       { "role", false },
						       { "organisation", false }, { "state", false },
						       { "last seen", false },    { "id", true } };
	struct table t;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
		struct json_writer w = json_writer(&b);
		jw_open(&w, '[');
		if (!each_user(c, &s, NULL, &w, e))
			return false;
		jw_close(&w, ']');
		return command_print_json(c, &b, e);
	}
	table_begin(&t, columns, countof(columns));
	bool good = each_user(c, &s, &t, NULL, e);
	table_end(&t, c->out);
	return good;
}

/* The account of --email or the argument; from here on the command acts in that account's organisation. */
static bool find_account(struct command *c, struct command_scope *s, struct user *ret, struct err *e)
{
	const char *email = c->line->n_args ? c->line->args[0] : command_option(c->line, "email");
	if (!email)
		return err_set(e, ERR_USAGE, NULL, "%s needs an e-mail address", c->line->def->name);
	if (!command_scope_begin(c, s, e) || !user_find_by_email(s->db, str_of(email), c->arena, ret, e))
		return false;
	s->caller = caller_local(ret->org, false);
	s->org = ret->org;
	return true;
}

static bool set_disabled(struct command *c, bool disabled, struct err *e)
{
	struct user u;
	COMMAND_SCOPE s = { 0 };
	if (!find_account(c, &s, &u, e))
		return false;
	struct user_change change = { .set_disabled = true, .disabled = disabled, .unlock = !disabled };
	if (!user_update(s.db, &s.caller, u.id, &change, e))
		return false;
	fprintf(c->out, "%s %s\n", disabled ? "disabled" : "enabled", u.email);
	return true;
}

static bool user_disable_run(struct command *c, struct err *e)
{
	return set_disabled(c, true, e);
}

static bool user_enable_run(struct command *c, struct err *e)
{
	return set_disabled(c, false, e);
}

static bool user_passwd_run(struct command *c, struct err *e)
{
	CLEANUP(buf_free) struct buf hold = BUF_INIT(KIB);
	char generated[PASSWORD_GENERATED];
	struct str password;
	struct user u;
	bool given = command_flag(c->line, "password-stdin");
	COMMAND_SCOPE s = { 0 };
	if (given && command_flag(c->line, "invite"))
		return err_set(e, ERR_USAGE, NULL, "--password-stdin and --invite exclude each other");
	if (given && !read_password(c, &hold, &password, e))
		return false;
	if (!given) {
		password_generate(generated);
		password = str_of(generated);
	}
	if (!find_account(c, &s, &u, e))
		return false;
	fflush(c->out);
	if (command_flag(c->line, "invite")) {
		fprintf(c->out, "e-mail: %s\n", u.email);
		return invite(c, &s, u.id, e);
	}
	if (!user_set_password(s.db, &s.caller, u.id, password, e))
		return false;
	fprintf(c->out, "e-mail: %s\n", u.email);
	if (!given)
		fprintf(c->out, "password: %s\n", generated);
	return true;
}

#define OPTION_PASSWORD_STDIN                                                                                \
	{                                                                                                    \
		.name = "password-stdin", .kind = OPTION_FLAG,                                               \
		.help = "Take the password from the first line of standard input instead of generating one." \
	}
#define OPTION_INVITE                                                                                                \
	{                                                                                                            \
		.name = "invite", .kind = OPTION_FLAG,                                                               \
		.help = "Print a one-time link, to be put after the server's address, by which the person sets the " \
			"password."                                                                                  \
	}

static const char *const roles[] = { "admin", "analyst", "manager", "operator", "client", NULL };

static const struct option_def add_options[] = {
	{ .name = "email",
	  .kind = OPTION_VALUE,
	  .value = "E",
	  .required = true,
	  .help = "E-mail address, to sign in with." },
	{ .name = "role",
	  .kind = OPTION_VALUE,
	  .value = "R",
	  .required = true,
	  .one_of = roles,
	  .help = "What the person may do." },
	OPTION_ORG,
	OPTION_PASSWORD_STDIN,
	OPTION_INVITE,
};

const struct command_def command_user_add = {
	.name = "user add",
	.arg_names = "",
	.options = add_options,
	.n_options = countof(add_options),
	.stdin_option = "password-stdin",
	.summary = "make an account",
	.description =
		"Makes an account and prints a generated password once, unless the password comes from standard input "
		"or the person is invited.\n"
		"\n"
		"admin: everything in its organisation. analyst: data sets, statistics, customers, models, SQL. "
		"manager: customers and lists with exports, next products. operator: finds and opens a customer, next "
		"products. client: only its own portal.",
	.examples = "vitrina user add --email anna@example.org --role analyst\n"
		    "vitrina user add --email petr@partner.example --role admin --org 'Автосалон Восток' --invite\n"
		    "pass show vitrina | vitrina user add --email anna@example.org --role manager --password-stdin",
	.run = user_add_run,
};

static const struct option_def list_options[] = { OPTION_ORG, OPTION_JSON };

const struct command_def command_user_list = {
	.name = "user list",
	.arg_names = "",
	.options = list_options,
	.n_options = countof(list_options),
	.summary = "accounts of an organisation",
	.description = "Lists the accounts with their role, whether they may sign in, and when they were last seen.",
	.run = user_list_run,
};

static const struct option_def email_options[] = {
	{ .name = "email", .kind = OPTION_VALUE, .value = "E", .help = "The account; may stand without --email." },
};

const struct command_def command_user_disable = {
	.name = "user disable",
	.arg_names = "[E-MAIL]",
	.max_args = 1,
	.options = email_options,
	.n_options = countof(email_options),
	.summary = "let an account in no more",
	.description = "Ends the sessions of an account and refuses its sign-ins and tokens. What it did stays.",
	.examples = "vitrina user disable anna@example.org",
	.run = user_disable_run,
};

const struct command_def command_user_enable = {
	.name = "user enable",
	.arg_names = "[E-MAIL]",
	.max_args = 1,
	.options = email_options,
	.n_options = countof(email_options),
	.summary = "let an account in again",
	.description = "Takes back 'user disable', and unlocks an account that is locked after wrong passwords.",
	.examples = "vitrina user enable anna@example.org",
	.run = user_enable_run,
};

static const struct option_def passwd_options[] = {
	{ .name = "email", .kind = OPTION_VALUE, .value = "E", .help = "The account; may stand without --email." },
	OPTION_PASSWORD_STDIN,
	OPTION_INVITE,
};

const struct command_def command_user_passwd = {
	.name = "user passwd",
	.arg_names = "[E-MAIL]",
	.max_args = 1,
	.options = passwd_options,
	.n_options = countof(passwd_options),
	.stdin_option = "password-stdin",
	.summary = "give an account another password",
	.description = "Sets a generated password, which is printed once, or one from standard input, or prints a "
		       "one-time link by which the person sets it. The account's sessions end.",
	.examples = "vitrina user passwd anna@example.org\nvitrina user passwd anna@example.org --invite",
	.run = user_passwd_run,
};
