/*
 * What customers did before days, read from the data set in parts that fit into the engine; only for forecast*.c.
 */
#pragma once

#include "analysis/ask.h"
#include "analysis/forecast.h"
#include "analysis/forecast_features.h"
#include "analysis/panel.h"

struct features_span {
	int64_t first, last; /* days of purchases, since 1970; last < first when there are none */
	int64_t rows;        /* of the data set, or purchases where they are more */
};
MUST_CHECK bool features_span_read(struct ask *q, const struct features_source *s, struct features_span *ret,
				   struct err *e);

/* Into how many parts the customers are cut for statements over n cut-offs; at least 1. */
unsigned features_parts(const struct features_span *span, size_t n);

#define FEATURES_FIXED                                                                                 \
	(2 + FEATURES_NAIVE) /* columns of the panel before the features: cut, target, naive forecasts \
			      */
/* Customers by cut-off (features_sql), for panel_free. Rows of one cut-off are in the same order each time. */
MUST_CHECK bool features_panel(struct ask *q, const struct features_source *s, enum forecast_preset preset,
			       const struct features_span *span, const int64_t *days, size_t n, struct panel *ret,
			       struct err *e);
