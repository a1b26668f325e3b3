/* The trained recommender of one version and the way to it; only for recommend*.c and evaluate.c. */
#pragma once

#include "analysis/recommend.h"
#include "analysis/version_cache.h"
#include "learn/next.h"
#include "model/link.h"
#include "model/product.h"

#include <jansson.h>
#include <pthread.h>

#define TRAIN_CUSTOMERS 200000 /* evenly spread when there are more */
#define LEVELS_MOST 64
#define CATEGORIES_MOST 9
#define NUMBERS_MOST 4  /* columns of numbers; with age, purchases and tenure at most LEARN_ATTRIBUTES in all */
#define COLUMNS_MOST 24 /* of the file, that are looked at */

enum { NUMERIC_AGE, NUMERIC_PURCHASES, NUMERIC_TENURE, NUMERICS };

/* One text attribute: its distinct values, the commonest first. */
struct attribute_levels {
	char *name; /* "birth_place", or of the file's column */
	bool is_role;
	char *level[LEVELS_MOST];
	uint32_t count[LEVELS_MOST];
	uint32_t n;
	bool too_many;
	bool numbers; /* every value seen is a number */
};

struct attribute_plan {
	struct attribute_levels seen[COLUMNS_MOST]; /* while cards are looked at */
	uint32_t n_seen;
	struct attribute_levels category[CATEGORIES_MOST];
	uint32_t n;
	char *number[NUMBERS_MOST]; /* other columns */
	uint32_t n_numbers;
};

/* Lists over all customers, made when they are asked for (recommend_lists.h). */
struct likely_entry {
	int64_t no; /* of the customer */
	float score, probability;
	enum learn_method method;
};
struct likely_list {
	uint32_t product;
	bool new_only;
	struct likely_entry *entries; /* the likeliest first */
	size_t n, cap;
	int64_t customers; /* looked at */
	double expected;   /* sum of the percentages of all of them */
	uint64_t used;
};
struct week_entry {
	uint32_t product;
	double clients, expected, again, due;
};
struct week_list {
	bool made;
	struct week_entry *entries; /* by what is expected */
	size_t n;
	int64_t looked_at;
	int32_t as_of; /* days since 1970 */
};
#define LIKELY_KEPT 16
struct recommender_lists {
	pthread_mutex_t lock; /* all of it, and while one is made */
	struct likely_list likely[LIKELY_KEPT];
	size_t n;
	struct week_list week;
	uint64_t clock;
};

struct recommender {
	struct version_item kept; /* first */
	struct card_set set;
	struct arena arena; /* of the products */
	struct product_table products;
	struct attribute_plan plan;
	struct learn_next next;
	uint32_t trained_on; /* customers */
	int64_t trained_at;
	double seconds, processor_seconds; /* of the training; the second of its thread alone */
	struct recommender_lists lists;
};

/* watch may be NULL; ERR_CANCELLED when it stopped the training. */
bool recommender_train(struct db *db, const struct card_set *set, const struct learn_watch *watch,
		       struct recommender **ret, struct err *e);
void recommender_free(struct recommender *r);
/*
 * From the cache; while a job is learning that version, the one of an older version of the same data set; else trained
 * now. Give it back with recommender_give.
 */
bool recommender_take(struct instance *inst, struct db *db, int64_t org, int64_t version, struct recommender **ret,
		      struct err *e);
/* That version's own, trained now if need be. watch may be NULL. */
bool recommender_take_own(struct instance *inst, struct db *db, int64_t org, int64_t version,
			  const struct learn_watch *watch, struct recommender **ret, struct err *e);
/* Says that a job will learn the version, or that it has ended. */
void recommender_learning(struct recommender_cache *c, int64_t version, bool is);
void recommender_give(struct instance *inst, struct recommender *r);

/* A card as the learner sees it; arrays in a. */
struct recommend_input {
	struct learn_customer customer;
	float numeric[NUMERICS + NUMBERS_MOST];
	uint32_t category[CATEGORIES_MOST];
};
bool recommend_input_of(const struct recommender *r, const struct customer *c, struct arena *a,
			struct recommend_input *ret, struct err *e);

/* Attributes from a card. numeric has NUMERICS + plan->n_numbers places, category plan->n. */
void attribute_plan_see(struct attribute_plan *p, const json_t *data);
void attribute_plan_finish(struct attribute_plan *p);
void attribute_plan_free(struct attribute_plan *p);
void attributes_of(const struct attribute_plan *p, int64_t age, const json_t *data, struct learn_row row,
		   float *numeric, uint32_t *category);
const char *attribute_name(const struct attribute_plan *p, uint32_t i); /* numeric ones first */

/* recommend_customer, and the recommender that made the list, to be given back. */
bool recommend_serve(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
		     struct str customer, size_t limit, enum recommend_method method, struct arena *a,
		     struct recommend_list *ret, struct recommender **ret_by, struct err *e);
/* What a percentage speaks of: "next_purchase_day", "later", "same_basket". */
const char *recommend_horizon(const struct learn_next *x);
/* "why" and "why_parts" of an open object. */
struct json_writer;
void recommend_reasons_json(struct json_writer *w, const struct recommend_item *item);
/* Reasons of one offer, into its why[]. */
void recommend_why(const struct recommender *r, const struct recommend_input *in, const struct learn_offer *o,
		   struct arena *a, struct recommend_item *ret);
enum learn_method recommend_learn_method(enum recommend_method m);
enum recommend_method recommend_method_of(enum learn_method learn);
