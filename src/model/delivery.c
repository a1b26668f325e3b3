#include "model/delivery.h"

#include "base/clock.h"
#include "base/ids.h"
#include "model/audit.h"
#include "model/people.h"
#include "model/read.h"

bool message_create(struct db *db, int64_t org, struct str body, struct str picture, int64_t *ret_id, struct err *e)
{
	int64_t id = id_new();
	if (body.n > MESSAGE_BYTES || picture.n > PICTURE_BYTES)
		return err_set(e, ERR_LIMIT, NULL, "The report is too large to be sent.");
	if (!picture.n)
		picture = (struct str){ 0 };
	if (!db_exec(db, e, "INSERT INTO message (id, org, body, picture) VALUES (?1, ?2, ?3, ?4)", "iiSb", id, org,
		     body, picture))
		return false;
	*ret_id = id;
	return true;
}

static bool room(struct db *db, int64_t org, struct err *e)
{
	int64_t n;
	if (!db_query_i64(db, &n, NULL, e,
			  "SELECT count(*) FROM delivery WHERE org = ?1 AND state IN ('waiting', 'sending')", "i", org))
		return false;
	return n < DELIVERIES_WAITING_MOST || err_set(e, ERR_UNAVAILABLE, "outbox_full",
						      "%d messages wait to be sent already.", DELIVERIES_WAITING_MOST);
}

bool delivery_create(struct db *db, const struct delivery_new *d, const struct target *to, int64_t *ret_id,
		     struct err *e)
{
	int64_t id = id_new(), now = clock_now();
	bool off = to->off_reason[0] != 0;
	if (!room(db, d->org, e) ||
	    !db_exec(
		    db, e,
		    "INSERT INTO delivery (id, org, target, target_name, target_kind, message, report, cause, user_id, "
		    "state, next_at, reason, created_at, ended_at, reason_code) "
		    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, ?13, ?14)",
		    "iiississisisos", id, d->org, to->id, to->name, target_kind_name(to->kind), d->message, d->report,
		    d->cause, d->user, off ? "failed" : "waiting", now, off ? to->off_reason : "",
		    off ? now : INT64_C(0), off ? "target_off" : ""))
		return false;
	*ret_id = id;
	return true;
}

#define COLUMNS                                                                                                    \
	"id, org, target, message, target_name, target_kind, report, cause, state, reason, parts_done, attempts, " \
	"user_id, "                                                                                                \
	"next_at, created_at, ended_at, reason_code"

static bool read_row(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct delivery *)ret = (struct delivery){ .id = db_col_i64(s, 0),
						     .org = db_col_i64(s, 1),
						     .target = db_col_i64(s, 2),
						     .message = db_col_i64(s, 3),
						     .target_name = read_text(a, s, 4),
						     .target_kind = read_text(a, s, 5),
						     .report = read_text(a, s, 6),
						     .cause = read_text(a, s, 7),
						     .state = read_text(a, s, 8),
						     .reason = read_text(a, s, 9),
						     .parts_done = db_col_i64(s, 10),
						     .attempts = db_col_i64(s, 11),
						     .user = db_col_i64(s, 12),
						     .next_at = db_col_i64(s, 13),
						     .created_at = db_col_i64(s, 14),
						     .ended_at = db_col_i64(s, 15),
						     .reason_code = read_text(a, s, 16) };
	return read_fits(a, e);
}

#define FILTER "org = ?1 AND (?2 IS NULL OR report = ?2) AND (?3 IS NULL OR state = ?3) AND (?4 = 0 OR target = ?4)"

bool delivery_list(struct db *db, int64_t org, const struct delivery_filter *f, struct page *page, struct arena *a,
		   struct delivery **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct delivery *list = page_alloc(page, a, sizeof *list, e);
	if (!list ||
	    !db_query_i64(db, &page->total, NULL, e, "SELECT count(*) FROM delivery WHERE " FILTER, "iSSi", org,
			  f->report, f->state, f->target) ||
	    !db_query(db, &s, e,
		      "SELECT " COLUMNS " FROM delivery WHERE " FILTER " AND id < ?5 ORDER BY id DESC LIMIT ?6",
		      "iSSiii", org, f->report, f->state, f->target, page->after ? page->after : INT64_MAX,
		      page->limit + 1))
		return false;
	*ret = list;
	return read_page(s, a, page, list, sizeof *list, read_row, e);
}

bool delivery_count(struct db *db, int64_t org, const int64_t *ids, size_t n, size_t *ret_sent, size_t *ret_waiting,
		    struct err *e)
{
	size_t sent = 0, waiting = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t yes;
		if (!db_query_i64(db, &yes, NULL, e,
				  "SELECT CASE state WHEN 'sent' THEN 2 WHEN 'failed' THEN 0 ELSE 1 END FROM delivery "
				  "WHERE org = ?1 AND id = ?2",
				  "ii", org, ids[i]))
			return false;
		sent += yes == 2;
		waiting += yes == 1;
	}
	*ret_sent = sent;
	*ret_waiting = waiting;
	return true;
}

