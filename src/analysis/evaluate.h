/*
 * Measuring a recommender on held-out purchases: `vitrina evaluate recommend` (end of §5 of the contract).
 *
 * Reads the purchases of the version through the engine, hides some, trains on the rest and compares the lists with
 * what was hidden, beside plain popularity on the same customers. Every method is measured; what `auto` serves was
 * chosen and calibrated on validation customers of what is left, never on what is hidden here.
 */
#pragma once

#include "analysis/recommend.h"
#include "learn/calibrate.h"

enum evaluate_leave {
	EVALUATE_LAST_INVOICE, /* each customer's latest invoice is hidden */
	EVALUATE_LAST_DAY,     /* all that each customer took on the latest day: what a percentage speaks of */
	EVALUATE_HASH_ITEM,    /* baskets of the test part of hash:0.2, item i mod n of basket i is hidden */
};

struct evaluate_options {
	enum recommend_method method;
	enum evaluate_leave leave;
	bool new_only;              /* only what the customer never bought before counts and is offered */
	struct str exclude;         /* product codes and PREFIX*, separated by commas; empty = none */
	const _Atomic bool *cancel; /* may be NULL */
};

struct evaluate_figures {
	double hit_rate_at_10, map_at_7;
	double hit_rate_error, map_error; /* standard errors over customers */
};

struct evaluate_result {
	enum recommend_method method;
	enum evaluate_leave leave;
	bool new_only;
	int64_t users, items; /* measured customers, products of the catalogue */
	int64_t histories;    /* customers learnt from */
	struct evaluate_figures model, popularity;
	struct evaluate_figures all[RECOMMEND_METHODS]; /* every method on the same customers */
	bool has[RECOMMEND_METHODS];                    /* that was trained on these data */
	enum recommend_method serves;                   /* chosen for new products, on validation customers */
	struct learn_reliability reliability;           /* of the lists of `auto` */
	double seconds;
};

const char *evaluate_leave_name(enum evaluate_leave l);
bool evaluate_leave_parse(struct str s, enum evaluate_leave *ret);
bool evaluate_recommend(struct instance *inst, struct db *db, int64_t org, int64_t dataset, int64_t version,
			const struct evaluate_options *o, struct evaluate_result *ret, struct err *e);
/* {"method","users","items","hit_rate_at_10","map_at_7","popularity":{…},"seconds",…} */
void evaluate_json(const struct evaluate_result *r, struct buf *ret);
