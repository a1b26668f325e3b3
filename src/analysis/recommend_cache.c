#include "analysis/recommend_inner.h"

#include <stdlib.h>

#define MOST 64 /* versions */
/* How many may wait for a training: each holds a worker and a store connection, and other work must go on. */
#define MOST_WAITING 2
#define LEARNING_SECONDS 3 /* what somebody sent away is told to wait */

struct recommender_cache {
	/* Making one is training: one at a time, as it takes a processor and much memory. Its lock guards all below,
	 * too. */
	struct version_cache kept;
	size_t waiting;         /* for their training, or training */
	int64_t learning[MOST]; /* versions that a job is learning, or will */
	size_t n_learning;
};

static struct recommender *recommender_of(struct version_item *x)
{
	return (struct recommender *)x;
}

static void free_item(struct version_item *x)
{
	recommender_free(recommender_of(x));
}

struct recommender_cache *recommender_cache_new(size_t max_bytes)
{
	struct recommender_cache *c = mem_zalloc(sizeof *c);
	version_cache_init(&c->kept, MOST, max_bytes, free_item);
	return c;
}

void recommender_cache_free(struct recommender_cache **c)
{
	if (!*c)
		return;
	version_cache_end(&(*c)->kept);
	free(*c);
	*c = NULL;
}

static struct recommender *take_kept(struct recommender_cache *c, int64_t version)
{
	return recommender_of(version_cache_take(&c->kept, version));
}

static bool wait_in_line(struct recommender_cache *c, struct err *e)
{
	pthread_mutex_lock(&c->kept.lock);
	bool fits = c->waiting <= MOST_WAITING;
	c->waiting += fits;
	pthread_mutex_unlock(&c->kept.lock);
	if (!fits) {
		err_set(e, ERR_UNAVAILABLE, "learning",
			"the next products of this data set are being learned; ask again in a few seconds");
		e->retry_after = LEARNING_SECONDS;
		return false;
	}
	pthread_mutex_lock(&c->kept.making);
	return true;
}

static void leave_line(struct recommender_cache *c)
{
	pthread_mutex_unlock(&c->kept.making);
	pthread_mutex_lock(&c->kept.lock);
	c->waiting--;
	pthread_mutex_unlock(&c->kept.lock);
}

static bool take_own(struct instance *inst, struct db *db, const struct card_set *set, const struct learn_watch *watch,
		     struct recommender **ret, struct err *e)
{
	struct recommender_cache *c = inst->recommenders;
	struct recommender *r = take_kept(c, set->version);
	if (r) {
		*ret = r;
		return true;
	}
	if (!wait_in_line(c, e))
		return false;
	r = take_kept(c, set->version);
	bool was_listed = r != NULL, done = was_listed || recommender_train(db, set, watch, &r, e);
	if (done && !was_listed)
		version_cache_add(&c->kept, &r->kept);
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
	pthread_mutex_lock(&c->kept.lock);
	size_t at = 0;
	while (at < c->n_learning && c->learning[at] != version)
		at++;
	if (is && at == c->n_learning && c->n_learning < MOST)
		c->learning[c->n_learning++] = version;
	else if (!is && at < c->n_learning)
		c->learning[at] = c->learning[--c->n_learning];
	pthread_mutex_unlock(&c->kept.lock);
}

/* While a job is learning `set`: the newest other version of the data set that was learnt. */
static struct recommender *take_older(struct recommender_cache *c, const struct card_set *set)
{
	struct recommender *found = NULL;
	bool learning = false;
	pthread_mutex_lock(&c->kept.lock);
	for (size_t i = 0; i < c->n_learning; i++)
		learning |= c->learning[i] == set->version;
	for (size_t i = 0; i < c->kept.n && learning; i++) {
		struct recommender *r = recommender_of(c->kept.items[i]);
		if (r->set.org == set->org && r->set.dataset == set->dataset && r->kept.version != set->version &&
		    (!found || r->trained_at > found->trained_at))
			found = r;
	}
	if (found)
		version_cache_ref(&c->kept, &found->kept);
	pthread_mutex_unlock(&c->kept.lock);
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
	struct recommender *r = take_kept(c, version);
	if (!r)
		r = take_older(c, &set);
	if (r && r->kept.version != version && !card_set_find(db, org, r->kept.version, &older, &gone)) {
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
	version_cache_give(&inst->recommenders->kept, &r->kept);
}

void recommender_forget(struct recommender_cache *c, int64_t version)
{
	version_cache_forget(&c->kept, version);
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
