/*
 * The type of a column that takes the values of two: of a data set and of the file that is added to it.
 *
 * Nothing is rounded. What a column really holds is told by its bounds, so that 12.50 among small whole numbers makes
 * them DECIMAL(18,2), and not the longest type there is.
 */
#pragma once

#include "base/arena.h"
#include "model/dataset.h"

/* x's own type where that holds both, "VARCHAR" where nothing else does. What has no value has no say. In the arena;
 * NULL when it is full. */
const char *widen_type(struct arena *a, const struct dataset_column *x, const struct dataset_column *y);
