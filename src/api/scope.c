#include "api/scope.h"

#include "api/hot.h"
#include "db/db.h"

static bool with_cards(struct request *q, struct customers_scope *s, struct err *e)
{
	return card_set_find(api_db(q), s->dataset.org, s->dataset.current, &s->set, e);
}

bool customers_scope(struct request *q, struct customers_scope *ret, struct err *e)
{
	struct customers_scope s = { 0 };
	int64_t id;
	if (!request_param_id(q, "id", &id, e) ||
	    !dataset_find_ready(api_db(q), request_arena(q), api_caller(q)->org, id, &s.dataset, e) ||
	    !with_cards(q, &s, e))
		return false;
	*ret = s;
	return true;
}

bool spending_scope(struct request *q, struct str dataset, struct customers_scope *ret, struct err *e)
{
	struct customers_scope s = { 0 };
	int64_t org = api_caller(q)->org;
	if (dataset.n)
		return customers_scope_named(q, dataset, ret, e);
	uint64_t writes = db_writes();
	if (!card_set_newest_spending(api_db(q), org, &s.set, e) ||
	    !dataset_find_ready(api_db(q), request_arena(q), org, s.set.dataset, &s.dataset, e))
		return false;
	hot_keep_set(api_of(q)->hot, org, writes, &s.set);
	*ret = s;
	return true;
}

void user_id_write(struct json_writer *w, struct str id)
{
	char digits[STR_I64];
	int64_t number;
	jw_key(w, "user_id");
	if (str_to_i64(id, &number) && str_eq(id, str_i64(number, digits)))
		jw_i64(w, number);
	else
		jw_str(w, id);
}

bool customers_scope_named(struct request *q, struct str dataset, struct customers_scope *ret, struct err *e)
{
	struct customers_scope s = { 0 };
	int64_t org = api_caller(q)->org;
	if (dataset.n) {
		if (!dataset_resolve(api_db(q), request_arena(q), org, dataset, &s.dataset, e) || !with_cards(q, &s, e))
			return false;
	} else if (!card_set_newest(api_db(q), org, &s.set, e) ||
		   !dataset_find_ready(api_db(q), request_arena(q), org, s.set.dataset, &s.dataset, e)) {
		return false;
	}
	*ret = s;
	return true;
}
