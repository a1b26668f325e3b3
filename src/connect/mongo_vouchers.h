/*
 * The list of vouchers in a MongoDB collection: one document a customer and organisation,
 *
 *	{ "_id": "123:791", "user_id": 791, "org": 123, "total_spending": 26796.21, "updated_at": ISODate }
 *
 * with a unique index on (user_id, org): the same id at two organisations is two customers, and neither may see or
 * overwrite the other's. user_id is an int64 where the id is a number, else a string, and so is its order. Writes are
 * upserts of that key, so that any of them may be repeated. Blocks; for threads that may.
 */
#pragma once

#include "connect/mongo.h"
#include "model/voucher.h"

/* *ret is how many were written. *ret_written, also on failure: perhaps some were. */
bool mongo_vouchers_put(struct mongo *m, int64_t org, const struct voucher *list, size_t n, struct voucher_counts *ret,
			bool *ret_written, struct err *e);
/* As voucher_list. */
bool mongo_vouchers_list(struct mongo *m, int64_t org, struct str after, size_t most, struct arena *a,
			 struct voucher **ret, size_t *ret_n, int64_t *ret_total, struct err *e);
