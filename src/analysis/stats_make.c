#include "analysis/stats_make.h"

#include "base/clock.h"
#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MONTHS_MOST 2400 /* two hundred years; later ones of a file with nonsense dates are not shown */

static const struct {
	const char *name;
	int64_t from, to; /* years, inclusive */
} bands[STATS_BANDS] = {
	{ "<18", 0, 17 },    { "18-24", 18, 24 }, { "25-30", 25, 30 },   { "31-36", 31, 36 },
	{ "37-47", 37, 47 }, { ">47", 48, 1000 }, { "unknown", -1, -1 },
};

void stats_work_init(struct stats_work *s)
{
	*s = (struct stats_work){ .first_at = TIME_NONE, .last_at = TIME_NONE };
	s->products = BUF_INIT(LIMIT_RESPONSE_BYTES);
}

void stats_work_free(struct stats_work *s)
{
	free(s->months);
	free(s->month_of_day);
	buf_free(&s->products);
}

/* The month of a day, a new one when it was not seen before. */
static struct stats_month *month_of(struct stats_work *s, enum purchase_time exact, int64_t day)
{
	int64_t y;
	int m, d;
	for (size_t i = 0; s->months && i < s->n_months; i++) {
		if (day >= s->months[i].day && day < s->months[i].end)
			return &s->months[i];
	}
	if (s->n_months == MONTHS_MOST)
		return NULL;
	if (s->n_months == s->cap_months) {
		s->cap_months = s->cap_months ? s->cap_months * 2 : 64;
		s->months = mem_realloc(s->months, s->cap_months * sizeof *s->months);
	}
	clock_civil_from_days(day, &y, &m, &d);
	bool years = exact == PURCHASE_TIME_YEAR;
	struct stats_month made = { .day = clock_days_from_civil(y, years ? 1 : m, 1),
				    .end = years || m == 12 ? clock_days_from_civil(y + 1, 1, 1)
							    : clock_days_from_civil(y, m + 1, 1) };
	s->months[s->n_months++] = made; /* NOLINT(clang-analyzer-core.NullDereference): there is room, see above */
	return &s->months[s->n_months - 1];
}

/* The same for most days by one look into a table. */
static struct stats_month *month_at(struct stats_work *s, enum purchase_time exact, int64_t day)
{
	if (day < STATS_FIRST_DAY || day >= STATS_FIRST_DAY + STATS_DAYS)
		return month_of(s, exact, day);
	if (!s->month_of_day)
		s->month_of_day = mem_zalloc(STATS_DAYS * sizeof *s->month_of_day);
	uint16_t *number = &s->month_of_day[day - STATS_FIRST_DAY];
	if (!*number) {
		struct stats_month *m = month_of(s, exact, day);
		if (!m)
			return NULL;
		*number = (uint16_t)(m - s->months + 1);
	}
	return &s->months[*number - 1];
}

static int64_t day_of(int64_t at)
{
	return at / USEC_PER_DAY - (at % USEC_PER_DAY < 0);
}

void stats_add_row(struct stats_work *s, enum purchase_time exact, int64_t at, int64_t spend)
{
	if (at == TIME_NONE)
		return;
	struct stats_month *m = month_at(s, exact, day_of(at));
	if (m) {
		m->purchases++;
		m->revenue = money_add(m->revenue, spend);
	}
}

static int by_day(const void *a, const void *b)
{
	const struct stats_month *x = a, *y = b;
	return x->day < y->day ? -1 : x->day > y->day;
}

void stats_money(struct json_writer *w, const char *key, int64_t amount, const char *currency)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(100);
	money_write(&text, amount);
	jw_key(w, key);
	jw_open(w, '{');
	jw_kv_str(w, "amount", buf_str(&text));
	jw_kv_cstr(w, "currency", currency[0] ? currency : NULL);
	jw_close(w, '}');
}

void stats_moment(struct json_writer *w, const char *key, enum purchase_time exact, int64_t at)
{
	char text[CLOCK_TEXT];
	if (at == TIME_NONE) {
		jw_kv_null(w, key);
		return;
	}
	clock_format(at, text);
	if (exact == PURCHASE_TIME_YEAR)
		text[4] = 0;
	if (exact == PURCHASE_TIME_DAY)
		text[10] = 0;
	jw_kv_cstr(w, key, text);
}

void stats_add_product(struct stats_work *s, const struct card_set *set, const struct product *p)
{
	if (p->no >= STATS_PRODUCTS)
		return;
	struct json_writer w = json_writer(&s->products);
	w.comma = p->no > 0;
	jw_open(&w, '{');
	jw_kv_str(&w, "product", p->name);
	jw_kv_str(&w, "code", p->code);
	jw_kv_i64(&w, "customers", p->customers);
	jw_kv_i64(&w, "sales", p->sales);
	if (set->has_amount)
		stats_money(&w, "revenue", p->spend, set->currency);
	jw_close(&w, '}');
}