bool delivery_retry(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t there;
	bool found;
	if (!caller_must(by, PERM_REPORT, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &there, &found, e, "SELECT 1 FROM delivery WHERE org = ?1 AND id = ?2", "ii", by->org,
			  id))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such delivery.");
	if (!db_exec(db, e,
		     "UPDATE delivery SET state = 'waiting', attempts = 0, reason = '', reason_code = '', next_at = "
		     "?3, created_at = ?3, ended_at = NULL WHERE org = ?1 AND id = ?2 AND state = 'failed' "
		     "AND EXISTS (SELECT 1 FROM message m WHERE m.id = delivery.message) AND EXISTS (SELECT 1 "
		     "FROM target t WHERE t.id = delivery.target AND t.off_reason = '')",
		     "iii", by->org, id, clock_now()))
		return false;
	if (db_changes(db) != 1)
		return err_set(
			e, ERR_CONFLICT, NULL,
			"Only what failed can be sent again, and only to a target that is there and switched on.");
	return audit_add(db, by, "delivery_retry", "delivery", id, NULL, e) && db_commit_tx(&tx, e);
}

bool delivery_recover(struct db *db, struct err *e)
{
	return db_exec(db, e, "UPDATE delivery SET state = 'waiting' WHERE state = 'sending'", "");
}

/* What was lost comes before what waits: 'sending' sorts first. */
bool delivery_claim(struct db *db, int64_t now, int64_t until, struct arena *a, struct delivery *ret, bool *ret_found,
		    struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query(db, &s, e,
		      "SELECT " COLUMNS " FROM delivery WHERE state IN ('waiting', 'sending') AND next_at <= ?1 AND "
		      "NOT EXISTS (SELECT 1 FROM delivery o WHERE o.target = delivery.target AND o.state = 'sending' "
		      "AND o.next_at > ?1) ORDER BY state, next_at, id LIMIT 1",
		      "i", now) ||
	    !db_step(s, &row, e))
		return false;
	*ret_found = row;
	if (!row)
		return true;
	if (!read_row(s, a, ret, e))
		return false;
	ret->attempts++;
	db_stmt_done(&s);
	return db_exec(db, e,
		       "UPDATE delivery SET state = 'sending', attempts = attempts + 1, next_at = ?2 WHERE id = ?1",
		       "ii", ret->id, until) &&
	       db_commit_tx(&tx, e);
}

bool delivery_next_due(struct db *db, int64_t *ret, struct err *e)
{
	int64_t due = INT64_MAX;
	if (!db_query_i64(db, &due, NULL, e,
			  "SELECT next_at FROM delivery WHERE state = 'sending' OR (state = 'waiting' AND NOT EXISTS "
			  "(SELECT 1 FROM delivery o WHERE o.target = delivery.target AND o.state = 'sending')) "
			  "ORDER BY next_at LIMIT 1",
			  ""))
		return false;
	*ret = due;
	return true;
}

bool message_read(struct db *db, int64_t id, struct arena *a, struct str *ret_body, struct str *ret_picture,
		  struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT body, picture FROM message WHERE id = ?1", "i", id) || !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, NULL, "The message is gone.");
	*ret_body = arena_str(a, db_col_str(s, 0));
	*ret_picture = arena_str(a, db_col_blob(s, 1));
	return read_fits(a, e);
}

/* Only for the one who has it: the number of the attempt changes with every claim. */
#define MINE " WHERE id = ?1 AND attempts = ?2 AND state = 'sending'"

bool delivery_part_done(struct db *db, const struct delivery *d, int64_t parts, int64_t until, struct err *e)
{
	return db_exec(db, e, "UPDATE delivery SET parts_done = ?3, next_at = ?4" MINE, "iiii", d->id, d->attempts,
		       parts, until);
}

bool delivery_wait(struct db *db, const struct delivery *d, int64_t next_at, const struct delivery_why *why,
		   struct err *e)
{
	return db_exec(db, e, "UPDATE delivery SET state = 'waiting', next_at = ?3, reason = ?4, reason_code = ?5" MINE,
		       "iiiss", d->id, d->attempts, next_at, why->text, why->code);
}

bool delivery_postpone(struct db *db, const struct delivery *d, int64_t next_at, struct err *e)
{
	return db_exec(db, e, "UPDATE delivery SET state = 'waiting', next_at = ?3, attempts = attempts - 1" MINE,
		       "iii", d->id, d->attempts, next_at);
}

bool delivery_end(struct db *db, const struct delivery *d, const struct delivery_why *why, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t now = clock_now();
	return db_begin_tx(db, &tx, e) &&
	       db_exec(db, e, "UPDATE delivery SET state = ?3, reason = ?4, reason_code = ?5, ended_at = ?6" MINE,
		       "iisssi", d->id, d->attempts, why ? "failed" : "sent", why ? why->text : "",
		       why ? why->code : "", now) &&
	       db_exec(db, e,
		       "DELETE FROM delivery WHERE org = ?1 AND ended_at IS NOT NULL AND (ended_at < ?2 OR id < "
		       "(SELECT MIN(id) FROM (SELECT id FROM delivery WHERE org = ?1 ORDER BY id DESC LIMIT ?3) AS "
		       "kept))",
		       "iii", d->org, now - DELIVERY_DAYS_KEPT * USEC_PER_DAY, (int64_t)DELIVERIES_KEPT) &&
	       /* A failed one keeps its message for a week, in which a person may send it again. */
	       db_exec(db, e,
		       "DELETE FROM message WHERE org = ?1 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message = "
		       "message.id AND (d.state IN ('waiting', 'sending') OR (d.state = 'failed' AND d.ended_at > "
		       "?2)))",
		       "ii", d->org, now - 7 * USEC_PER_DAY) &&
	       db_commit_tx(&tx, e);
}
