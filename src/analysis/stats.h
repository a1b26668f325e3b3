/*
 * The statistics of a card set: computed once with the cards and kept in the store as one JSON object (§5 of the
 * contract, GET /stats). Reading them is a look-up.
 */
#pragma once

#include "analysis/instance.h"
#include "base/buf.h"
#include "base/err.h"

struct db;

/* The object into *ret. ERR_NOT_FOUND (code no_customers) when the version has no customers in it. */
bool stats_json(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e);
/* The "stat" object of /load_db: num_users, popular_product, top_10_product. */
bool stats_load_db_json(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e);
/* A table for a terminal. */
bool stats_text(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e);
