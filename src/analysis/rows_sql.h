/* Filter and sort of analysis/rows.h as SQL. Pure functions. */
#pragma once

#include "base/arena.h"
#include "model/dataset.h"
#include "json/write.h"

/* " WHERE …" into sql and the values into params (an open list); nothing for an empty filter. ERR_VALUE, field filter.
 */
bool rows_where(struct arena *a, const struct dataset_table *t, struct str filter, struct buf *sql,
		struct json_writer *params, struct err *e);
/* " ORDER BY …, _row" into sql. ERR_VALUE, field sort. */
bool rows_order(struct arena *a, const struct dataset_table *t, struct str sort, struct buf *sql, struct err *e);
/* The columns as they are shown, "a", "b", … with contacts masked. */
bool rows_select(struct arena *a, const struct dataset_table *t, struct buf *sql, struct err *e);
