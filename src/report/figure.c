#include "report/figure.h"

#include "analysis/spending.h"
#include "analysis/stats.h"
#include "base/clock.h"
#include "model/dataset.h"
#include "json/read.h"
#include "json/write.h"

#include <math.h>
#include <stdio.h>

#define STATS_BYTES (8 * MIB)

static const char *const names[FIGURES] = { "average_spending_by_age", "total_spending", "top_customers",
					    "statistics" };
static const enum word titles[FIGURES] = { WORD_TITLE_BY_AGE, WORD_TITLE_TOTAL, WORD_TITLE_TOP, WORD_TITLE_STATISTICS };

const char *figure_name(enum figure_kind kind)
{
	return names[kind];
}

bool figure_parse(struct str s, enum figure_kind *ret)
{
	for (int i = 0; i < FIGURES; i++) {
		if (str_is(s, names[i])) {
			*ret = (enum figure_kind)i;
			return true;
		}
	}
	return false;
}

struct making {
	struct instance *in;
	struct db *db;
	const struct report *r;
	struct arena *a;
	struct dataset dataset;
	struct card_set set;
	struct figure *f;
	const char **labels, **shown;
	double *values;
};

static const char *money(struct making *m, int64_t amount)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(200);
	number_money(&b, m->f->language, amount);
	return arena_strndup(m->a, b.p, b.n);
}

static const char *whole(struct making *m, int64_t n)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(200);
	number_whole(&b, m->f->language, n);
	return arena_strndup(m->a, b.p, b.n);
}

static const char *say(const struct making *m, enum word w)
{
	return word(m->f->language, w);
}

static void columns(struct making *m, const enum word *w, size_t n)
{
	m->f->n_columns = n;
	for (size_t i = 0; i < n; i++) {
		m->f->columns[i] = say(m, w[i]);
		m->f->numeric[i] = i > 0 && w[i] != WORD_NAME;
	}
}

static const char **row(struct making *m)
{
	return m->f->n_rows < FIGURE_ROWS ? m->f->rows[m->f->n_rows++] : m->f->rows[FIGURE_ROWS - 1];
}

/* value: NAN = none. */
static void point(struct making *m, const char *label, double value, const char *shown)
{
	struct chart *c = &m->f->chart;
	if (c->n == FIGURE_ROWS)
		return;
	m->labels[c->n] = label;
	m->values[c->n] = value;
	m->shown[c->n++] = shown;
}

static double units(int64_t amount)
{
	return (double)amount / MONEY_SCALE;
}

static bool make_by_age(struct making *m, struct err *e)
{
	static const enum word heads[] = { WORD_AGE, WORD_MEAN, WORD_CUSTOMERS, WORD_PURCHASES, WORD_SPENT };
	enum spending_per per = m->r->per_customer ? SPENDING_PER_CUSTOMER : SPENDING_PER_RECORD;
	struct spending_bands b;
	if (!spending_by_age(m->in, m->db, &m->set, m->r->year, &b, e))
		return false;
	columns(m, heads, countof(heads));
	m->f->chart.kind = CHART_BAR;
	for (size_t i = 0; i <= SPENDING_BANDS; i++) {
		const struct spending_sum *s = i < SPENDING_BANDS ? &b.band[i] : &b.other;
		const char *label = i < SPENDING_BANDS ? spending_band_name(i) : say(m, WORD_UNKNOWN_AGE);
		int64_t mean;
		bool any = spending_mean(s, per, &mean);
		const char *shown = any ? money(m, mean * (MONEY_SCALE / 100)) : "–";
		if (i == SPENDING_BANDS && !s->records)
			break;
		const char **cells = row(m);
		cells[0] = label;
		cells[1] = shown;
		cells[2] = whole(m, s->customers);
		cells[3] = whole(m, s->records);
		cells[4] = money(m, s->spend);
		if (i < SPENDING_BANDS)
			point(m, label, any ? (double)mean / 100 : NAN, shown);
	}
	return true;
}

