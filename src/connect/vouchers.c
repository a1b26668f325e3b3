#include "connect/vouchers_inner.h"

#include "base/clock.h"
#include "base/limits.h"
#include "connect/mongo_vouchers.h"
#include "db/db.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 2000     /* for the turn of a request */
#define SETTLE_SECONDS 5 /* that a request spends on what others left in the outbox */
#define AT_ONCE 1000     /* taken out of the outbox */
#define BACKOFF_LEAST_MS 250
#define BACKOFF_MOST_MS 8000
#define SLICE_MS 50

bool vouchers_open(struct instance *in, const struct vouchers_options *o, struct vouchers **ret, struct err *e)
{
	struct vouchers *v = mem_zalloc(sizeof *v);
	v->in = in;
	for (size_t i = 0; i < countof(v->locks); i++)
		pthread_mutex_init(&v->locks[i], NULL);
	struct mongo_options m = { o->mongodb_uri, o->mongodb_collection, o->select_ms, o->socket_ms };
	if (o->mongodb_uri && !mongo_open(&m, &v->mongo, e)) {
		vouchers_close(&v);
		return false;
	}
	*ret = v;
	return true;
}

void vouchers_close(struct vouchers **vp)
{
	struct vouchers *v = *vp;
	if (!v)
		return;
	*vp = NULL;
	mongo_close(&v->mongo);
	for (size_t i = 0; i < countof(v->locks); i++)
		pthread_mutex_destroy(&v->locks[i]);
	free(v);
}

bool vouchers_in_mongodb(const struct vouchers *v)
{
	return v->mongo != NULL;
}

static pthread_mutex_t *lock_of(struct vouchers *v, int64_t org)
{
	return &v->locks[(uint64_t)org % countof(v->locks)];
}

static bool being_written(struct err *e)
{
	err_set(e, ERR_UNAVAILABLE, "being_written",
		"The voucher list is being written. Please ask again in a moment.");
	e->retry_after = 1;
	return false;
}

bool vouchers_lock(struct vouchers *v, int64_t org, int wait_ms, struct err *e)
{
	int64_t until = clock_now() + (int64_t)wait_ms * 1000;
	struct timespec t = { .tv_sec = (time_t)(until / USEC_PER_SEC),
			      .tv_nsec = (long)(until % USEC_PER_SEC) * 1000 };
	return pthread_mutex_timedlock(lock_of(v, org), &t) == 0 || being_written(e);
}

void vouchers_unlock(struct vouchers *v, int64_t org)
{
	pthread_mutex_unlock(lock_of(v, org));
}

static bool cancelled(const struct vouchers_watch *w)
{
	return w->cancel && atomic_load(w->cancel);
}

/* Sleeps, a little longer each time; false when it is time to give up. */
static bool wait_for_it(const struct vouchers_watch *w, int64_t failing_since, int *backoff_ms)
{
	if (clock_monotonic() - failing_since >= (int64_t)w->retry_seconds * USEC_PER_SEC)
		return false;
	for (int slept = 0; slept < *backoff_ms && !cancelled(w); slept += SLICE_MS)
		usleep(SLICE_MS * 1000);
	*backoff_ms = MIN(*backoff_ms * 2, BACKOFF_MOST_MS);
	return !cancelled(w);
}

struct settling {
	struct voucher_counts counts;
	int64_t n;     /* written */
	bool anything; /* perhaps something was written */
};

/* One piece of the outbox; *ret_more false when there was none. */
static bool settle_piece(struct vouchers *v, struct db *db, int64_t org, struct settling *s, bool *ret_more,
			 struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	struct voucher_counts counts;
	struct voucher *list;
	size_t n;
	bool written = false;
	if (!voucher_outbox_first(db, org, AT_ONCE, &a, &list, &n, e))
		return false;
	bool good = mongo_vouchers_put(v->mongo, org, list, n, &counts, &written, e);
	s->anything |= written;
	if (!good || !voucher_outbox_done(db, org, list, n, e))
		return false;
	s->counts.created += counts.created;
	s->counts.updated += counts.updated;
	s->n += (int64_t)n;
	*ret_more = n > 0;
	return true;
}

