/* vitrina user import: accounts of an old system, with the hashes of their passwords */
#include "app/commands.h"
#include "app/helpers.h"
#include "base/limits.h"
#include "crypt/password.h"
#include "model/user.h"

#include <errno.h>
#include <unistd.h>

#define LIMIT_USERS_BYTES (16 * MIB)

static bool read_file(struct command *c, struct buf *ret, struct err *e)
{
	for (;;) {
		char *to = buf_reserve(ret, 64 * KIB);
		if (!to)
			return err_set(e, ERR_TOO_LARGE, NULL, "the list is larger than %zu MiB",
				       LIMIT_USERS_BYTES / MIB);
		ssize_t n = read(c->files[0], to, 64 * KIB);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "%s", c->line->args[0]);
		if (n == 0)
			return true;
		ret->n += (size_t)n;
	}
}

/* "e-mail,hash[,role]"; also with semicolons, tabs or colons between. The hash itself has none of them. */
static bool split_line(struct str line, struct str ret[3], size_t *ret_n)
{
	*ret_n = 0;
	while (line.n && *ret_n < 3) {
		size_t end = 0;
		while (end < line.n && !strchr(",;\t:", line.p[end]))
			end++;
		ret[(*ret_n)++] = str_trim(str_n(line.p, end));
		line = end < line.n ? str_n(line.p + end + 1, line.n - end - 1) : str_n(line.p + line.n, 0);
	}
	return line.n == 0;
}

static bool import_line(struct command *c, struct command_scope *s, struct str line, size_t number, enum role role,
			struct err *e)
{
	struct str part[3];
	size_t n;
	int64_t id;
	struct user_new fresh = { .role = role };
	if (!split_line(line, part, &n) || n < 2)
		return err_set(e, ERR_VALUE, NULL, "line %zu is not 'e-mail,hash' or 'e-mail,hash,role'", number);
	fresh.email = part[0];
	fresh.hash = part[1];
	if (n == 3 && part[2].n && !role_parse(part[2], &fresh.role))
		return err_set(e, ERR_VALUE, NULL, "line %zu has an unknown role", number);
	if (!password_hash_valid(fresh.hash))
		return err_set(e, ERR_VALUE, NULL, "line %zu has no hash of bcrypt or Argon2id", number);
	return user_create(s->db, &s->caller, &fresh, &id, e) || err_prefix(e, "line %zu", number);
}

static bool user_import_run(struct command *c, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(LIMIT_USERS_BYTES);
	enum role role;
	size_t made = 0;
	struct str rest, line;
	COMMAND_SCOPE s = { 0 };
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!read_file(c, &text, e) || !command_scope_begin(c, &s, e))
		return false;
	if (!role_parse(str_of(command_option(c->line, "role")), &role))
		return err_set(e, ERR_USAGE, NULL, "unknown role");
	if (!db_begin_tx(s.db, &tx, e))
		return false;
	rest = buf_str(&text);
	for (size_t number = 1; str_split(&rest, '\n', &line); number++) {
		line = str_trim(line);
		if (!line.n || line.p[0] == '#')
			continue;
		if (!import_line(c, &s, line, number, role, e))
			return false;
		made++;
	}
	if (!made)
		return err_set(e, ERR_VALUE, NULL, "%s has no accounts in it", c->line->args[0]);
	if (!db_commit_tx(&tx, e))
		return false;
	fprintf(c->out, "added %zu account%s to %s\n", made, made == 1 ? "" : "s", s.org_name);
	return true;
}

static const char *const roles[] = { "admin", "analyst", "manager", "operator", "client", NULL };

static const struct option_def options[] = {
	{ .name = "role",
	  .kind = OPTION_VALUE,
	  .value = "R",
	  .required = true,
	  .one_of = roles,
	  .help = "Role of those whose line has none." },
	OPTION_ORG,
};

const struct command_def command_user_import = {
	.name = "user import",
	.arg_names = "FILE",
	.args = ARGS_READ_FILES,
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "take over accounts of an old system",
	.description =
		"Reads lines 'e-mail,hash' or 'e-mail,hash,role', where hash is what bcrypt ($2a$, $2b$, $2y$) or "
		"Argon2id made of the password, and makes an account of each: all of them or none. People sign in with "
		"the passwords they have; at the first sign-in an old hash is replaced by a new one. Lines that begin "
		"with # are left out.",
	.examples = "vitrina user import old-users.csv --role operator",
	.run = user_import_run,
};
