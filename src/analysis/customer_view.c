#include "analysis/customer_view.h"

#include "analysis/names.h"
#include "analysis/stats_make.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "json/read.h"

#include <stdio.h>

#define CARD_ARENA (16 * MIB)

/* The last two digits stay, and a leading + with its country's first digit. */
void customer_mask_phone(struct buf *b, struct str phone)
{
	size_t digits = 0, seen = 0;
	for (size_t i = 0; i < phone.n; i++)
		digits += phone.p[i] >= '0' && phone.p[i] <= '9';
	for (size_t i = 0; i < phone.n; i++) {
		bool digit = phone.p[i] >= '0' && phone.p[i] <= '9';
		seen += digit;
		bool open =
			!digit || (digits > 6 && seen + 2 > digits) || (phone.p[0] == '+' && seen == 1 && digits > 6);
		bool plain = digit || strchr(" -()+.", phone.p[i]);
		buf_addc(b, open && plain ? phone.p[i] : '*');
	}
}

/* The first letter of the name and the whole domain stay. */
void customer_mask_email(struct buf *b, struct str email)
{
	size_t at = str_find(email, '@');
	uint32_t code;
	size_t first = utf8_decode(email, &code);
	if (at < email.n && first < at)
		buf_add(b, email.p, first);
	buf_adds(b, "***");
	if (at < email.n)
		buf_add(b, email.p + at, email.n - at);
}

struct card {
	json_t *data, *role, *other;
};

static bool card_read(const struct customer *c, struct card *ret, struct err *e)
{
	json_t *data;
	if (!json_read(c->data.n ? c->data : STR("{}"), LIMIT_ROW_BYTES, &data, e))
		return false;
	*ret = (struct card){ data, json_object_get(data, "role"), json_object_get(data, "other") };
	return true;
}

static void card_free(struct card *c)
{
	json_decref(c->data);
}

static struct str field(const struct card *c, const char *name)
{
	const json_t *v = json_object_get(c->role, name);
	return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : (struct str){ 0 };
}

static void put_field(struct json_writer *w, const struct card *c, const char *name)
{
	struct str v = field(c, name);
	if (v.n)
		jw_kv_str(w, name, v);
	else
		jw_kv_null(w, name);
}

static void put_masked(struct json_writer *w, const struct card *c, const char *name, bool open,
		       void (*mask)(struct buf *b, struct str v))
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_CELL_BYTES * 4);
	struct str v = field(c, name);
	if (!v.n || open) {
		put_field(w, c, name);
		return;
	}
	mask(&b, v);
	jw_kv_str(w, name, buf_str(&b));
}

static void put_totals(struct json_writer *w, const struct card_set *set, const struct customer *c)
{
	if (c->age >= 0)
		jw_kv_i64(w, "age", c->age);
	else
		jw_kv_null(w, "age");
	if (set->has_amount)
		stats_money(w, "spend", c->spend, set->currency);
	else
		jw_kv_null(w, "spend");
	jw_kv_i64(w, "purchases", c->purchases);
	jw_kv_i64(w, "invoices", c->invoices);
	stats_moment(w, "first_purchase", set->time, c->first_at);
	stats_moment(w, "last_purchase", set->time, c->last_at);
	jw_kv_bool(w, "edited", c->edited);
}

bool customer_last_product(struct db *db, const struct card_set *set, const struct customer *c, struct arena *a,
			   struct str *ret, struct err *e)
{
	struct product p;
	uint32_t newest;
	*ret = (struct str){ 0 };
	if (!customer_products_count(c->products, &newest))
		return true;
	if (!product_get(db, set, newest, a, &p, e))
		return false;
	*ret = p.name;
	return true;
}

static void put_forecast(struct json_writer *w, const struct name_forecast *f)
{
	jw_kv_f64(w, "forecast", round(f->value[NAME_FORECAST] * 100) / 100); /* what is not a number is null */
	if (f->decile)
		jw_kv_i64(w, "decile", f->decile);
	else
		jw_kv_null(w, "decile");
	jw_kv_f64(w, "probability", f->value[NAME_PROBABILITY]);
}

