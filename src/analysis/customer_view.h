/* One customer as JSON: the page of the API, the row of a list, and the answer of /stat_user. */
#pragma once

#include "analysis/names.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/customer.h"
#include "model/product.h"
#include "json/write.h"

/* "+7 *** ***-**-67", "i***@example.com": enough to recognise, not to use. */
void customer_mask_phone(struct buf *b, struct str phone);
void customer_mask_email(struct buf *b, struct str email);

/* {"id","name","spend","purchases","products","last_product","forecast",…}; phone and e-mail masked. */
bool customer_row_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
		       const struct name_forecast *f, struct err *e);
/* The name of the product taken last, in the arena; p NULL = none. */
bool customer_last_product(struct db *db, const struct card_set *set, const struct customer *c, struct arena *a,
			   struct str *ret, struct err *e);
/* The whole card; open: phone and e-mail as they are (the caller has audited it). */
bool customer_page_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
			bool open, struct err *e);
/* index_action 2 of /stat_user: id_user, client_name, …, and every other column under its own name. */
bool customer_stat_user_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
			     bool open, struct err *e);
