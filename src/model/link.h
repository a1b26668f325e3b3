/*
 * The administrator's table of linked products: who has the first is offered the second. Kept per data set by product
 * code, so that it survives new versions. Self-links, doubles and cycles are refused.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

struct caller;
struct db;

#define LIMIT_LINKS 5000

struct link {
	struct str from, to; /* product codes */
};

struct link_list {
	struct link *items; /* in the administrator's order */
	size_t n;
};

bool link_load(struct db *db, int64_t org, int64_t dataset, struct arena *a, struct link_list *ret, struct err *e);
/* ERR_VALUE naming the pair and its row: self-link, double, circle. Pure. */
bool link_check(const struct link_list *l, struct err *e);
/* Replaces the whole table, with an audit row. */
bool link_replace(struct db *db, const struct caller *by, int64_t dataset, const struct link_list *l, struct err *e);
