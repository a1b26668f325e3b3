/* The figures of the forecasts at one look: how many clients, what is expected of them, sales with the months to come.
 */
#pragma once

#include "analysis/instance.h"
#include "model/customer.h"
#include "json/write.h"

struct db;
struct dataset;

/*
 * {"dataset","clients","sales":{"as_of","made_at","customers","mean_forecast","total_forecast"} or null,
 *  "purchase":{"as_of","made_at","customers","mean_probability","threshold","above","share_above"} or null,
 *  "trend":{"months":[{"month","revenue"}],"incomplete":…,"method","errors":{…},"forecast":[{"month","value","low",
 *  "high"}]} or null}
 */
MUST_CHECK bool dashboard_json(struct db *db, const struct dataset *d, const struct card_set *set, struct arena *a,
			       struct json_writer *w, struct err *e);
