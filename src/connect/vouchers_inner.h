/* What vouchers.c and vouchers_scan.c share. */
#pragma once

#include "connect/vouchers.h"

#include <pthread.h>

struct mongo;

struct vouchers {
	struct instance *in;
	struct mongo *mongo; /* NULL: the list is in the store */
	/* One writer at a time in an organisation, and nobody reads meanwhile; two may share a lock. Only with mongo.
	 */
	pthread_mutex_t locks[16];
};

/* Waits for the organisation's turn; ERR_UNAVAILABLE (being_written). */
bool vouchers_lock(struct vouchers *v, int64_t org, int wait_ms, struct err *e);
void vouchers_unlock(struct vouchers *v, int64_t org);

struct vouchers_watch {
	const _Atomic bool *cancel;                   /* may be NULL */
	void (*progress)(void *ctx, int64_t written); /* may be NULL */
	void *ctx;
	int retry_seconds; /* how long to go on when MongoDB does not answer; 0 = not at all */
	int most_seconds;  /* in all; 0 = as long as it takes */
};
/* With the lock held: through the outbox into MongoDB, all or nothing. */
bool vouchers_put_locked(struct vouchers *v, struct db *db, int64_t org, const struct voucher *list, size_t n,
			 const struct vouchers_watch *w, struct voucher_counts *ret, struct err *e);
