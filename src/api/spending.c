/* What customers spend: of one, and the means by age band, at the root for the shop's programs; all of it for the page.
 */
#include "analysis/spending.h"
#include "analysis/stats_make.h"
#include "api/hot.h"
#include "api/report_body.h"
#include "api/scope.h"

#define YEAR_MOST 9999
#define TOP_MOST LIMIT_PAGE
#define TOP_USUAL 10

struct question {
	struct customers_scope scope;
	int64_t year;
	enum spending_per per;
};

/* ?dataset=&year=&per= */
static bool question_read(struct request *q, struct question *ret, struct err *e)
{
	struct str dataset = { 0 }, per = STR("record");
	*ret = (struct question){ .year = SPENDING_YEAR_ALL };
	if (!request_query_str(q, "dataset", &dataset, e) || !request_query_str(q, "per", &per, e) ||
	    !request_query_i64(q, "year", 1, YEAR_MOST, &ret->year, e))
		return false;
	if (!spending_per_parse(per, &ret->per))
		return err_field(e, ERR_VALUE, "per", "record or customer is wanted");
	return spending_scope(q, dataset, &ret->scope, e) && spending_check(&ret->scope.set, ret->year, e);
}

static void put_total(struct response *r, struct str id, int64_t spent)
{
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	user_id_write(w, id);
	jw_kv_f64(w, "total_spent", money_round2(spent));
	jw_close(w, '}');
}

static bool total_spent(struct request *q, struct response *r, struct err *e)
{
	struct question ask;
	struct str id = request_param(q, "user_id");
	int64_t spent;
	if (!question_read(q, &ask, e) ||
	    !spending_of(api_instance(q), api_db(q), &ask.scope.set, id, ask.year, &spent, e))
		return false;
	put_total(r, id, spent);
	return true;
}

/* The usual question, of the newest data set, with ?year= and ?per= only: what memory may be able to answer. */
static bool hot_question(struct request *q, struct card_set *ret_set, int64_t *ret_year, enum spending_per *ret_per)
{
	struct str per = STR("record");
	size_t known = (size_t)request_query_has(q, "year") + request_query_has(q, "per");
	*ret_year = SPENDING_YEAR_ALL;
	return request_query_count(q) == known && request_query_i64(q, "year", 1, YEAR_MOST, ret_year, NULL) &&
	       request_query_str(q, "per", &per, NULL) && spending_per_parse(per, ret_per) &&
	       hot_set(api_of(q)->hot, api_caller(q)->org, ret_set) && spending_check(ret_set, *ret_year, NULL);
}

static bool total_spent_hot(struct request *q, struct response *r)
{
	struct str id = request_param(q, "user_id");
	struct card_set set;
	enum spending_per per;
	int64_t spent, year;
	if (!hot_question(q, &set, &year, &per) ||
	    !spending_peek(api_instance(q)->spending, set.version, id, year, &spent))
		return false;
	put_total(r, id, spent);
	return true;
}

/* ?send=telegram: what became of it. */
struct sending {
	bool asked;
	size_t sent, waiting;
};

static void put_means(struct response *r, const struct spending_bands *b, enum spending_per per,
		      const struct sending *sending)
{
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	for (size_t i = 0; i < SPENDING_BANDS; i++) {
		int64_t mean;
		if (spending_mean(&b->band[i], per, &mean))
			jw_kv_f64(w, spending_band_name(i), (double)mean / 100);
		else
			jw_kv_null(w, spending_band_name(i));
	}
	if (sending->asked)
		jw_kv_i64(w, "sent", (int64_t)sending->sent);
	if (sending->waiting)
		jw_kv_i64(w, "waiting", (int64_t)sending->waiting);
	jw_close(w, '}');
}

/* ?send=telegram: the figure to the chats of the management as well. */
static bool send_asked(struct request *q, const struct question *ask, struct sending *ret, struct err *e)
{
	struct str send = { 0 }, language = STR("en");
	if (!request_query_str(q, "send", &send, e) || !request_query_str(q, "language", &language, e))
		return false;
	*ret = (struct sending){ .asked = send.p != NULL };
	if (!send.p)
		return true;
	if (!str_is(send, "telegram"))
		return err_field(e, ERR_VALUE, "send", "only telegram is known");
	struct report r = report_default(api_caller(q)->org);
	r.figure = figure_name(FIGURE_BY_AGE);
	r.dataset = ask->scope.dataset.id;
	r.year = ask->year;
	r.per_customer = ask->per == SPENDING_PER_CUSTOMER;
	r.language = arena_strndup(request_arena(q), language.p, language.n);
	return management_send(q, &r, &ret->sent, &ret->waiting, e);
}

static bool average_by_age(struct request *q, struct response *r, struct err *e)
{
	struct question ask;
	struct spending_bands b;
	struct sending sending;
	if (!question_read(q, &ask, e) ||
	    !spending_by_age(api_instance(q), api_db(q), &ask.scope.set, ask.year, &b, e) ||
	    !send_asked(q, &ask, &sending, e))
		return false;
	put_means(r, &b, ask.per, &sending);
	return true;
}

static bool average_by_age_hot(struct request *q, struct response *r)
{
	struct card_set set;
	struct spending_bands b;
	enum spending_per per;
	int64_t year;
	if (!hot_question(q, &set, &year, &per) ||
	    !spending_peek_bands(api_instance(q)->spending, set.version, year, &b))
		return false;
	put_means(r, &b, per, &(struct sending){ .asked = false });
	return true;
}

/* -- for the page -- */