/* Everything that waits. */
static bool settle(struct vouchers *v, struct db *db, int64_t org, const struct vouchers_watch *w, struct settling *s,
		   struct err *e)
{
	int64_t began = clock_monotonic(), failing_since = 0;
	int backoff_ms = BACKOFF_LEAST_MS;
	for (bool more = true; more;) {
		if (cancelled(w))
			return err_set(e, ERR_CANCELLED, NULL, "It was cancelled.");
		if (w->most_seconds && clock_monotonic() - began > (int64_t)w->most_seconds * USEC_PER_SEC)
			return being_written(e);
		if (settle_piece(v, db, org, s, &more, e)) {
			failing_since = 0;
			backoff_ms = BACKOFF_LEAST_MS;
			if (w->progress)
				w->progress(w->ctx, s->n);
			continue;
		}
		if (e->kind != ERR_UNAVAILABLE)
			return false;
		failing_since = failing_since ? failing_since : clock_monotonic();
		if (!wait_for_it(w, failing_since, &backoff_ms))
			return cancelled(w) ? err_set(e, ERR_CANCELLED, NULL, "It was cancelled.") : false;
	}
	return true;
}

/* What others left, before the list is read or written. */
static bool settle_rest(struct vouchers *v, struct db *db, int64_t org, struct err *e)
{
	struct vouchers_watch w = { .most_seconds = SETTLE_SECONDS };
	struct settling s = { 0 };
	return settle(v, db, org, &w, &s, e);
}

bool vouchers_put_locked(struct vouchers *v, struct db *db, int64_t org, const struct voucher *list, size_t n,
			 const struct vouchers_watch *w, struct voucher_counts *ret, struct err *e)
{
	struct settling before = { 0 }, s = { 0 };
	if (!settle(v, db, org, w, &before, e) || !voucher_outbox_put(db, org, list, n, e))
		return false;
	if (settle(v, db, org, w, &s, e)) {
		*ret = s.counts;
		return true;
	}
	struct err ours = *e;
	if (!s.anything && voucher_outbox_done(db, org, list, n, e)) {
		*e = ours;
		return false;
	}
	err_prefix(&ours, "A part of the list was written, and the rest will be before anybody is shown the list");
	*e = ours;
	return false;
}

static bool put_in_mongodb(struct vouchers *v, struct db *db, int64_t org, const struct voucher *list, size_t n,
			   struct voucher_counts *ret, struct err *e)
{
	struct vouchers_watch w = { 0 };
	bool written, good;
	if (!vouchers_lock(v, org, WAIT_MS, e))
		return false;
	if (n == 1) /* one document is whole by itself */
		good = settle_rest(v, db, org, e) && mongo_vouchers_put(v->mongo, org, list, n, ret, &written, e);
	else
		good = vouchers_put_locked(v, db, org, list, n, &w, ret, e);
	vouchers_unlock(v, org);
	return good;
}

bool vouchers_put(struct vouchers *v, struct db *db, const struct caller *by, const struct voucher *list, size_t n,
		  struct voucher_counts *ret, struct err *e)
{
	if (!v->mongo)
		return voucher_put(db, by, list, n, ret, e);
	return put_in_mongodb(v, db, by->org, list, n, ret, e) && voucher_audit(db, by, list, n, e);
}

bool vouchers_list(struct vouchers *v, struct db *db, int64_t org, struct str after, size_t most, struct arena *a,
		   struct voucher **ret, size_t *ret_n, int64_t *ret_total, struct err *e)
{
	if (!v->mongo)
		return voucher_list(db, org, after, most, a, ret, ret_n, ret_total, e);
	if (!vouchers_lock(v, org, WAIT_MS, e))
		return false;
	bool good = settle_rest(v, db, org, e) &&
		    mongo_vouchers_list(v->mongo, org, after, most, a, ret, ret_n, ret_total, e);
	vouchers_unlock(v, org);
	return good;
}
