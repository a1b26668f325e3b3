/* What the resources of customers share: the data set of the path and its cards. For this layer only. */
#pragma once

#include "api/api.h"
#include "model/customer.h"
#include "model/dataset.h"

struct customers_scope {
	struct dataset dataset;
	struct card_set set;
};

/* The data set of the path's {id}, ready, with the cards of its current version. */
bool customers_scope(struct request *q, struct customers_scope *ret, struct err *e);
/* The same for an id in a body; empty = the newest with customers. */
bool customers_scope_named(struct request *q, struct str dataset, struct customers_scope *ret, struct err *e);

/* The same with amounts of purchases; empty = the newest with them. */
bool spending_scope(struct request *q, struct str dataset, struct customers_scope *ret, struct err *e);

/* "user_id" of the shop's routes: a number where the id is one, as the files have it, else a text. */
void user_id_write(struct json_writer *w, struct str id);

struct name_query;
/*
 * ?q=&sort=&filter=&limit=&cursor= of lists of customers, and the bounds of what was forecast. Finding needs less than
 * listing.
 */
bool customers_query(struct request *q, struct name_query *ret, struct err *e);

/* A cell of a CSV file and its end (',' or '\n'); what a spreadsheet would take for a formula gets a ' before it. */
void csv_cell(struct buf *b, struct str text, char end);
