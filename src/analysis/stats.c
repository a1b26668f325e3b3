#include "analysis/stats.h"

#include "base/limits.h"
#include "model/product.h"
#include "json/read.h"
#include "json/write.h"

#include <math.h>
#include <stdio.h>

#define TEXT_BYTES (8 * MIB)

static double percent(int64_t part, int64_t whole)
{
	return whole > 0 ? round((double)part * 10000 / (double)whole) / 100 : 0;
}

bool stats_json(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(TEXT_BYTES);
	struct card_set set;
	struct str stats, columns;
	if (!card_set_find(db, org, version, &set, e) || !card_set_texts(db, version, &a, &stats, &columns, e))
		return false;
	buf_addf(ret, "{\"customers\":%lld,", (long long)set.customers);
	buf_add(ret, stats.p + 1, stats.n - 1);
	return true;
}

bool stats_load_db_json(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(TEXT_BYTES);
	struct json_writer w = json_writer(ret);
	struct card_set set;
	struct product top[10];
	size_t n = 0;
	if (!card_set_find(db, org, version, &set, e))
		return false;
	for (; n < 10 && (int64_t)n < set.products; n++) {
		if (!product_get(db, &set, (int64_t)n, &a, &top[n], e))
			return false;
	}
	jw_open(&w, '{');
	jw_kv_i64(&w, "num_users", set.customers);
	jw_key(&w, "popular_product");
	jw_open(&w, '{');
	jw_kv_str(&w, "name", n ? top[0].name : STR(""));
	jw_kv_i64(&w, "num_sales", n ? top[0].customers : 0);
	jw_kv_f64(&w, "percentage_take_produckt", n ? percent(top[0].customers, set.customers) : 0);
	jw_close(&w, '}');
	jw_key(&w, "top_10_product");
	jw_open(&w, '{');
	for (size_t i = 0; i < 10; i++) {
		char key[8];
		snprintf(key, sizeof key, "%zu", i + 1);
		jw_kv_str(&w, key, i < n ? top[i].name : STR(""));
	}
	jw_close(&w, '}');
	jw_close(&w, '}');
	return true;
}

static const char *text_of(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));
	return s ? s : "";
}

static long long number_of(const json_t *v, const char *key)
{
	return json_integer_value(json_object_get(v, key));
}

static void money_line(struct buf *b, const char *label, const json_t *money)
{
	if (json_is_object(money))
		buf_addf(b, "%-22s %s %s\n", label, text_of(money, "amount"), text_of(money, "currency"));
}

static void head_text(struct buf *b, const json_t *v)
{
	const json_t *repeat = json_object_get(v, "repeat");
	buf_addf(b, "%-22s %lld\n", "Customers", number_of(v, "customers"));
	buf_addf(b, "%-22s %lld\n", "  with purchases", number_of(v, "buyers"));
	buf_addf(b, "%-22s %lld (%.1f %%)\n", "  who came again", number_of(repeat, "customers"),
		 100 * json_number_value(json_object_get(repeat, "rate")));
	buf_addf(b, "%-22s %lld\n", "Products", number_of(v, "products"));
	buf_addf(b, "%-22s %lld\n", "Purchases", number_of(v, "purchases"));
	if (json_object_get(v, "invoices"))
		buf_addf(b, "%-22s %lld\n", "Invoices", number_of(v, "invoices"));
	money_line(b, "Revenue", json_object_get(v, "revenue"));
	if (text_of(v, "first_purchase")[0])
		buf_addf(b, "%-22s %.10s to %.10s\n", "Period", text_of(v, "first_purchase"),
			 text_of(v, "last_purchase"));
}

/* At most `width` letters of UTF-8 text, filled up with blanks: printf counts bytes. */
static void padded(struct buf *b, const char *text, size_t width)
{
	size_t letters = 0;
	for (; *text; text++) {
		letters += ((unsigned char)*text & 0xc0) != 0x80;
		if (letters > width)
			break;
		buf_addc(b, *text);
	}
	for (; letters < width; letters++)
		buf_addc(b, ' ');
}

static void lists_text(struct buf *b, const json_t *v)
{
	size_t i;
	const json_t *x;
	long long customers = number_of(v, "customers");
	buf_adds(b, "\nTop products                                    customers   share\n");
	json_array_foreach (json_object_get(v, "top_products"), i, x) {
		if (i >= 10)
			break;
		buf_addf(b, "%2zu  ", i + 1);
		padded(b, text_of(x, "product"), 42);
		buf_addf(b, " %10lld %6.2f %%\n", number_of(x, "customers"),
			 percent(number_of(x, "customers"), customers));
	}
	buf_adds(b, "\nAge        customers\n");
	json_array_foreach (json_object_get(v, "age_bands"), i, x) {
		if (number_of(x, "customers"))
			buf_addf(b, "%-10s %9lld\n", text_of(x, "band"), number_of(x, "customers"));
	}
	const json_t *out = json_object_get(v, "left_out");
	if (number_of(out, "rows"))
		buf_addf(b,
			 "\nLeft out of the analyses: %lld rows (%lld without a customer, %lld cancelled, %lld without "
			 "a "
			 "positive price)\n",
			 number_of(out, "rows"), number_of(out, "no_customer"), number_of(out, "cancelled"),
			 number_of(out, "no_price"));
}

bool stats_text(struct db *db, int64_t org, int64_t version, struct buf *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf json = BUF_INIT(TEXT_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!stats_json(db, org, version, &json, e) || !json_read(buf_str(&json), TEXT_BYTES, &v, e))
		return false;
	head_text(ret, v);
	lists_text(ret, v);
	return true;
}
