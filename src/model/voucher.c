#include "model/voucher.h"

#include "base/clock.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/customer.h"
#include "model/read.h"
#include "model/settings.h"

#include <math.h>
#include <stdio.h>

#define LIMIT_NAME "voucher_limit"
#define ROUND_USEC 1000 /* as exact as MongoDB keeps times */

bool voucher_number(struct str id, int64_t *ret)
{
	char digits[STR_I64];
	int64_t number;
	*ret = INT64_MAX;
	if (!str_to_i64(id, &number) || !str_eq(id, str_i64(number, digits)) || number == INT64_MAX)
		return false;
	*ret = number;
	return true;
}

int64_t voucher_now(void)
{
	return clock_now() / ROUND_USEC * ROUND_USEC;
}

bool voucher_audit(struct db *db, const struct caller *by, const struct voucher *list, size_t n, struct err *e)
{
	char detail[64];
	snprintf(detail, sizeof detail, "{\"customers\":%zu}", n);
	return n == 0 ||
	       audit_add_str(db, by, "voucher_write", "customer", n == 1 ? list[0].user_id : STR(""), detail, e);
}

/* One statement for each: ?1 the organisation, ?2 the number, ?3 the id, ?4 the total, ?5 the time. */
static bool each(struct db *db, int64_t org, const struct voucher *list, size_t n, const char *sql, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int64_t number;
		voucher_number(list[i].user_id, &number);
		if (!db_exec(db, e, sql, "iiSii", org, number, list[i].user_id, list[i].total, list[i].at))
			return false;
	}
	return true;
}

/* How many of the list are there already: looked up where it is one, else told by how all of them become more. */
static bool count_there(struct db *db, int64_t org, const struct voucher *list, size_t n, int64_t *ret, struct err *e)
{
	int64_t number;
	if (n != 1)
		return db_query_i64(db, ret, NULL, e, "SELECT count(*) FROM voucher WHERE org = ?1", "i", org);
	voucher_number(list[0].user_id, &number);
	return db_query_i64(db, ret, NULL, e,
			    "SELECT count(*) FROM voucher WHERE org = ?1 AND number = ?2 AND user_id = ?3", "iiS", org,
			    number, list[0].user_id);
}

bool voucher_put(struct db *db, const struct caller *by, const struct voucher *list, size_t n,
		 struct voucher_counts *ret, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t before = 0, after = 0;
	if (!db_begin_tx(db, &tx, e) || !count_there(db, by->org, list, n, &before, e) ||
	    !each(db, by->org, list, n,
		  "INSERT INTO voucher (org, number, user_id, total, at) VALUES (?1, ?2, ?3, ?4, ?5) "
		  "ON CONFLICT (org, number, user_id) DO UPDATE SET total = excluded.total, at = excluded.at",
		  e) ||
	    !count_there(db, by->org, list, n, &after, e) || !voucher_audit(db, by, list, n, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	*ret = (struct voucher_counts){ .created = after - before, .updated = (int64_t)n - (after - before) };
	return true;
}

/* user_id, total, at */
static bool read_list(struct db_stmt *s, size_t most, struct arena *a, struct voucher **ret, size_t *ret_n,
		      struct err *e)
{
	struct voucher *list = arena_array(a, most + 1, sizeof *list);
	size_t n = 0;
	bool row = list != NULL;
	while (row) {
		if (!db_step(s, &row, e))
			return false;
		if (!row || n == most)
			break;
		list[n++] = (struct voucher){ .user_id = arena_str(a, db_col_str(s, 0)),
					      .total = db_col_i64(s, 1),
					      .at = db_col_i64(s, 2) };
	}
	*ret = list;
	*ret_n = n;
	return read_fits(a, e);
}

bool voucher_list(struct db *db, int64_t org, struct str after, size_t most, struct arena *a, struct voucher **ret,
		  size_t *ret_n, int64_t *ret_total, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t number = INT64_MIN;
	if (after.p)
		voucher_number(after, &number);
	/* One view, so that the number belongs to the list. */
	if (!db_begin_read(db, e))
		return false;
	tx = db;
	return (!ret_total ||
		db_query_i64(db, ret_total, NULL, e, "SELECT count(*) FROM voucher WHERE org = ?1", "i", org)) &&
	       db_query(db, &s, e,
			"SELECT user_id, total, at FROM voucher WHERE org = ?1 AND (number > ?2 OR (number = ?2 AND "
			"user_id > ?3)) ORDER BY number, user_id LIMIT ?4",
			"iiSi", org, number, after.p ? after : STR(""), (int64_t)most) &&
	       read_list(s, most, a, ret, ret_n, e);
}

/* -- the outbox -- */

bool voucher_outbox_put(struct db *db, int64_t org, const struct voucher *list, size_t n, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) &&
	       each(db, org, list, n,
		    "INSERT INTO voucher_outbox (org, number, user_id, total, at) VALUES (?1, ?2, ?3, ?4, ?5) "
		    "ON CONFLICT (org, number, user_id) DO UPDATE SET total = excluded.total, at = excluded.at",
		    e) &&
	       db_commit_tx(&tx, e);
}

bool voucher_outbox_first(struct db *db, int64_t org, size_t most, struct arena *a, struct voucher **ret, size_t *ret_n,
			  struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(
		       db, &s, e,
		       "SELECT user_id, total, at FROM voucher_outbox WHERE org = ?1 ORDER BY number, user_id LIMIT ?2",
		       "ii", org, (int64_t)most) &&
	       read_list(s, most, a, ret, ret_n, e);
}

bool voucher_outbox_done(struct db *db, int64_t org, const struct voucher *list, size_t n, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	return db_begin_tx(db, &tx, e) &&
	       each(db, org, list, n,
		    "DELETE FROM voucher_outbox WHERE org = ?1 AND number = ?2 AND user_id = ?3 AND total = ?4 AND at "
		    "= ?5",
		    e) &&
	       db_commit_tx(&tx, e);
}

/* -- the limit -- */

bool voucher_limit(struct db *db, int64_t org, int64_t *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(2 * SETTING_VALUE_BYTES);
	const char *text;
	int64_t limit = VOUCHER_LIMIT_USUAL;
	if (!setting_effective(db, org, LIMIT_NAME, &a, &text, e))
		return false;
	if (text && !str_to_i64(str_of(text), &limit))
		return err_set(e, ERR_CORRUPT, NULL, "the setting " LIMIT_NAME " is no number");
	*ret = limit;
	return true;
}

bool voucher_limit_set(struct db *db, const struct caller *by, struct str amount, struct err *e)
{
	char text[32];
	double value;
	if (!str_to_f64(str_trim(amount), &value) || value < 0 || value > (double)VOUCHER_TOTAL_MOST / MONEY_SCALE)
		return err_field(e, ERR_VALUE, "limit", "An amount such as 2000 or 1500.50 is wanted.");
	snprintf(text, sizeof text, "%lld", llround(value * MONEY_SCALE));
	return setting_set(db, by, by->org, STR(LIMIT_NAME), str_of(text), e);
}
