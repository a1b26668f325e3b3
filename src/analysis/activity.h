/* What a customer does besides buying: visits, newsletters, clicks, row by row from the tables that tell it. */
#pragma once

#include "analysis/ask.h"
#include "model/customer.h"
#include "json/write.h"

struct activity_page {
	int64_t skip, limit, total; /* total is filled: all rows of this customer */
};

/*
 * Writes the items {"at","visits","newsletter_opened","ad_clicks","seconds_on_site"}, newest first; a field that no
 * table has is left out, one that a row does not know is null. total is 0 where no table is about activity.
 */
MUST_CHECK bool activity_json(struct instance *inst, struct db *db, const struct card_set *set, struct str customer,
			      struct activity_page *page, const _Atomic bool *cancel, struct json_writer *w,
			      struct err *e);
