/* The answer of POST /load_db: statistics and the customers in file order, written as a stream. */
#pragma once

#include "analysis/instance.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct db;

#define DEFAULT_LOAD_USERS 1000

/*
 * Gives the JSON to sink piece by piece (about 64 KiB each); a false sink ends it with its error. users_limit 0 = all.
 * A version without customers answers zeros and no users.
 */
bool load_answer(struct db *db, int64_t org, int64_t dataset, int64_t version, int64_t users_limit,
		 bool (*sink)(void *ctx, struct str bytes, struct err *e), void *ctx, struct err *e);
