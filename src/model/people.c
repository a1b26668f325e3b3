#include "model/people.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "crypt/token.h"

#include <stdio.h>

bool email_fold(struct str email, char ret[EMAIL_BYTES + 1])
{
	struct str s = str_trim(email);
	size_t at = str_find(s, '@');
	if (s.n > EMAIL_BYTES || at == 0 || at + 1 >= s.n || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || (c == '@' && i != at) || strchr("<>()[],;:\"\\", c))
			return false;
		ret[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
	}
	ret[s.n] = 0;
	return true;
}

bool email_check(struct str email, char ret[EMAIL_BYTES + 1], struct err *e)
{
	return email_fold(email, ret) || err_field(e, ERR_VALUE, "email", "This is not an e-mail address.");
}

void throttle_name_of_account(const char *email_folded, char ret[THROTTLE_NAME])
{
	char hash[TOKEN_HASH];
	hash_hex(str_of(email_folded), hash);
	snprintf(ret, THROTTLE_NAME, "account:%s", hash);
}

bool role_read(struct str s, enum role *ret, struct err *e)
{
	return role_parse(s, ret) || err_set(e, ERR_CORRUPT, NULL, "An account has an unknown role.");
}

bool caller_read(struct db_stmt *s, int from, struct arena *a, struct caller *ret, struct err *e)
{
	struct caller c = { .user = db_col_i64(s, from),
			    .org = db_col_i64(s, from + 1),
			    .org_is_bank = db_col_i64(s, from + 3) != 0,
			    .address = "" };
	if (!role_read(db_col_str(s, from + 2), &c.role, e))
		return false;
	struct str email = db_col_str(s, from + 4);
	c.email = arena_strndup(a, email.p, email.n);
	if (!c.email)
		return err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	*ret = c;
	return true;
}

bool user_in_scope(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	int64_t org = 0;
	bool found;
	if (!db_query_i64(db, &org, &found, e, "SELECT org FROM user_account WHERE id = ?1", "i", id))
		return false;
	if (!found || org != by->org)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such account.");
	return true;
}

bool session_drop(struct db *db, int64_t user, int64_t keep, struct err *e)
{
	return db_exec(db, e, "DELETE FROM session WHERE user_id = ?1 AND id <> ?2", "ii", user, keep);
}

bool user_put_hash(struct db *db, int64_t user, const char *hash, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE user_account SET password_hash = ?2, failed_count = 0, locked_until = NULL WHERE id = "
		       "?1",
		       "is", user, hash) &&
	       db_exec(db, e, "DELETE FROM invitation WHERE user_id = ?1", "i", user);
}