static size_t band_of(int64_t age)
{
	for (size_t i = 0; i < STATS_BANDS; i++) {
		if (age >= bands[i].from && age <= bands[i].to)
			return i;
	}
	return STATS_BANDS - 1;
}

void stats_add_customer(struct stats_work *s, const struct customer *c, size_t products, bool repeats)
{
	struct stats_band *b = &s->bands[band_of(c->age)];
	bool buys = products > 0 || c->purchases > 0;
	s->customers++;
	s->buyers += buys;
	s->repeaters += repeats;
	s->several += products > 1;
	s->invoices += c->invoices;
	s->products_held += (int64_t)products;
	s->spend = money_add(s->spend, c->spend);
	b->customers++;
	b->buyers += buys;
	b->spend = money_add(b->spend, c->spend);
	if (c->first_at != TIME_NONE) {
		/* Its month is there: the purchase was counted in it. */
		struct stats_month *m = month_at(s, PURCHASE_TIME_DAY, day_of(c->first_at));
		s->first_at = s->first_at == TIME_NONE ? c->first_at : MIN(s->first_at, c->first_at);
		if (m)
			m->new_buyers++;
	}
	s->last_at = MAX(s->last_at, c->last_at);
}

static double share(int64_t part, int64_t whole)
{
	return whole > 0 ? round((double)part / (double)whole * 10000) / 10000 : 0;
}

static void write_months(struct json_writer *w, const struct stats_work *s, const struct card_set *set)
{
	qsort(s->months, s->n_months, sizeof *s->months, by_day);
	bool years = set->time == PURCHASE_TIME_YEAR;
	jw_key(w, years ? "by_year" : "by_month");
	jw_open(w, '[');
	for (size_t i = 0; i < s->n_months; i++) {
		int64_t y;
		int m, d;
		char text[32];
		clock_civil_from_days(s->months[i].day, &y, &m, &d);
		snprintf(text, sizeof text, years ? "%04lld" : "%04lld-%02d", (long long)y, m);
		jw_open(w, '{');
		jw_kv_cstr(w, years ? "year" : "month", text);
		jw_kv_i64(w, "purchases", s->months[i].purchases);
		jw_kv_i64(w, "new_buyers", s->months[i].new_buyers);
		if (set->has_amount)
			stats_money(w, "revenue", s->months[i].revenue, set->currency);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void write_bands(struct json_writer *w, const struct stats_work *s, const struct card_set *set)
{
	jw_key(w, "age_bands");
	jw_open(w, '[');
	for (size_t i = 0; i < STATS_BANDS; i++) {
		const struct stats_band *b = &s->bands[i];
		jw_open(w, '{');
		jw_kv_cstr(w, "band", bands[i].name);
		jw_kv_i64(w, "customers", b->customers);
		jw_kv_f64(w, "share", share(b->customers, s->customers));
		jw_kv_i64(w, "buyers", b->buyers);
		if (set->has_amount)
			stats_money(w, "spend", b->spend, set->currency);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void write_left_out(struct json_writer *w, const struct stats_work *s)
{
	int64_t all = 0;
	jw_key(w, "left_out");
	jw_open(w, '{');
	for (enum canon_left_out i = CANON_NO_CUSTOMER; i < CANON_LEFT_OUTS; i++) {
		jw_kv_i64(w, canon_left_out_name(i), s->left_out[i]);
		all += s->left_out[i];
	}
	jw_kv_i64(w, "rows", all);
	jw_close(w, '}');
}

void stats_write(const struct stats_work *s, const struct card_set *set, const struct canon *c, struct buf *ret)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	jw_kv_i64(&w, "buyers", s->buyers);
	jw_kv_i64(&w, "products", set->products);
	jw_kv_i64(&w, "purchases", s->left_out[CANON_COUNTED]);
	if (c->has_invoice)
		jw_kv_i64(&w, "invoices", s->invoices);
	if (set->has_amount)
		stats_money(&w, "revenue", s->spend, set->currency);
	else
		jw_kv_null(&w, "revenue");
	jw_kv_f64(&w, "products_per_buyer", s->buyers ? (double)s->products_held / (double)s->buyers : 0);
	jw_key(&w, "repeat");
	jw_open(&w, '{');
	jw_kv_i64(&w, "customers", s->repeaters);
	jw_kv_f64(&w, "rate", share(s->repeaters, s->buyers));
	jw_kv_i64(&w, "several_products", s->several);
	jw_close(&w, '}');
	stats_moment(&w, "first_purchase", set->time, s->first_at);
	stats_moment(&w, "last_purchase", set->time, s->last_at);
	if (s->n_months)
		write_months(&w, s, set);
	write_bands(&w, s, set);
	jw_key(&w, "top_products");
	jw_open(&w, '[');
	if (s->products.n)
		jw_raw(&w, buf_str(&s->products));
	jw_close(&w, ']');
	write_left_out(&w, s);
	jw_close(&w, '}');
}