static bool make_total(struct making *m, struct err *e)
{
	static const enum word heads[] = { WORD_YEAR, WORD_SPENT, WORD_CUSTOMERS, WORD_PURCHASES };
	struct spending_bands b;
	struct spending_year *years;
	size_t n;
	if (!spending_by_age(m->in, m->db, &m->set, m->r->year, &b, e) ||
	    !spending_years(m->in, m->db, &m->set, m->a, &years, &n, e))
		return false;
	columns(m, heads, countof(heads));
	m->f->chart.kind = CHART_BAR;
	for (size_t i = n > 100 ? n - 100 : 0; i < n; i++) {
		if (m->r->year && years[i].year != m->r->year)
			continue;
		const char **cells = row(m);
		cells[0] = arena_printf(m->a, "%lld", (long long)years[i].year);
		cells[1] = money(m, years[i].sum.spend);
		cells[2] = whole(m, years[i].sum.customers);
		cells[3] = whole(m, years[i].sum.records);
		point(m, cells[0], units(years[i].sum.spend), cells[1]);
	}
	if (!m->r->year || !m->f->n_rows) {
		const char **cells = row(m);
		cells[0] = m->r->year ? arena_printf(m->a, "%lld", (long long)m->r->year) : say(m, WORD_ALL_YEARS);
		cells[1] = money(m, b.all.spend);
		cells[2] = whole(m, b.all.customers);
		cells[3] = whole(m, b.all.records);
		if (!m->f->chart.n)
			point(m, cells[0], units(b.all.spend), cells[1]);
	}
	return true;
}

static bool make_top(struct making *m, struct err *e)
{
	static const enum word heads[] = { WORD_CUSTOMER, WORD_NAME, WORD_SPENT, WORD_PURCHASES };
	struct spending_customer *list;
	size_t n;
	if (!spending_top(m->in, m->db, &m->set, m->r->year, (size_t)m->r->top, m->a, &list, &n, e))
		return false;
	columns(m, heads, countof(heads));
	m->f->chart.kind = CHART_ROWS;
	for (size_t i = 0; i < n; i++) {
		struct customer c;
		if (!customer_get(m->db, &m->set, list[i].no, m->a, &c, e))
			return false;
		const char **cells = row(m);
		cells[0] = arena_strndup(m->a, list[i].id.p, list[i].id.n);
		cells[1] = arena_strndup(m->a, c.name.p, c.name.n);
		cells[2] = money(m, list[i].spend);
		cells[3] = whole(m, list[i].records);
		point(m, c.name.n ? cells[1] : cells[0], units(list[i].spend), cells[2]);
	}
	return true;
}

static void fact(struct making *m, enum word w, const char *value)
{
	const char **cells = row(m);
	cells[0] = say(m, w);
	cells[1] = value;
}

/* "1204.50" as it stands in the statistics, in ten-thousandths. */
static bool amount_of(const json_t *v, const char *key, int64_t *ret)
{
	const char *text = json_string_value(json_object_get(json_object_get(v, key), "amount"));
	double d;
	if (!text || !str_to_f64(str_of(text), &d))
		return false;
	*ret = llround(d * MONEY_SCALE);
	return true;
}

static void chart_of_months(struct making *m, const json_t *v)
{
	const json_t *list = json_object_get(v, "by_month"), *x;
	const char *key = "month";
	size_t i;
	if (!list) {
		list = json_object_get(v, "by_year");
		key = "year";
	}
	m->f->chart.kind = CHART_LINE;
	json_array_foreach (list, i, x) {
		const char *label = json_string_value(json_object_get(x, key));
		int64_t amount, count = json_integer_value(json_object_get(x, "purchases"));
		bool money_known = amount_of(x, "revenue", &amount);
		if (i + FIGURE_ROWS >= json_array_size(list) && label)
			point(m, arena_strdup(m->a, label), money_known ? units(amount) : (double)count,
			      money_known ? money(m, amount) : whole(m, count));
	}
}

