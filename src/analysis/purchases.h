/* The purchases of one customer, row by row from the engine, newest first. */
#pragma once

#include "analysis/instance.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/customer.h"

struct json_writer;

/* Writes at most `limit` rows after `skip`; *ret_total counts all, those left out of the analyses included. */
bool purchases_json(struct instance *inst, struct db *db, const struct card_set *set, struct str customer, int64_t skip,
		    int64_t limit, const _Atomic bool *cancel, struct json_writer *w, int64_t *ret_total,
		    struct err *e);
