/*
 * Edits by hand. An edit is a patch: an object of fields and, under "other", of columns; null clears. The patches of
 * one customer are merged and kept per data set; a card is what the file says with the patch laid over it.
 */
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/caller.h"
#include "model/customer.h"
#include "model/customer_key.h"
#include "json/read.h"

#include <stdlib.h>

#define LIMIT_CARD_BYTES (2 * MIB)

static void set_text(json_t *patch, const char *field, struct str v)
{
	if (v.p)
		json_object_set_new(patch, field, v.n ? json_stringn(v.p, v.n) : json_null());
}

static json_t *patch_of(const struct customer_input *in)
{
	json_t *patch = json_object();
	set_text(patch, "full_name", in->full_name);
	set_text(patch, "first_name", in->first_name);
	set_text(patch, "middle_name", in->middle_name);
	set_text(patch, "last_name", in->last_name);
	set_text(patch, "birth_date", in->birth_date);
	set_text(patch, "birth_place", in->birth_place);
	set_text(patch, "phone", in->phone);
	set_text(patch, "email", in->email);
	if (in->other && json_object_size(in->other))
		json_object_set_new(patch, "other", json_deep_copy(in->other));
	return patch;
}

/* Lays from over into; null stays as null when keep_null, else removes. */
static void merge(json_t *into, json_t *from, bool keep_null)
{
	const char *key;
	json_t *value;
	json_object_foreach (from, key, value) {
		if (json_is_null(value) && !keep_null)
			json_object_del(into, key);
		else
			json_object_set(into, key, value);
	}
}

static void merge_patch(json_t *into, json_t *patch)
{
	json_t *other = json_object_get(patch, "other"), *mine = json_object_get(into, "other");
	json_t *both = mine ? json_deep_copy(mine) : json_object();
	if (other)
		merge(both, other, true);
	merge(into, patch, true);
	json_object_set_new(into, "other", both);
}

static struct str text_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : (struct str){ 0 };
}

static json_t *child(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	if (json_is_object(v))
		return v;
	json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* A part of the name was changed by hand: a full name of the file no longer says the truth. */
static void drop_stale_name(json_t *role, const json_t *patch)
{
	bool parts = json_object_get(patch, "first_name") || json_object_get(patch, "middle_name") ||
		     json_object_get(patch, "last_name");
	if (parts && !json_object_get(patch, "full_name"))
		json_object_del(role, "full_name");
	if (json_object_get(patch, "full_name") && !parts) {
		json_object_del(role, "first_name");
		json_object_del(role, "middle_name");
		json_object_del(role, "last_name");
	}
}

static bool lay_over(struct customer *c, json_t *patch, struct arena *a, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *data = NULL;
	if (!json_read(c->data.n ? c->data : STR("{}"), LIMIT_CARD_BYTES, &data, e))
		return false;
	json_t *role = child(data, "role"), *other = child(data, "other"), *columns = json_object_get(patch, "other");
	json_t *fields = json_copy(patch);
	json_object_del(fields, "other");
	merge(role, fields, false);
	drop_stale_name(role, fields);
	if (columns)
		merge(other, columns, false);
	struct customer_names n = { text_of(role, "full_name"), text_of(role, "first_name"),
				    text_of(role, "middle_name"), text_of(role, "last_name") };
	CLEANUP(buf_free) struct buf name = BUF_INIT(LIMIT_CELL_BYTES);
	CLEANUP(buf_free) struct buf folded = BUF_INIT(LIMIT_CELL_BYTES);
	customer_name_make(&name, &n);
	utf8_fold(&folded, buf_str(&name));
	c->name = arena_str(a, buf_str(&name));
	c->folded = arena_str(a, buf_str(&folded));
	if (json_object_get(fields, "birth_date"))
		c->age = customer_age(text_of(role, "birth_date"), clock_now());
	json_decref(fields);
	char *text = json_dumps(data, JSON_COMPACT);
	c->data = text ? arena_str(a, str_of(text)) : (struct str){ 0 };
	free(text);
	c->edited = true;
	return (c->data.n && !a->failed) || err_set(e, ERR_LIMIT, NULL, "the customer's card is too large");
}

/* The kept patch with this one laid over it. */
static bool keep_patch(struct db *db, const struct caller *by, int64_t dataset, struct str id, json_t *patch,
		       bool added, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *kept = NULL;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e, "SELECT patch FROM customer_edit WHERE dataset = ?1 AND customer = ?2", "iS", dataset,
		      id) ||
	    !db_step(s, &row, e) || (row && !json_read(db_col_str(s, 0), LIMIT_CARD_BYTES, &kept, e)))
		return false;
	if (!kept)
		kept = json_object();
	merge_patch(kept, patch);
	char *text = json_dumps(kept, JSON_COMPACT);
	bool done = text && strlen(text) <= LIMIT_CARD_BYTES;
	if (!done)
		err_set(e, ERR_LIMIT, NULL, "too much was changed by hand at this customer");
	done = done && db_exec(db, e,
			       "INSERT INTO customer_edit (id, org, dataset, customer, added, patch, user_id, at) "
			       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (dataset, customer) DO UPDATE SET "
			       "patch = excluded.patch, user_id = excluded.user_id, at = excluded.at",
			       "iiiSisii", id_new(), by->org, dataset, id, (int64_t)added, text, by->user, clock_now());
	free(text);
	return done;
}

