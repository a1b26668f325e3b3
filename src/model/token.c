#include "model/token.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "model/audit.h"
#include "model/people.h"

#define TOUCH (60 * USEC_PER_SEC)

static bool check_name(struct str name, struct err *e)
{
	if (!name.n || name.n > TOKEN_NAME_BYTES || !utf8_valid(name))
		return err_field(e, ERR_VALUE, "name", "A token's name has from 1 to %d bytes of UTF-8.",
				 TOKEN_NAME_BYTES);
	return true;
}

bool token_create(struct db *db, const struct caller *by, int64_t user, struct str name, int64_t expires_at,
		  char ret[TOKEN_TEXT], int64_t *ret_id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char token[TOKEN_TEXT], hash[TOKEN_HASH];
	int64_t id = id_new(), now = clock_now(), owner = user ? user : by->user;
	struct str trimmed = str_trim(name);
	if (!caller_must(by, PERM_TOKENS, e) || !check_name(trimmed, e))
		return false;
	if (expires_at && expires_at <= now)
		return err_field(e, ERR_VALUE, "expires_at", "The token would end in the past.");
	token_make(TOKEN_API, token);
	token_hash(str_of(token), hash);
	if (!db_begin_tx(db, &tx, e) || !user_in_scope(db, by, owner, e) ||
	    !db_exec(db, e,
		     "INSERT INTO api_token (id, user_id, token_hash, name, created_at, expires_at) "
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		     "iisSio", id, owner, hash, trimmed, now, expires_at) ||
	    !audit_add(db, by, "token_create", "token", id, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	memcpy(ret, token, sizeof token);
	*ret_id = id;
	return true;
}

static bool not_signed_in(struct err *e)
{
	return err_set(e, ERR_UNAUTHENTICATED, NULL, "The token is not known, or it has ended.");
}

bool token_find(struct db *db, struct str token, const char *address, int64_t now, struct arena *a, struct caller *ret,
		struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct caller c;
	char hash[TOKEN_HASH];
	bool row;
	if (!token_well_formed(token, TOKEN_API))
		return not_signed_in(e);
	token_hash(token, hash);
	if (!db_query(db, &s, e,
		      "SELECT " CALLER_COLUMNS ", t.id, t.last_used_at FROM api_token t "
		      "JOIN user_account u ON u.id = t.user_id JOIN org o ON o.id = u.org "
		      "WHERE t.token_hash = ?1 AND (t.expires_at IS NULL OR t.expires_at > ?2) "
		      "AND u.disabled_at IS NULL AND o.closed_at IS NULL",
		      "si", hash, now) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return not_signed_in(e);
	if (!caller_read(s, 0, a, &c, e))
		return false;
	c.via = CALLER_TOKEN;
	c.session = db_col_i64(s, 5);
	c.address = address;
	int64_t used = db_col_i64(s, 6);
	db_stmt_done(&s);
	if (now - used >= TOUCH &&
	    !db_exec(db, e, "UPDATE api_token SET last_used_at = ?2 WHERE id = ?1", "ii", c.session, now))
		return false;
	*ret = c;
	return true;
}

static bool read_token(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	struct str name = db_col_str(s, 2), email = db_col_str(s, 3);
	*(struct token *)ret = (struct token){ .id = db_col_i64(s, 0),
					       .user = db_col_i64(s, 1),
					       .name = arena_strndup(a, name.p, name.n),
					       .email = arena_strndup(a, email.p, email.n),
					       .created_at = db_col_i64(s, 4),
					       .last_used_at = db_col_i64(s, 5),
					       .expires_at = db_col_i64(s, 6) };
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
}

bool token_list(struct db *db, const struct caller *by, struct page *page, struct arena *a, struct token **ret,
		struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct token *list = page_alloc(page, a, sizeof *list, e);
	if (!list || !caller_must(by, PERM_TOKENS, e) ||
	    !db_query_i64(db, &page->total, NULL, e,
			  "SELECT count(*) FROM api_token t JOIN user_account u ON u.id = t.user_id WHERE u.org = ?1",
			  "i", by->org) ||
	    !db_query(db, &s, e,
		      "SELECT t.id, t.user_id, t.name, u.email, t.created_at, t.last_used_at, t.expires_at "
		      "FROM api_token t JOIN user_account u ON u.id = t.user_id WHERE u.org = ?1 AND t.id > ?2 "
		      "ORDER BY t.id LIMIT ?3",
		      "iii", by->org, page->after, page->limit + 1))
		return false;
	*ret = list;
	return read_page(s, a, page, list, sizeof *list, read_token, e);
}

bool token_delete(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!caller_must(by, PERM_TOKENS, e) || !db_begin_tx(db, &tx, e) ||
	    !db_exec(db, e,
		     "DELETE FROM api_token WHERE id = ?1 AND user_id IN (SELECT id FROM user_account WHERE org = ?2)",
		     "ii", id, by->org))
		return false;
	if (db_changes(db) == 0)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such token.");
	return audit_add(db, by, "token_delete", "token", id, NULL, e) && db_commit_tx(&tx, e);
}
