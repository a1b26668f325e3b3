/*
 * SQL of what customers did before a day (CONTRACT §7), and of what they did after it; only for forecast*.c.
 *
 * Everything before the cut-off is computed from rows before it and nothing else, so that no feature knows the future.
 * Whole days UTC, as the purchases have no zone: a cut-off is the beginning of a day.
 */
#pragma once

#include "analysis/canon.h"
#include "analysis/forecast.h"
#include "base/buf.h"

enum customer_feature {
	FEATURE_PURCHASES_30D, /* invoices in the last 30 days */
	FEATURE_SPEND_30D,
	FEATURE_MEAN_BASKET, /* amount of an invoice */
	FEATURE_VISITS,      /* invoices where there are no visits */
	FEATURE_DAYS_SINCE,  /* the last purchase */
	FEATURE_TENURE,      /* months of 30.4375 days */
	FEATURE_VISITS_7D,
	FEATURE_NEWSLETTER, /* opened */
	FEATURE_AD_CLICKS,
	FEATURE_SECONDS, /* on the site */
	FEATURE_BOUGHT_BEFORE,
	CUSTOMER_FEATURES
};
const char *customer_feature_name(enum customer_feature f);

struct features_source {
	const struct canon *canon;
	const struct dataset_content *content;
	const char *schema;
	bool has[CUSTOMER_FEATURES]; /* filled: those that the columns allow */
	bool has_activity;
};

void features_source_make(struct features_source *s, const struct canon *c, const struct dataset_content *content,
			  const char *schema);

#define FEATURES_NAIVE 3 /* last 30 days, last 90 / 3, lifetime monthly mean */

/*
 * A statement is about a part of the customers, those whose id falls there: what the engine holds for it depends on the
 * part, however many customers there are. Each is in one of the parts 0 .. of - 1.
 */
struct features_part {
	unsigned number, of;
};

/*
 * place, cut, target, naive 0 … 2, then the features that are there, in order, by cut-off and then by id. target: the
 * amount (sales) or 1 and 0 (purchase) within horizon days. days: cut-offs since 1970; `cut` is the number of one.
 */
void features_sql(const struct features_source *s, const int64_t *days, size_t n, int horizon, bool sales,
		  struct features_part part, struct buf *ret);
/*
 * id VARCHAR, then every feature in order, NULL where the columns do not tell it: of the customers known before the
 * day; only those in the JSON list $1 when `some`. By id.
 */
void features_of_day_sql(const struct features_source *s, int64_t day, bool some, struct features_part part,
			 struct buf *ret);
/* Whether the data have what the preset is learnt from. ERR_VALUE. */
MUST_CHECK bool forecast_preset_check(const struct canon *c, enum forecast_preset p, struct err *e);
/* One row: the first and the last day of purchases, since 1970, and how many purchases there are. */
void features_days_sql(const struct features_source *s, struct buf *ret);