static void put_mean(struct json_writer *w, const char *key, const struct card_set *set, const struct spending_sum *s,
		     enum spending_per per)
{
	int64_t mean;
	if (spending_mean(s, per, &mean))
		stats_money(w, key, mean * (MONEY_SCALE / 100), set->currency);
	else
		jw_kv_null(w, key);
}

static void put_sum(struct json_writer *w, const struct card_set *set, const struct spending_sum *s)
{
	jw_kv_i64(w, "customers", s->customers);
	jw_kv_i64(w, "records", s->records);
	stats_money(w, "spend", s->spend, set->currency);
	put_mean(w, "mean_record", set, s, SPENDING_PER_RECORD);
	put_mean(w, "mean_customer", set, s, SPENDING_PER_CUSTOMER);
}

static void put_bands(struct json_writer *w, const struct card_set *set, const struct spending_bands *b)
{
	jw_key(w, "bands");
	jw_open(w, '[');
	for (size_t i = 0; i < SPENDING_BANDS; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "band", spending_band_name(i));
		put_sum(w, set, &b->band[i]);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void put_dataset(struct json_writer *w, const struct dataset *d)
{
	jw_key(w, "dataset");
	jw_open(w, '{');
	jw_kv_id(w, "id", d->id);
	jw_kv_cstr(w, "name", d->name);
	jw_close(w, '}');
}

static bool overview(struct request *q, struct response *r, struct err *e)
{
	struct question ask;
	struct spending_bands b;
	struct spending_year *years;
	size_t n;
	if (!question_read(q, &ask, e) ||
	    !spending_by_age(api_instance(q), api_db(q), &ask.scope.set, ask.year, &b, e) ||
	    !spending_years(api_instance(q), api_db(q), &ask.scope.set, request_arena(q), &years, &n, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	put_dataset(w, &ask.scope.dataset);
	jw_kv_i64(w, "known_customers", ask.scope.set.customers);
	put_sum(w, &ask.scope.set, &b.all);
	put_bands(w, &ask.scope.set, &b);
	jw_key(w, "other");
	jw_open(w, '{');
	put_sum(w, &ask.scope.set, &b.other);
	jw_close(w, '}');
	jw_key(w, "years");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_kv_i64(w, "year", years[i].year);
		put_sum(w, &ask.scope.set, &years[i].sum);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
	return true;
}

static bool top(struct request *q, struct response *r, struct err *e)
{
	struct question ask;
	struct spending_customer *list;
	int64_t limit = TOP_USUAL;
	size_t n;
	if (!request_query_i64(q, "limit", 1, TOP_MOST, &limit, e) || !question_read(q, &ask, e) ||
	    !spending_top(api_instance(q), api_db(q), &ask.scope.set, ask.year, (size_t)limit, request_arena(q), &list,
			  &n, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	put_dataset(w, &ask.scope.dataset);
	jw_key(w, "items");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
		struct customer c;
		if (!customer_get(api_db(q), &ask.scope.set, list[i].no, &a, &c, e))
			return false;
		jw_open(w, '{');
		jw_kv_str(w, "id", list[i].id);
		jw_kv_str(w, "name", c.name);
		if (list[i].age >= 0)
			jw_kv_i64(w, "age", list[i].age);
		else
			jw_kv_null(w, "age");
		jw_kv_i64(w, "records", list[i].records);
		stats_money(w, "spend", list[i].spend, ask.scope.set.currency);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
	return true;
}

#define QUESTION_PARAMS                                                                                              \
	{ "dataset", ROUTE_PARAM_STR, "Its id or name; the newest with purchases and what they cost unless said." }, \
	{                                                                                                            \
		"year", ROUTE_PARAM_I64, "Only what was bought in this year."                                        \
	}

static const struct route_param one_params[] = { QUESTION_PARAMS };
static const struct route_param mean_params[] = {
	QUESTION_PARAMS,
	{ "per", ROUTE_PARAM_STR, "record (unless said): the mean of single records; customer: of customers' totals." },
	{ "send", ROUTE_PARAM_STR,
	  "telegram: to the chats of the management too; the answer says how many it reached as sent." },
	{ "language", ROUTE_PARAM_STR, "Of what is sent: en, ru, pl or mk." },
};
static const struct route_param top_params[] = {
	QUESTION_PARAMS,
	{ "limit", ROUTE_PARAM_I64, "How many, 1 to 1000; 10 unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/total_spent/{user_id}",
	  .handle = total_spent,
	  .hot = total_spent_hot,
	  .permission = PERM_STATISTICS,
	  .query = one_params,
	  .n_query = countof(one_params),
	  .summary = "What one customer has spent in all, or in a year." },
	{ .method = "GET",
	  .path = "/average_spending_by_age",
	  .handle = average_by_age,
	  .hot = average_by_age_hot,
	  .permission = PERM_STATISTICS,
	  .query = mean_params,
	  .n_query = countof(mean_params),
	  .summary = "Mean spending by age band; null where nobody of that age spent anything." },
	{ .method = "GET",
	  .path = "/api/v1/spending",
	  .handle = overview,
	  .permission = PERM_STATISTICS,
	  .query = one_params,
	  .n_query = countof(one_params),
	  .summary = "Sums and means of all, by age band and by year." },
	{ .method = "GET",
	  .path = "/api/v1/spending/top",
	  .handle = top,
	  .permission = PERM_CUSTOMER_LIST,
	  .query = top_params,
	  .n_query = countof(top_params),
	  .summary = "The customers who spent most, in all or in a year." },
};
const struct resource spending_resource = { "shop", "The shop: spending and vouchers", routes, countof(routes) };
