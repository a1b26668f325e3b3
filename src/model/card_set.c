#include "model/customer.h"

#include "base/clock.h"
#include "db/db.h"
#include "model/customer_key.h"

/* Rows removed in one transaction: other writers wait no longer than for these. */
#define DROP_STEP 20000

bool card_set_find(struct db *db, int64_t org, int64_t version, struct card_set *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e,
		      "SELECT dataset, slot, customers, products, has_purchases, has_amount, time_kind, listed, "
		      "built_at, currency FROM card_set WHERE version = ?1 AND org = ?2 AND ready = 1",
		      "ii", version, org) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, "no_customers", "this data set has no customers in it");
	struct card_set set = { .version = version, .org = org };
	set.dataset = db_col_i64(s, 0);
	set.slot = db_col_i64(s, 1);
	set.customers = db_col_i64(s, 2);
	set.products = db_col_i64(s, 3);
	set.has_purchases = db_col_i64(s, 4) != 0;
	set.has_amount = db_col_i64(s, 5) != 0;
	set.time = (enum purchase_time)db_col_i64(s, 6);
	set.listed = db_col_i64(s, 7) != 0;
	set.built_at = db_col_i64(s, 8);
	struct str currency = db_col_str(s, 9);
	memcpy(set.currency, currency.p, MIN(currency.n, sizeof set.currency - 1));
	*ret = set;
	return true;
}

bool card_set_newest(struct db *db, int64_t org, struct card_set *ret, struct err *e)
{
	int64_t version = 0;
	bool found = false;
	if (!db_query_i64(db, &version, &found, e,
			  "SELECT c.version FROM card_set c JOIN dataset d ON d.current_version = c.version "
			  "WHERE d.org = ?1 AND c.org = ?1 AND c.ready = 1 ORDER BY d.id DESC LIMIT 1",
			  "i", org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, "no_customers", "there is no data set with customers in it");
	return card_set_find(db, org, version, ret, e);
}

bool card_set_newest_spending(struct db *db, int64_t org, struct card_set *ret, struct err *e)
{
	int64_t version = 0;
	bool found = false;
	if (!db_query_i64(db, &version, &found, e,
			  "SELECT c.version FROM card_set c JOIN dataset d ON d.current_version = c.version "
			  "WHERE d.org = ?1 AND c.org = ?1 AND c.ready = 1 AND c.has_amount = 1 ORDER BY d.id DESC "
			  "LIMIT 1",
			  "i", org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, "no_purchases",
			       "there is no data set with purchases and what they cost");
	return card_set_find(db, org, version, ret, e);
}

bool card_set_texts(struct db *db, int64_t version, struct arena *a, struct str *ret_stats, struct str *ret_columns,
		    struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT stats, column_names FROM card_set WHERE version = ?1 AND ready = 1", "i",
		      version) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, "no_customers", "this data set has no customers in it");
	*ret_stats = arena_str(a, db_col_str(s, 0));
	*ret_columns = arena_str(a, db_col_str(s, 1));
	return true;
}

bool card_set_begin(struct db *db, struct card_set *set, struct err *e)
{
	int64_t slot = 0;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!card_set_drop(db, set->version, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &slot, NULL, e, "SELECT coalesce(max(slot), 0) + 1 FROM card_set", "") ||
	    !db_exec(db, e,
		     "INSERT INTO card_set (version, org, dataset, slot, ready, customers, products, has_purchases, "
		     "has_amount, time_kind, listed, currency, built_at, stats, column_names) "
		     "VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, 0, 0, 0, '', ?5, '{}', '{}')",
		     "iiiii", set->version, set->org, set->dataset, slot, clock_now()) ||
	    !db_commit_tx(&tx, e))
		return false;
	set->slot = slot;
	return true;
}

bool card_set_finish(struct db *db, const struct card_set *set, struct str stats, struct str columns, struct err *e)
{
	return db_exec(db, e,
		       "UPDATE card_set SET ready = 1, customers = ?2, products = ?3, has_purchases = ?4, "
		       "has_amount = ?5, time_kind = ?6, listed = ?7, currency = ?8, built_at = ?9, stats = ?10, "
		       "column_names = ?11 WHERE version = ?1",
		       "iiiiiiisiSS", set->version, set->customers, set->products, (int64_t)set->has_purchases,
		       (int64_t)set->has_amount, (int64_t)set->time, (int64_t)set->listed, set->currency, set->built_at,
		       stats, columns);
}

static bool drop_rows(struct db *db, const char *sql, int64_t slot, struct err *e)
{
	int64_t from = card_key(slot, 0), end = card_key(slot + 1, 0);
	for (bool more = true; more;) {
		if (!db_exec(db, e, sql, "iii", from, end, (int64_t)DROP_STEP))
			return false;
		more = db_changes(db) > 0;
	}
	return true;
}

bool card_set_drop(struct db *db, int64_t version, struct err *e)
{
	int64_t slot = 0;
	bool found = false;
	if (!db_query_i64(db, &slot, &found, e, "SELECT slot FROM card_set WHERE version = ?1", "i", version))
		return false;
	if (!found)
		return true;
	/* Invisible first, and gone last, so that a sweep finds what an interruption left. */
	return db_exec(db, e, "UPDATE card_set SET ready = 0 WHERE version = ?1", "i", version) &&
	       drop_rows(db,
			 "DELETE FROM customer WHERE key IN "
			 "(SELECT key FROM customer WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)",
			 slot, e) &&
	       drop_rows(db,
			 "DELETE FROM product WHERE key IN "
			 "(SELECT key FROM product WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3)",
			 slot, e) &&
	       db_exec(db, e, "DELETE FROM card_set WHERE version = ?1", "i", version);
}

bool card_set_sweep(struct db *db, struct err *e)
{
	for (;;) {
		int64_t version = 0;
		bool found = false;
		if (!db_query_i64(db, &version, &found, e,
				  "SELECT version FROM card_set WHERE ready = 0 OR NOT EXISTS "
				  "(SELECT 1 FROM dataset_version v WHERE v.id = card_set.version AND "
				  "v.state = 'current') LIMIT 1",
				  ""))
			return false;
		if (!found)
			return true;
		if (!card_set_drop(db, version, e))
			return false;
	}
}
