#include "model/audit.h"

#include "base/clock.h"
#include "base/ids.h"
#include "model/people.h"

#include <stdio.h>

bool audit_add_str(struct db *db, const struct caller *by, const char *action, const char *object_kind,
		   struct str object_id, const char *detail, struct err *e)
{
	return db_exec(
		db, e,
		"INSERT INTO audit (id, at, org, user_id, email, action, object_kind, object_id, address, detail) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		"iioosssSss", id_new(), clock_now(), by->org, by->user, by->email, action, object_kind,
		object_id.p ? object_id : STR(""), by->address, detail ? detail : "");
}

bool audit_add(struct db *db, const struct caller *by, const char *action, const char *object_kind, int64_t object_id,
	       const char *detail, struct err *e)
{
	char id[24] = "";
	if (object_id)
		snprintf(id, sizeof id, "%lld", (long long)object_id);
	return audit_add_str(db, by, action, object_kind, str_of(id), detail, e);
}

static const char *text(struct db_stmt *s, int col, struct arena *a)
{
	struct str v = db_col_str(s, col);
	return arena_strndup(a, v.p ? v.p : "", v.n);
}

static bool read_event(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct audit_event *)ret = (struct audit_event){ .id = db_col_i64(s, 0),
							   .at = db_col_i64(s, 1),
							   .org = db_col_i64(s, 2),
							   .user = db_col_i64(s, 3),
							   .email = text(s, 4, a),
							   .action = text(s, 5, a),
							   .object_kind = text(s, 6, a),
							   .object_id = text(s, 7, a),
							   .address = text(s, 8, a),
							   .detail = text(s, 9, a) };
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "The request needs too much memory.");
}

#define MATCHES                                                                                                      \
	"org = ?1 AND (CAST(?2 AS TEXT) IS NULL OR action = ?2) AND (CAST(?3 AS TEXT) IS NULL OR object_kind = ?3) " \
	"AND (CAST(?4 AS BIGINT) IS NULL OR user_id = ?4) AND at >= ?5 AND at < ?6"

bool audit_list(struct db *db, const struct caller *by, const struct audit_filter *f, struct page *page,
		struct arena *a, struct audit_event **ret, struct err *e)
{
	if (!caller_must(by, PERM_AUDIT, e))
		return false;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct audit_event *list = page_alloc(page, a, sizeof *list, e);
	int64_t before = page->after ? page->after : INT64_MAX, until = f->until ? f->until : INT64_MAX;
	if (!list)
		return false;
	if (!db_query_i64(db, &page->total, NULL, e, "SELECT count(*) FROM audit WHERE " MATCHES, "iSSoii", by->org,
			  f->action, f->object_kind, f->user, f->since, until))
		return false;
	if (!db_query(db, &s, e,
		      "SELECT id, at, org, user_id, email, action, object_kind, object_id, address, detail FROM audit "
		      "WHERE " MATCHES " AND id < ?7 ORDER BY id DESC LIMIT ?8",
		      "iSSoiiii", by->org, f->action, f->object_kind, f->user, f->since, until, before,
		      page->limit + 1))
		return false;
	*ret = list;
	return read_page(s, a, page, list, sizeof *list, read_event, e);
}
