/*
 * Purchases and visits that a program tells: rows of the data set's own tables, appended as its next version.
 *
 * All of them or none: every row is checked first, against the columns that the tables have and the types that these
 * have; then they are read as an import in the mode append is, so that statistics, cards, features of forecasts and
 * next products have them when its job is done, and going back to the version before takes them away again.
 */
#pragma once

#include "analysis/import.h"

#include <jansson.h>

struct card_set;
struct db;
struct dataset;

#define ENTRIES_MOST 10000 /* at a time */

struct entries {
	const json_t *purchases, *visits; /* lists of objects, or NULL */
	struct str customer;              /* of every row; p == NULL: each row says whose it is */
};

/* The fields of one row, for the description of the API. */
extern const char entries_purchase_doc[], entries_visit_doc[];

/*
 * A job of the kind "activity", whose result is {"dataset","version","rows","rejects"}. ERR_VALUE names the field as
 * "purchases.3.amount"; ERR_NOT_FOUND for a customer that the data set does not have.
 */
MUST_CHECK bool entries_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
			      const struct card_set *set, const struct entries *rows, struct import_started *ret,
			      struct err *e);
