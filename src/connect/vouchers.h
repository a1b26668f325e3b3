/*
 * The voucher list, wherever it is: in MongoDB where its URI is set, else in the store. Same answers either way.
 *
 * A list of several customers is written whole or not at all, also to a MongoDB without transactions: it is put into
 * the outbox of the store first, in one transaction, and from there written in pieces, each of which may be repeated.
 * While something waits in the outbox nobody reads or writes the list before that is written; who asks meanwhile does
 * the rest of the work, or is told to come again (ERR_UNAVAILABLE, being_written). When not even the first piece could
 * be written, the outbox is emptied and all is as before. Only the organisation's own entries are ever touched.
 *
 * Blocks, in the limits of MongoDB's timeouts: for workers and job threads.
 */
#pragma once

#include "analysis/instance.h"
#include "model/caller.h"
#include "model/voucher.h"

struct db;
struct vouchers;

struct vouchers_options {
	const char *mongodb_uri; /* NULL: in the store */
	const char *mongodb_collection;
	int select_ms, socket_ms;
};

bool vouchers_open(struct instance *in, const struct vouchers_options *o, struct vouchers **ret, struct err *e);
/* After the jobs have ended. Takes NULL. */
void vouchers_close(struct vouchers **v);
bool vouchers_in_mongodb(const struct vouchers *v);

/* All or nothing; amounts and customers were checked, and no customer is in it twice. */
bool vouchers_put(struct vouchers *v, struct db *db, const struct caller *by, const struct voucher *list, size_t n,
		  struct voucher_counts *ret, struct err *e);
/* As voucher_list. */
bool vouchers_list(struct vouchers *v, struct db *db, int64_t org, struct str after, size_t most, struct arena *a,
		   struct voucher **ret, size_t *ret_n, int64_t *ret_total, struct err *e);
/*
 * A job that finds every customer of the version who spent more than the limit and puts them in the list. A MongoDB
 * that is away when it is asked for is a refusal at once; one that goes away later is asked again for a while.
 */
bool vouchers_scan(struct vouchers *v, struct db *db, const struct caller *by, int64_t dataset, int64_t version,
		   int64_t *ret_job, struct err *e);
