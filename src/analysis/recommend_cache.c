#include "analysis/recommend_inner.h"

#include <pthread.h>
#include <stdlib.h>

#define MOST 64 /* versions */
/* How many may wait for a training: each holds a worker and a store connection, and other work must go on. */
#define MOST_WAITING 2
#define LEARNING_SECONDS 3 /* what somebody sent away is told to wait */

struct recommender_cache {
	pthread_mutex_t lock;     /* all below */
	pthread_mutex_t training; /* one at a time: it takes a processor and much memory */
	struct recommender *items[MOST];
	size_t n, max_bytes;
	size_t waiting;         /* for `training`, or training */
	int64_t learning[MOST]; /* versions that a job is learning, or will */
	size_t n_learning;
	uint64_t clock;
};

struct recommender_cache *recommender_cache_new(size_t max_bytes)
{
	struct recommender_cache *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->training, NULL);
	c->max_bytes = max_bytes;
	return c;
}

void recommender_cache_free(struct recommender_cache **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++)
		recommender_free((*c)->items[i]);
	pthread_mutex_destroy(&(*c)->lock);
	pthread_mutex_destroy(&(*c)->training);
	free(*c);
	*c = NULL;
}

/* refs counts users, and 1 for being listed. Called with the lock held. */
static void unref(struct recommender *r)
{
	if (--r->refs == 0)
		recommender_free(r);
}

static void unlist(struct recommender_cache *c, size_t i)
{
	struct recommender *r = c->items[i];
	c->items[i] = c->items[--c->n];
	unref(r);
}

static void make_room(struct recommender_cache *c, size_t bytes)
{
	for (;;) {
		size_t held = bytes, oldest = 0;
		for (size_t i = 0; i < c->n; i++) {
			held += c->items[i]->bytes;
			if (c->items[i]->used < c->items[oldest]->used)
				oldest = i;
		}
		if (!c->n || (held <= c->max_bytes && c->n < MOST))
			return;
		unlist(c, oldest);
	}
}

static struct recommender *take_listed(struct recommender_cache *c, int64_t version)
{
	struct recommender *found = NULL;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n && !found; i++) {
		if (c->items[i]->version == version)
			found = c->items[i];
	}
	if (found) {
		found->used = ++c->clock;
		found->refs++;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void list(struct recommender_cache *c, struct recommender *r)
{
	pthread_mutex_lock(&c->lock);
	make_room(c, r->bytes);
	r->refs = 2;
	r->used = ++c->clock;
	c->items[c->n++] = r;
	pthread_mutex_unlock(&c->lock);
}

static bool wait_in_line(struct recommender_cache *c, struct err *e)
{
	pthread_mutex_lock(&c->lock);
	bool fits = c->waiting <= MOST_WAITING;
	c->waiting += fits;
	pthread_mutex_unlock(&c->lock);
	if (!fits) {
		err_set(e, ERR_UNAVAILABLE, "learning",
			"the next products of this data set are being learned; ask again in a few seconds");
		e->retry_after = LEARNING_SECONDS;
		return false;
	}
	pthread_mutex_lock(&c->training);
	return true;
}

static void leave_line(struct recommender_cache *c)
{
	pthread_mutex_unlock(&c->training);
	pthread_mutex_lock(&c->lock);
	c->waiting--;
	pthread_mutex_unlock(&c->lock);
}

static bool take_own(struct instance *inst, struct db *db, const struct card_set *set, const struct learn_watch *watch,
		     struct recommender **ret, struct err *e)
{
	struct recommender_cache *c = inst->recommenders;
	struct recommender *r = take_listed(c, set->version);
	if (r) {
		*ret = r;
		return true;
	}
	if (!wait_in_line(c, e))
		return false;
	r = take_listed(c, set->version);
	bool was_listed = r != NULL, done = was_listed || recommender_train(db, set, watch, &r, e);
	if (done && !was_listed)
		list(c, r);
	leave_line(c);
	if (done)
		*ret = r;
	return done;
}

bool recommender_take_own(struct instance *inst, struct db *db, int64_t org, int64_t version,
			  const struct learn_watch *watch, struct recommender **ret, struct err *e)
{
	struct card_set set;
	/* Also the check that the version is the organisation's own. */
	return card_set_find(db, org, version, &set, e) && take_own(inst, db, &set, watch, ret, e);
}

void recommender_learning(struct recommender_cache *c, int64_t version, bool is)
{
	pthread_mutex_lock(&c->lock);
	size_t at = 0;
	while (at < c->n_learning && c->learning[at] != version)
		at++;
	if (is && at == c->n_learning && c->n_learning < MOST)
		c->learning[c->n_learning++] = version;
	else if (!is && at < c->n_learning)
		c->learning[at] = c->learning[--c->n_learning];
	pthread_mutex_unlock(&c->lock);
}

/* While a job is learning `set`: the newest other version of the data set that was learnt. */
static struct recommender *take_older(struct recommender_cache *c, const struct card_set *set)
{
	struct recommender *found = NULL;
	bool learning = false;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_learning; i++)
		learning |= c->learning[i] == set->version;
	for (size_t i = 0; i < c->n && learning; i++) {
		struct recommender *r = c->items[i];
		if (r->set.org == set->org && r->set.dataset == set->dataset && r->version != set->version &&
		    (!found || r->trained_at > found->trained_at))
			found = r;
	}
	if (found) {
		found->used = ++c->clock;
		found->refs++;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

bool recommender_take(struct instance *inst, struct db *db, int64_t org, int64_t version, struct recommender **ret,
		      struct err *e)
{
	struct recommender_cache *c = inst->recommenders;
	struct card_set set, older;
	struct err gone = { 0 };
	if (!card_set_find(db, org, version, &set, e))
		return false;
	struct recommender *r = take_listed(c, version);
	if (!r)
		r = take_older(c, &set);
	if (r && r->version != version && !card_set_find(db, org, r->version, &older, &gone)) {
		recommender_give(inst, r); /* its cards have been swept */
		r = NULL;
	}
	if (!r)
		return take_own(inst, db, &set, NULL, ret, e);
	*ret = r;
	return true;
}

void recommender_give(struct instance *inst, struct recommender *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&inst->recommenders->lock);
	unref(r);
	pthread_mutex_unlock(&inst->recommenders->lock);
}

void recommender_forget(struct recommender_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = c->n; i-- > 0;) {
		if (c->items[i]->version == version)
			unlist(c, i);
	}
	pthread_mutex_unlock(&c->lock);
}

bool recommender_warm(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		      struct err *e)
{
	struct recommender *r;
	if (!recommender_take_own(inst, db, org, version, NULL, &r, e))
		return false;
	recommender_give(inst, r);
	return true;
}
