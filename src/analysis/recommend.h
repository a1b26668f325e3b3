/*
 * Next products of one customer, each with the estimated probability that the customer takes it next.
 *
 * A recommender is trained per data set version from the cards in the store, with a held-out purchase of each customer
 * for choosing among the methods and for turning their scores into probabilities (learn/calibrate.h). Trained ones are
 * kept in a cache bounded in bytes. All functions may be called from any thread.
 *
 * A product the customer has is offered only when the customer bought it repeatedly. Products linked by the
 * administrator follow, marked.
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct db;
struct recommender_cache;

struct recommender_cache *recommender_cache_new(size_t max_bytes);
void recommender_cache_free(struct recommender_cache **c);
/* Called when a version is dropped or its roles have changed. */
void recommender_forget(struct recommender_cache *c, int64_t version);

enum recommend_method {
	RECOMMEND_AUTO, /* own repeats, and for new products the method that measured best */
	RECOMMEND_SIMILAR,
	RECOMMEND_RULES,
	RECOMMEND_ITEM,
	RECOMMEND_EASE,
	RECOMMEND_SOFTMAX, /* few products only */
	RECOMMEND_BLEND,   /* of the best with another, where that measured better */
	RECOMMEND_POPULARITY,
	RECOMMEND_REPEAT,
	RECOMMEND_METHODS
};
const char *recommend_method_name(enum recommend_method m);
bool recommend_method_parse(struct str s, enum recommend_method *ret);

#define RECOMMEND_WHY 3
#define RECOMMEND_LIMIT 100

/* The same reason as its sentence, for pages that say it in another language. */
enum recommend_reason_kind {
	REASON_ALSO,    /* count of `of` clients who took `had` took this as well */
	REASON_THEN,    /* the same, afterwards */
	REASON_BOTH,    /* count of `of` clients who took `had` and `too` took this */
	REASON_REPEAT,  /* took it count times, about every `days` days, last on `last_day` */
	REASON_SIMILAR, /* count of the `of` clients most like this one have it */
	REASON_POPULAR, /* count of `of` clients have it */
	REASON_LINKED,  /* linked to `had`, which the client has */
};
struct recommend_reason {
	enum recommend_reason_kind kind;
	uint32_t count, of;
	int64_t days;     /* 0 = not known */
	int32_t last_day; /* since 1970-01-01; meaningful when days is */
	struct str had;   /* name of a product; p NULL = none */
	struct str too;   /* of another one, REASON_BOTH only */
};

struct recommend_item {
	uint32_t product;
	struct str code, name;
	double probability; /* 0..1 */
	bool linked;        /* from the administrator's table */
	bool owned;         /* bought repeatedly before */
	struct str why[RECOMMEND_WHY];
	struct recommend_reason reasons[RECOMMEND_WHY]; /* of the same number */
	size_t n_why;
};

struct recommend_list {
	struct str customer, name;
	struct recommend_item *items; /* by probability, linked ones last; in the arena */
	size_t n;
	enum recommend_method method;    /* as asked for */
	enum recommend_method new_items; /* behind the new products */
};

/* ERR_NOT_FOUND for an unknown customer; ERR_VALUE (code no_purchases) when there is nothing to learn from. */
bool recommend_customer(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			struct str customer, size_t limit, enum recommend_method method, struct arena *a,
			struct recommend_list *ret, struct err *e);
/* {"customer","name","items":[{"product","code","probability","linked","repeat","why","why_parts"}],"model":{…}} */
bool recommend_customer_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			     struct str customer, size_t limit, enum recommend_method method, struct buf *ret,
			     struct err *e);
/* How good it is: GET …/recommender. */
bool recommender_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		      struct buf *ret, struct err *e);
/* {"items":[{"from","to",…}],"proposals":[{"from","to","support","confidence","lift",…}]}: GET …/links. */
bool recommend_links_json(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			  struct buf *ret, struct err *e);
/* Trains it now, so that the first customer does not wait. */
bool recommender_warm(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		      struct err *e);
/*
 * The same as a job of its own ("learn"), after a new version has become the current one. Until it has ended, the
 * version `before` (0 = none) serves where it was learned; then the job lets its cards and its recommender go.
 *
 * false: there is no job, and `before` is left to the caller. So without a job queue (a command that ends at once:
 * whoever asks first trains) and when the version has no products; a failure is logged.
 */
MUST_CHECK bool recommender_learn_soon(struct instance *in, struct db *db, int64_t org, int64_t user, int64_t dataset,
				       int64_t version, int64_t before);
