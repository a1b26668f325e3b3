#include "model/org.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "model/audit.h"
#include "model/people.h"

static bool check_name(struct str name, struct str *ret, struct buf *ret_folded, struct err *e)
{
	struct str s = str_trim(name);
	if (!s.n || s.n > ORG_NAME_BYTES || !utf8_valid(s))
		return err_field(e, ERR_VALUE, "name", "An organisation's name has from 1 to %d bytes of UTF-8.",
				 ORG_NAME_BYTES);
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return err_field(e, ERR_VALUE, "name", "A name has no control characters.");
	}
	utf8_fold(ret_folded, s);
	if (!ret_folded->n || ret_folded->failed)
		return err_field(e, ERR_VALUE, "name", "An organisation's name needs letters or digits.");
	*ret = s;
	return true;
}

bool org_create(struct db *db, const struct caller *by, struct str name, int64_t *ret_id, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(16 * ORG_NAME_BYTES);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct str trimmed;
	int64_t orgs, id = id_new();
	if (!check_name(name, &trimmed, &folded, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &orgs, NULL, e, "SELECT count(*) FROM org", ""))
		return false;
	if (orgs > 0 && !caller_must(by, PERM_ORGS, e))
		return false;
	if (orgs == 0 && by->via != CALLER_LOCAL)
		return err_set(e, ERR_FORBIDDEN, NULL, "The first organisation is made by the command line.");
	if (!db_exec(db, e, "INSERT INTO org (id, name, name_folded, is_bank, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
		     "iSSii", id, trimmed, buf_str(&folded), (int64_t)(orgs == 0), clock_now())) {
		if (e && e->kind == ERR_CONFLICT)
			err_set(e, ERR_CONFLICT, "duplicate", "There is an organisation of that name already.");
		return false;
	}
	/* Of the very first organisation there is no caller yet: the row is its own. */
	struct caller author = *by;
	if (orgs == 0)
		author.org = id;
	if (!audit_add(db, &author, "org_create", "org", id, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	*ret_id = id;
	return true;
}

#define COLUMNS                                                                                                  \
	"SELECT o.id, o.name, o.is_bank, o.created_at, o.closed_at, (SELECT count(*) FROM user_account u WHERE " \
	"u.org = o.id AND u.disabled_at IS NULL) FROM org o "

static bool read_org(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	struct str name = db_col_str(s, 1);
	struct org o = { .id = db_col_i64(s, 0),
			 .name = arena_strndup(a, name.p, name.n),
			 .is_bank = db_col_i64(s, 2) != 0,
			 .created_at = db_col_i64(s, 3),
			 .closed_at = db_col_i64(s, 4),
			 .people = db_col_i64(s, 5) };
	if (!o.name)
		return err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
	*(struct org *)ret = o;
	return true;
}

bool org_find(struct db *db, const struct caller *by, int64_t id, struct arena *a, struct org *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, COLUMNS "WHERE o.id = ?1 AND (o.id = ?2 OR ?3 = 1)", "iii", id, by->org,
			(int64_t)caller_may(by, PERM_ORGS)) &&
	       read_one(s, a, read_org, ret, "There is no such organisation.", e);
}

bool org_find_by_name(struct db *db, struct str name, struct arena *a, struct org *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(16 * ORG_NAME_BYTES);
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct str trimmed;
	return check_name(name, &trimmed, &folded, e) &&
	       db_query(db, &s, e, COLUMNS "WHERE o.name_folded = ?1", "S", buf_str(&folded)) &&
	       read_one(s, a, read_org, ret, "There is no such organisation.", e);
}

bool org_find_bank(struct db *db, struct arena *a, struct org *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, COLUMNS "WHERE o.is_bank = 1", "") &&
	       read_one(s, a, read_org, ret, "There is no such organisation.", e);
}

bool org_list(struct db *db, const struct caller *by, struct page *page, struct arena *a, struct org **ret,
	      struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t all = caller_may(by, PERM_ORGS);
	struct org *list = page_alloc(page, a, sizeof *list, e);
	if (!list ||
	    !db_query_i64(db, &page->total, NULL, e, "SELECT count(*) FROM org WHERE id = ?1 OR ?2 = 1", "ii", by->org,
			  all) ||
	    !db_query(db, &s, e, COLUMNS "WHERE (o.id = ?1 OR ?2 = 1) AND o.id > ?3 ORDER BY o.id LIMIT ?4", "iiii",
		      by->org, all, page->after, page->limit + 1))
		return false;
	*ret = list;
	return read_page(s, a, page, list, sizeof *list, read_org, e);
}

static bool close_people(struct db *db, int64_t org, int64_t now, struct err *e)
{
	return db_exec(db, e, "UPDATE user_account SET disabled_at = ?2 WHERE org = ?1 AND disabled_at IS NULL", "ii",
		       org, now) &&
	       db_exec(db, e, "DELETE FROM session WHERE user_id IN (SELECT id FROM user_account WHERE org = ?1)", "i",
		       org) &&
	       db_exec(db, e, "DELETE FROM invitation WHERE user_id IN (SELECT id FROM user_account WHERE org = ?1)",
		       "i", org) &&
	       db_exec(db, e, "DELETE FROM api_token WHERE user_id IN (SELECT id FROM user_account WHERE org = ?1)",
		       "i", org);
}

bool org_close(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * KIB);
	struct org o;
	int64_t now = clock_now();
	if (!caller_must(by, PERM_ORGS, e) || !db_begin_tx(db, &tx, e) || !org_find(db, by, id, &a, &o, e))
		return false;
	if (o.is_bank)
		return err_set(e, ERR_CONFLICT, "bank", "The bank itself cannot be closed.");
	if (o.closed_at)
		return err_set(e, ERR_CONFLICT, "closed", "The organisation is closed already.");
	return db_exec(db, e, "UPDATE org SET closed_at = ?2 WHERE id = ?1", "ii", id, now) &&
	       close_people(db, id, now, e) && audit_add(db, by, "org_close", "org", id, NULL, e) &&
	       db_commit_tx(&tx, e);
}