bool customer_row_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
		       const struct name_forecast *f, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_ARENA);
	struct str last;
	struct card card;
	uint32_t newest;
	if (!customer_last_product(db, set, c, &a, &last, e) || !card_read(c, &card, e))
		return false;
	jw_open(w, '{');
	jw_kv_str(w, "id", c->id);
	jw_kv_str(w, "name", c->name);
	put_masked(w, &card, "phone", false, customer_mask_phone);
	put_masked(w, &card, "email", false, customer_mask_email);
	put_totals(w, set, c);
	jw_kv_i64(w, "products", (int64_t)customer_products_count(c->products, &newest));
	if (last.p)
		jw_kv_str(w, "last_product", last);
	else
		jw_kv_null(w, "last_product");
	put_forecast(w, f);
	jw_close(w, '}');
	card_free(&card);
	return true;
}

static void put_day(struct json_writer *w, const char *key, enum purchase_time exact, int32_t day)
{
	if (exact == PURCHASE_TIME_SECOND)
		exact = PURCHASE_TIME_DAY;
	stats_moment(w, key, exact, day == DAY_NONE ? TIME_NONE : day * USEC_PER_DAY);
}

static bool put_products(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
			 struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_ARENA);
	struct customer_product *p;
	size_t n;
	if (!customer_products_read(c->products, &a, &p, &n, e))
		return false;
	jw_key(w, "products");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		struct product product;
		if (!product_get(db, set, p[i].product, &a, &product, e))
			return false;
		jw_open(w, '{');
		jw_kv_str(w, "product", product.name);
		jw_kv_str(w, "code", product.code);
		jw_kv_i64(w, "times", p[i].times);
		if (set->has_amount)
			stats_money(w, "spend", p[i].spend, set->currency);
		put_day(w, "first", set->time, p[i].first_day);
		put_day(w, "last", set->time, p[i].last_day);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return true;
}

static void put_parts(struct json_writer *w, const struct card *card, const struct customer *c, const char *first,
		      const char *middle, const char *last, bool empty_text)
{
	struct name_parts p = { field(card, "last_name"), field(card, "first_name"), field(card, "middle_name") };
	if (!p.last.n && !p.first.n && !p.middle.n)
		p = name_split(c->name);
	const struct {
		const char *key;
		struct str v;
	} rows[] = { { first, p.first }, { middle, p.middle }, { last, p.last } };
	for (size_t i = 0; i < countof(rows); i++) {
		if (rows[i].v.n || empty_text)
			jw_kv_str(w, rows[i].key, rows[i].v);
		else
			jw_kv_null(w, rows[i].key);
	}
}

static void put_value(struct json_writer *w, const char *key, const json_t *v)
{
	if (json_is_string(v))
		jw_kv_str(w, key, str_n(json_string_value(v), json_string_length(v)));
	else if (json_is_integer(v))
		jw_kv_i64(w, key, json_integer_value(v));
	else if (json_is_real(v))
		jw_kv_f64(w, key, json_real_value(v));
	else if (json_is_boolean(v))
		jw_kv_bool(w, key, json_is_true(v));
	else
		jw_kv_null(w, key);
}

bool customer_page_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
			bool open, struct err *e)
{
	struct card card;
	const char *key;
	json_t *value;
	if (!card_read(c, &card, e))
		return false;
	jw_open(w, '{');
	jw_kv_str(w, "id", c->id);
	jw_kv_str(w, "name", c->name);
	put_parts(w, &card, c, "first_name", "middle_name", "last_name", false);
	put_field(w, &card, "birth_date");
	put_field(w, &card, "birth_place");
	put_masked(w, &card, "phone", open, customer_mask_phone);
	put_masked(w, &card, "email", open, customer_mask_email);
	jw_kv_bool(w, "masked", !open);
	put_field(w, &card, "registered_at");
	put_totals(w, set, c);
	bool done = put_products(w, db, set, c, e);
	jw_key(w, "other");
	jw_open(w, '{');
	json_object_foreach (card.other, key, value) {
		put_value(w, key, value);
	}
	jw_close(w, '}');
	jw_close(w, '}');
	card_free(&card);
	return done;
}