static bool make_statistics(struct making *m, struct err *e)
{
	static const enum word heads[] = { WORD_FIGURE, WORD_VALUE };
	CLEANUP(buf_free) struct buf json = BUF_INIT(STATS_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	const json_t *x;
	size_t i;
	int64_t amount;
	if (!stats_json(m->db, m->set.org, m->set.version, &json, e) || !json_read(buf_str(&json), STATS_BYTES, &v, e))
		return false;
	columns(m, heads, countof(heads));
	fact(m, WORD_CUSTOMERS, whole(m, json_integer_value(json_object_get(v, "customers"))));
	fact(m, WORD_BUYERS, whole(m, json_integer_value(json_object_get(v, "buyers"))));
	fact(m, WORD_CAME_AGAIN,
	     whole(m, json_integer_value(json_object_get(json_object_get(v, "repeat"), "customers"))));
	fact(m, WORD_PRODUCTS, whole(m, json_integer_value(json_object_get(v, "products"))));
	fact(m, WORD_PURCHASES, whole(m, json_integer_value(json_object_get(v, "purchases"))));
	if (amount_of(v, "revenue", &amount))
		fact(m, WORD_REVENUE, money(m, amount));
	chart_of_months(m, v);
	if (m->f->chart.n >= 2)
		return true;
	/* Nothing over time: the products that most customers have. */
	m->f->chart.n = 0;
	m->f->chart.kind = CHART_ROWS;
	json_array_foreach (json_object_get(v, "top_products"), i, x) {
		const char *label = json_string_value(json_object_get(x, "product"));
		int64_t n = json_integer_value(json_object_get(x, "customers"));
		if (i < 10 && label)
			point(m, arena_strdup(m->a, label), (double)n, whole(m, n));
	}
	if (m->f->chart.n)
		return true;
	json_array_foreach (json_object_get(v, "age_bands"), i, x) {
		const char *label = json_string_value(json_object_get(x, "band"));
		int64_t n = json_integer_value(json_object_get(x, "customers"));
		if (n && label)
			point(m, strcmp(label, "unknown") ? arena_strdup(m->a, label) : say(m, WORD_UNKNOWN_AGE),
			      (double)n, whole(m, n));
	}
	return true;
}

static bool find_data(struct making *m, enum figure_kind kind, struct err *e)
{
	int64_t dataset = m->r->dataset;
	bool spending = kind != FIGURE_STATISTICS;
	if (!dataset) {
		bool found = spending ? card_set_newest_spending(m->db, m->r->org, &m->set, e)
				      : card_set_newest(m->db, m->r->org, &m->set, e);
		if (!found)
			return false;
		dataset = m->set.dataset;
	}
	if (!dataset_find_ready(m->db, m->a, m->r->org, dataset, &m->dataset, e) ||
	    !card_set_find(m->db, m->r->org, m->dataset.current, &m->set, e))
		return false;
	return !spending || spending_check(&m->set, m->r->year, e);
}

static void describe(struct making *m)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * KIB);
	struct figure *f = m->f;
	buf_adds(&b, m->dataset.name);
	if (f->kind != FIGURE_STATISTICS) {
		buf_adds(&b, " · ");
		if (m->r->year)
			buf_addf(&b, "%lld", (long long)m->r->year);
		else
			buf_adds(&b, say(m, WORD_ALL_YEARS));
	}
	if (f->kind == FIGURE_BY_AGE)
		buf_addf(&b, " · %s", say(m, m->r->per_customer ? WORD_PER_CUSTOMER : WORD_PER_RECORD));
	if (f->kind == FIGURE_STATISTICS && f->chart.kind == CHART_ROWS)
		buf_addf(&b, " · %s", say(m, WORD_CUSTOMERS));
	else if (f->kind == FIGURE_STATISTICS)
		buf_addf(&b, " · %s", say(m, m->set.has_amount ? WORD_REVENUE : WORD_PURCHASES));
	if (m->set.currency[0])
		buf_addf(&b, " · %s", m->set.currency);
	f->note = arena_strndup(m->a, b.p, b.n);
}

bool figure_make(struct instance *in, struct db *db, const struct report *r, struct arena *a, struct figure *ret,
		 struct err *e)
{
	static bool (*const makers[FIGURES])(struct making * m, struct err * e) = { make_by_age, make_total, make_top,
										    make_statistics };
	struct figure f = { .made_at = clock_now() };
	struct making m = { .in = in, .db = db, .r = r, .a = a, .f = &f };
	if (!figure_parse(str_of(r->figure), &f.kind))
		return err_field(e, ERR_VALUE, "figure", "The figure is one of %s, %s, %s, %s.", names[0], names[1],
				 names[2], names[3]);
	if (!language_parse(str_of(r->language), &f.language))
		return err_field(e, ERR_VALUE, "language", "A report speaks en, ru, pl or mk.");
	if (r->top < 1 || r->top > REPORT_TOP_MOST)
		return err_field(e, ERR_VALUE, "top", "From 1 to %d customers.", REPORT_TOP_MOST);
	if (r->year < 0 || r->year > 9999)
		return err_field(e, ERR_VALUE, "year", "A year from 1 to 9999, or 0 for all.");
	f.title = say(&m, titles[f.kind]);
	f.rows = arena_array(a, FIGURE_ROWS, sizeof *f.rows);
	m.labels = arena_array(a, FIGURE_ROWS, sizeof *m.labels);
	m.shown = arena_array(a, FIGURE_ROWS, sizeof *m.shown);
	m.values = arena_array(a, FIGURE_ROWS, sizeof *m.values);
	if (a->failed || !find_data(&m, f.kind, e) || !makers[f.kind](&m, e))
		return a->failed ? err_set(e, ERR_LIMIT, NULL, "The report takes too much memory.") : false;
	describe(&m);
	if (a->failed)
		return err_set(e, ERR_LIMIT, NULL, "The report takes too much memory.");
	f.dataset = m.dataset.id;
	f.chart.title = f.title;
	f.chart.note = f.note;
	f.chart.labels = m.labels;
	f.chart.values = m.values;
	f.chart.shown = m.shown;
	f.chart.decimal = number_decimal(f.language);
	f.chart.thousands = number_thousands(f.language);
	*ret = f;
	return true;
}