/* A customer who is only in the edits, as a card at the end of the set. */
static bool append(struct db *db, struct card_set *set, struct str id, json_t *patch, struct arena *a,
		   struct customer *ret, struct err *e)
{
	struct customer c = {
		.no = set->customers, .id = id, .first_at = TIME_NONE, .last_at = TIME_NONE, .age = -1, .edited = true
	};
	if (!lay_over(&c, patch, a, e) || !customer_insert(db, set, &c, e) ||
	    !db_exec(db, e, "UPDATE card_set SET customers = customers + 1 WHERE version = ?1", "i", set->version))
		return false;
	*ret = c;
	return true;
}

static bool add_locked(struct db *db, const struct caller *by, struct card_set *set, struct str id, json_t *patch,
		       struct arena *a, struct customer *ret, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct card_set now;
	int64_t found = 0;
	if (!db_begin_tx(db, &tx, e) || !card_set_find(db, set->org, set->version, &now, e) ||
	    !db_query_i64(db, &found, NULL, e, "SELECT 1 FROM customer WHERE slot = ?1 AND id = ?2", "iS", now.slot,
			  id))
		return false;
	if (found)
		return err_field(e, ERR_CONFLICT, "id", "there is a customer with this id");
	if (!append(db, &now, id, patch, a, ret, e) || !keep_patch(db, by, set->dataset, id, patch, true, e) ||
	    !audit_add_str(db, by, "customer_added", "customer", id, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	*set = now;
	set->customers++;
	return true;
}

bool customer_add(struct db *db, const struct caller *by, struct card_set *set, const struct customer_input *in,
		  struct arena *a, struct customer *ret, struct err *e)
{
	if (!customer_input_check(in, true, e))
		return false;
	json_t *patch = patch_of(in);
	bool done = add_locked(db, by, set, arena_str(a, in->id), patch, a, ret, e);
	json_decref(patch);
	return done;
}

bool customer_change(struct db *db, const struct caller *by, struct card_set *set, struct str id,
		     const struct customer_input *in, struct arena *a, struct customer *ret, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(json_decrefp_) json_t *patch = NULL;
	struct customer c;
	if (!customer_input_check(in, false, e) || !db_begin_tx(db, &tx, e) || !customer_find(db, set, id, a, &c, e))
		return false;
	patch = patch_of(in);
	if (!lay_over(&c, patch, a, e) || !customer_update(db, set, &c, e) ||
	    !keep_patch(db, by, set->dataset, id, patch, false, e) ||
	    !audit_add_str(db, by, "customer_changed", "customer", id, NULL, e) || !db_commit_tx(&tx, e))
		return false;
	*ret = c;
	return true;
}

static bool apply_one(struct db *db, struct card_set *set, struct str id, bool added, struct str text, struct arena *a,
		      struct err *e)
{
	CLEANUP(json_decrefp_) json_t *patch = NULL;
	struct customer c;
	struct err missing;
	if (!json_read(text, LIMIT_CARD_BYTES, &patch, e))
		return false;
	if (customer_find(db, set, id, a, &c, &missing))
		return lay_over(&c, patch, a, e) && customer_update(db, set, &c, e);
	if (missing.kind != ERR_NOT_FOUND) {
		*e = missing;
		return false;
	}
	if (!added) /* the new file no longer has this customer */
		return true;
	if (!append(db, set, id, patch, a, &c, e))
		return false;
	set->customers++;
	return true;
}

bool customer_edits_apply(struct db *db, struct card_set *set, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query(db, &s, e, "SELECT customer, added, patch FROM customer_edit WHERE dataset = ?1 ORDER BY id", "i",
		      set->dataset))
		return false;
	for (;;) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(8 * MIB);
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			break;
		if (!apply_one(db, set, db_col_str(s, 0), db_col_i64(s, 1) != 0, db_col_str(s, 2), &a, e))
			return false;
	}
	db_stmt_done(&s);
	return db_commit_tx(&tx, e);
}
