/*
 * The list of customers who get a voucher, as the store keeps it, and the limit from which somebody gets one.
 *
 * Where MongoDB is set the list lives there (connect/vouchers.h), and the store has only the outbox: what was decided
 * for a list of several customers and is not yet written there. Both keep one entry a customer and organisation.
 * Amounts are ten-thousandths. The order of the list is by id: numbers first, by value, then texts.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"

struct db;

#define VOUCHER_ID_BYTES 200
#define VOUCHER_TOTAL_MOST (INT64_C(100000000000) * 10000) /* a hundred thousand million */
#define VOUCHER_LIMIT_USUAL (INT64_C(2000) * 10000)

struct voucher {
	struct str user_id;
	int64_t total;
	int64_t at; /* when it was written; microseconds UTC, whole milliseconds */
};

struct voucher_counts {
	int64_t created, updated;
};

/* The id as a number when it is written as one ("791", not "0791"), else false and *ret INT64_MAX. */
bool voucher_number(struct str id, int64_t *ret);
/* Now, as entries have it. */
int64_t voucher_now(void);

/* Adds or changes all of them in one transaction, with one line in the audit log. */
MUST_CHECK bool voucher_put(struct db *db, const struct caller *by, const struct voucher *list, size_t n,
			    struct voucher_counts *ret, struct err *e);
/*
 * Those after the id `after` (p == NULL: from the begin), at most `most`, in a; *ret_total (may be NULL) counts all.
 */
MUST_CHECK bool voucher_list(struct db *db, int64_t org, struct str after, size_t most, struct arena *a,
			     struct voucher **ret, size_t *ret_n, int64_t *ret_total, struct err *e);
/* What the audit log says of a write, wherever the list is; in the caller's transaction if there is one. */
MUST_CHECK bool voucher_audit(struct db *db, const struct caller *by, const struct voucher *list, size_t n,
			      struct err *e);

/* All of it, in one transaction; what waits for the same customer is replaced. */
MUST_CHECK bool voucher_outbox_put(struct db *db, int64_t org, const struct voucher *list, size_t n, struct err *e);
/* The first `most` that wait, in a. */
MUST_CHECK bool voucher_outbox_first(struct db *db, int64_t org, size_t most, struct arena *a, struct voucher **ret,
				     size_t *ret_n, struct err *e);
/* They are written: they go, unless they were replaced meanwhile. */
MUST_CHECK bool voucher_outbox_done(struct db *db, int64_t org, const struct voucher *list, size_t n, struct err *e);

/* The organisation's limit. */
MUST_CHECK bool voucher_limit(struct db *db, int64_t org, int64_t *ret, struct err *e);
/* Needs PERM_SETTINGS; ERR_VALUE (field limit) for what is no amount of at least 0. */
MUST_CHECK bool voucher_limit_set(struct db *db, const struct caller *by, struct str amount, struct err *e);
