#include "model/product.h"

#include "db/db.h"
#include "model/customer_key.h"

#define COLUMNS "key, code, name, customers, sales, spend"

static void read_row(struct db_stmt *s, struct arena *a, struct product *ret)
{
	*ret = (struct product){ (uint32_t)(db_col_i64(s, 0) % CARD_NUMBERS),
				 arena_str(a, db_col_str(s, 1)),
				 arena_str(a, db_col_str(s, 2)),
				 db_col_i64(s, 3),
				 db_col_i64(s, 4),
				 db_col_i64(s, 5) };
}

bool product_insert(struct db *db, const struct card_set *set, const struct product *p, struct err *e)
{
	return db_exec(db, e,
		       "INSERT INTO product (key, slot, code, name, customers, sales, spend) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		       "iiSSiii", card_key(set->slot, p->no), set->slot, p->code, p->name, p->customers, p->sales,
		       p->spend);
}

bool product_load(struct db *db, const struct card_set *set, struct arena *a, struct product_table *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct product_table t = { arena_array(a, set->products > 0 ? (size_t)set->products : 1, sizeof *t.items), 0 };
	if (!t.items)
		return err_set(e, ERR_LIMIT, NULL, "the data set has too many products");
	if (!db_query(db, &s, e, "SELECT " COLUMNS " FROM product WHERE key >= ?1 AND key < ?2 ORDER BY key", "ii",
		      card_key(set->slot, 0), card_key(set->slot + 1, 0)))
		return false;
	for (;;) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row || t.n == (size_t)set->products)
			break;
		read_row(s, a, &t.items[t.n++]);
	}
	if (a->failed)
		return err_set(e, ERR_LIMIT, NULL, "the data set has too many products");
	*ret = t;
	return true;
}

bool product_get(struct db *db, const struct card_set *set, int64_t no, struct arena *a, struct product *ret,
		 struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT " COLUMNS " FROM product WHERE key = ?1", "i", card_key(set->slot, no)) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, "unknown_product", "there is no such product");
	read_row(s, a, ret);
	return true;
}