static const char *const fixed[] = {
	"index_result",     "id_user",           "client_name",         "client_middle_name",  "client_sirnam",
	"client_birthdate", "client_birthplace", "client_mobile_phone", "client_take_products"
};

static bool is_fixed(const char *key)
{
	for (size_t i = 0; i < countof(fixed); i++) {
		if (strcmp(fixed[i], key) == 0)
			return true;
	}
	return false;
}

static bool put_taken(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
		      struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_ARENA);
	struct customer_product *p;
	size_t n;
	if (!customer_products_read(c->products, &a, &p, &n, e))
		return false;
	jw_key(w, "client_take_products");
	jw_open(w, '{');
	for (size_t i = 0; i < n; i++) {
		struct product product;
		char key[24];
		if (!product_get(db, set, p[i].product, &a, &product, e))
			return false;
		snprintf(key, sizeof key, "%zu", i + 1);
		jw_kv_str(w, key, product.name);
	}
	jw_close(w, '}');
	return true;
}

/* The file's other columns, and those roles that have no key of their own here, under the file's names. */
static bool put_columns(struct json_writer *w, struct db *db, const struct card_set *set, const struct card *card,
			bool open, struct err *e)
{
	static const char *const roles[] = { "age", "email", "registered_at" };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CARD_ARENA);
	CLEANUP(json_decrefp_) json_t *columns = NULL;
	CLEANUP(buf_free) struct buf masked = BUF_INIT(LIMIT_CELL_BYTES * 4);
	struct str stats, text;
	const char *key;
	json_t *value;
	if (!card_set_texts(db, set->version, &a, &stats, &text, e) || !json_read(text, CARD_ARENA, &columns, e))
		return false;
	for (size_t i = 0; i < countof(roles); i++) {
		const char *name = json_string_value(json_object_get(columns, roles[i]));
		struct str v = field(card, roles[i]);
		if (!v.n || (name && is_fixed(name)))
			continue;
		if (!open && strcmp(roles[i], "email") == 0) {
			customer_mask_email(&masked, v);
			v = buf_str(&masked);
		}
		jw_kv_str(w, name ? name : roles[i], v);
	}
	json_object_foreach (card->other, key, value) {
		if (!is_fixed(key))
			put_value(w, key, value);
	}
	return true;
}

bool customer_stat_user_json(struct json_writer *w, struct db *db, const struct card_set *set, const struct customer *c,
			     bool open, struct err *e)
{
	CLEANUP(buf_free) struct buf masked = BUF_INIT(LIMIT_CELL_BYTES * 4);
	struct card card;
	if (!card_read(c, &card, e))
		return false;
	struct str phone = field(&card, "phone");
	if (!open && phone.n) {
		customer_mask_phone(&masked, phone);
		phone = buf_str(&masked);
	}
	jw_open(w, '{');
	jw_kv_i64(w, "index_result", 200);
	jw_kv_str(w, "id_user", c->id);
	put_parts(w, &card, c, "client_name", "client_middle_name", "client_sirnam", true);
	jw_kv_str(w, "client_birthdate", field(&card, "birth_date"));
	jw_kv_str(w, "client_birthplace", field(&card, "birth_place"));
	jw_kv_str(w, "client_mobile_phone", phone);
	bool done = put_taken(w, db, set, c, e) && put_columns(w, db, set, &card, open, e);
	jw_close(w, '}');
	card_free(&card);
	return done;
}
