#include "model/customer.h"

#include "db/db.h"
#include "model/customer_key.h"

#include <inttypes.h>

static int64_t time_column(struct db_stmt *s, int col)
{
	return db_col_null(s, col) ? TIME_NONE : db_col_i64(s, col);
}

void customer_read(struct db_stmt *s, struct customer *ret)
{
	*ret = (struct customer){
		.no = db_col_i64(s, 0) % CARD_NUMBERS,
		.id = db_col_str(s, 1),
		.name = db_col_str(s, 2),
		.folded = db_col_str(s, 3),
		.spend = db_col_i64(s, 4),
		.purchases = db_col_i64(s, 5),
		.invoices = db_col_i64(s, 6),
		.first_at = time_column(s, 7),
		.last_at = time_column(s, 8),
		.age = db_col_null(s, 9) ? -1 : db_col_i64(s, 9),
		.products = db_col_blob(s, 10),
		.data = db_col_str(s, 11),
		.edited = db_col_i64(s, 12) != 0,
	};
}

void customer_keep(struct arena *a, struct customer *c)
{
	c->id = arena_str(a, c->id);
	c->name = arena_str(a, c->name);
	c->folded = arena_str(a, c->folded);
	c->products = arena_str(a, c->products);
	c->data = arena_str(a, c->data);
}

static void bind_card(struct db_stmt *s, const struct card_set *set, const struct customer *c)
{
	db_bind_i64(s, 1, card_key(set->slot, c->no));
	db_bind_i64(s, 2, set->slot);
	db_bind_str(s, 3, c->id);
	db_bind_str(s, 4, c->name);
	db_bind_str(s, 5, c->folded);
	db_bind_i64(s, 6, c->spend);
	db_bind_i64(s, 7, c->purchases);
	db_bind_i64(s, 8, c->invoices);
	if (c->first_at == TIME_NONE)
		db_bind_null(s, 9);
	else
		db_bind_i64(s, 9, c->first_at);
	if (c->last_at == TIME_NONE)
		db_bind_null(s, 10);
	else
		db_bind_i64(s, 10, c->last_at);
	if (c->age < 0)
		db_bind_null(s, 11);
	else
		db_bind_i64(s, 11, c->age);
	db_bind_blob(s, 12, c->products);
	db_bind_str(s, 13, c->data);
	db_bind_i64(s, 14, c->edited);
}

bool customer_insert(struct db *db, const struct card_set *set, const struct customer *c, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_prepare(db,
			"INSERT INTO customer (key, slot, id, name, folded, spend, purchases, invoices, first_at, "
			"last_at, age, products, data, edited) "
			"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
			&s, e))
		return false;
	bind_card(s, set, c);
	return db_step(s, &row, e);
}

bool customer_update(struct db *db, const struct card_set *set, const struct customer *c, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_prepare(db,
			"UPDATE customer SET id = ?3, name = ?4, folded = ?5, spend = ?6, purchases = ?7, "
			"invoices = ?8, first_at = ?9, last_at = ?10, age = ?11, products = ?12, data = ?13, "
			"edited = ?14 WHERE key = ?1 AND slot = ?2",
			&s, e))
		return false;
	bind_card(s, set, c);
	return db_step(s, &row, e);
}

static bool one(struct db_stmt *s, struct arena *a, struct customer *ret, struct err *e)
{
	bool row;
	if (!db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, "unknown_customer", "there is no customer with this id");
	struct customer c;
	customer_read(s, &c);
	customer_keep(a, &c);
	if (a->failed)
		return err_set(e, ERR_LIMIT, NULL, "the customer's card is too large");
	*ret = c;
	return true;
}

bool customer_find(struct db *db, const struct card_set *set, struct str id, struct arena *a, struct customer *ret,
		   struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT " CUSTOMER_COLUMNS " FROM customer WHERE slot = ?1 AND id = ?2", "iS",
			set->slot, id) &&
	       one(s, a, ret, e);
}

bool customer_get(struct db *db, const struct card_set *set, int64_t no, struct arena *a, struct customer *ret,
		  struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT " CUSTOMER_COLUMNS " FROM customer WHERE key = ?1", "i",
			card_key(set->slot, no)) &&
	       one(s, a, ret, e);
}

bool customer_scan(struct db *db, const struct card_set *set, int64_t from, int64_t count,
		   bool (*each)(void *ctx, const struct customer *c, struct err *e), void *ctx, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e,
		      "SELECT " CUSTOMER_COLUMNS " FROM customer WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
		      "iii", card_key(set->slot, from), card_key(set->slot + 1, 0), count))
		return false;
	for (;;) {
		bool row;
		struct customer c;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		customer_read(s, &c);
		if (!each(ctx, &c, e))
			return false;
	}
}

bool customer_scan_light(struct db *db, const struct card_set *set,
			 bool (*each)(void *ctx, const struct customer *c, struct err *e), void *ctx, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e,
		      "SELECT key, id, folded, spend, purchases, last_at, age FROM customer "
		      "WHERE key >= ?1 AND key < ?2 ORDER BY key",
		      "ii", card_key(set->slot, 0), card_key(set->slot + 1, 0)))
		return false;
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			return true;
		struct customer c = { .no = db_col_i64(s, 0) % CARD_NUMBERS,
				      .id = db_col_str(s, 1),
				      .folded = db_col_str(s, 2),
				      .spend = db_col_i64(s, 3),
				      .purchases = db_col_i64(s, 4),
				      .first_at = TIME_NONE,
				      .last_at = time_column(s, 5),
				      .age = db_col_null(s, 6) ? -1 : db_col_i64(s, 6) };
		if (!each(ctx, &c, e))
			return false;
	}
}

void money_write(struct buf *b, int64_t amount)
{
	uint64_t v = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
	unsigned fraction = (unsigned)(v % MONEY_SCALE);
	buf_addf(b, "%s%" PRIu64 ".%02u", amount < 0 ? "-" : "", v / MONEY_SCALE, fraction / 100);
	if (fraction % 100)
		buf_addc(b, (char)('0' + fraction % 100 / 10));
	if (fraction % 10)
		buf_addc(b, (char)('0' + fraction % 10));
}

double money_round2(int64_t amount)
{
	int64_t cents = amount / (MONEY_SCALE / 100), rest = amount % (MONEY_SCALE / 100);
	if (rest >= MONEY_SCALE / 200)
		cents++;
	if (rest <= -MONEY_SCALE / 200)
		cents--;
	return (double)cents / 100;
}
