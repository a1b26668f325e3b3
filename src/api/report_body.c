#include "api/report_body.h"

#include "base/ids.h"
#include "model/dataset.h"
#include "model/delivery.h"

#include <poll.h>

#define MANAGEMENT_WAIT_MS 3000
#define MANAGEMENT_LOOK_MS 50

struct report_body {
	struct str name, figure, dataset, per, language, schedule, zone;
	int64_t year, top;
	json_t *parts, *targets;
};

#define AT(member) offsetof(struct report_body, member)
#define OPTIONAL_FIELDS                                                                                                     \
	{ "dataset", JSON_FIELD_STR, AT(dataset), false, 0, 500, NULL, "Id or name; empty = the newest that fits." },       \
		{ "year", JSON_FIELD_I64, AT(year), false, 0, 9999, NULL, "Of one year; 0 = all." },                        \
		{ "per", JSON_FIELD_STR, AT(per), false, 0, 20, NULL, "record or customer: what the mean is taken over." }, \
		{ "top", JSON_FIELD_I64, AT(top), false, 1, REPORT_TOP_MOST, NULL, "How many customers; 10 unless said." }, \
		{ "language", JSON_FIELD_STR, AT(language), false, 0, 10, NULL, "en, ru, pl or mk." },                      \
		{ "parts", JSON_FIELD_ANY, AT(parts), false, 0, 0, NULL, "A list of text, table, chart." },                 \
		{ "targets", JSON_FIELD_ANY, AT(targets), false, 0, 0, NULL, "A list of ids of targets." },                 \
		{ "schedule",                                                                                               \
		  JSON_FIELD_STR,                                                                                           \
		  AT(schedule),                                                                                             \
		  false,                                                                                                    \
		  0,                                                                                                        \
		  200,                                                                                                      \
		  NULL,                                                                                                     \
		  "Cron: minute hour day month weekday; empty = by hand only." },                                           \
	{                                                                                                                   \
		"zone", JSON_FIELD_STR, AT(zone), false, 0, 64, NULL, "Time zone of the schedule, as Europe/Warsaw."        \
	}

static const struct json_field new_fields[] = {
	{ "name", JSON_FIELD_STR, AT(name), true, 1, REPORT_NAME_BYTES, NULL, "Its name." },
	{ "figure", JSON_FIELD_STR, AT(figure), true, 1, 50, NULL,
	  "average_spending_by_age, total_spending, top_customers or statistics." },
	OPTIONAL_FIELDS,
};
static const struct json_field change_fields[] = {
	{ "name", JSON_FIELD_STR, AT(name), false, 1, REPORT_NAME_BYTES, NULL, "Its name." },
	{ "figure", JSON_FIELD_STR, AT(figure), false, 1, 50, NULL,
	  "average_spending_by_age, total_spending, top_customers or statistics." },
	OPTIONAL_FIELDS,
};
const struct json_table report_new_table = { "NewReport", new_fields, countof(new_fields) };
const struct json_table report_change_table = { "ReportChange", change_fields, countof(change_fields) };

static const struct {
	const char *name;
	enum report_part part;
} parts[] = { { "text", REPORT_TEXT }, { "table", REPORT_TABLE }, { "chart", REPORT_CHART } };

struct report report_default(int64_t org)
{
	return (struct report){ .org = org,
				.name = "",
				.figure = "",
				.language = "en",
				.top = 10,
				.parts = REPORT_PARTS_ALL,
				.schedule = "",
				.zone = "UTC",
				.last_error = "",
				.last_error_code = "" };
}

static bool read_parts(const json_t *list, int64_t *ret, struct err *e)
{
	int64_t bits = 0;
	size_t i;
	const json_t *v;
	if (!json_is_array(list))
		return err_field(e, ERR_VALUE, "parts", "a list is wanted");
	json_array_foreach (list, i, v) {
		int64_t before = bits;
		for (size_t k = 0; k < countof(parts); k++)
			if (json_is_string(v) && strcmp(json_string_value(v), parts[k].name) == 0)
				bits |= parts[k].part;
		if (bits == before)
			return err_field(e, ERR_VALUE, "parts", "each of text, table and chart at most once");
	}
	*ret = bits;
	return true;
}

static bool read_targets(struct request *q, const json_t *list, struct report *r, struct err *e)
{
	size_t i;
	const json_t *v;
	if (!json_is_array(list) || json_array_size(list) > TARGETS_MOST)
		return err_field(e, ERR_VALUE, "targets", "a list of at most %d ids is wanted", TARGETS_MOST);
	int64_t *ids = arena_array(request_arena(q), json_array_size(list) + 1, sizeof *ids);
	if (!ids)
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	json_array_foreach (list, i, v) {
		if (!json_is_string(v) || !id_parse(str_n(json_string_value(v), json_string_length(v)), &ids[i]))
			return err_field(e, ERR_VALUE, "targets", "targets[%zu] is not an id", i);
	}
	r->targets = ids;
	r->n_targets = json_array_size(list);
	return true;
}

static bool take_text(struct request *q, struct str s, const char **to)
{
	if (s.p)
		*to = arena_strndup(request_arena(q), s.p, s.n);
	return *to != NULL;
}

static bool take_dataset(struct request *q, struct str s, struct report *r, struct err *e)
{
	struct dataset d;
	if (!s.p)
		return true;
	r->dataset = 0;
	if (!s.n)
		return true;
	if (!dataset_resolve(api_db(q), request_arena(q), api_caller(q)->org, s, &d, e)) {
		if (e->kind == ERR_NOT_FOUND)
			err_field(e, ERR_VALUE, "dataset", "There is no such data set.");
		return false;
	}
	r->dataset = d.id;
	return true;
}

static bool take_per(struct str s, struct report *r, struct err *e)
{
	if (!s.p || str_is(s, r->per_customer ? "customer" : "record"))
		return true;
	if (!str_is(s, "customer") && !str_is(s, "record"))
		return err_field(e, ERR_VALUE, "per", "record or customer is wanted");
	r->per_customer = str_is(s, "customer");
	return true;
}

bool report_body_read(struct request *q, const struct json_table *t, struct report *r, struct err *e)
{
	struct report_body b = { .year = r->year, .top = r->top };
	enum figure_kind kind;
	if (!request_json(q, t, &b, e))
		return false;
	if (!take_text(q, b.name, &r->name) || !take_text(q, b.figure, &r->figure) ||
	    !take_text(q, b.language, &r->language) || !take_text(q, b.schedule, &r->schedule) ||
	    !take_text(q, b.zone, &r->zone))
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	if (!figure_parse(str_of(r->figure), &kind))
		return err_field(e, ERR_VALUE, "figure", "The figure is one of %s, %s, %s, %s.",
				 figure_name(FIGURE_BY_AGE), figure_name(FIGURE_TOTAL), figure_name(FIGURE_TOP),
				 figure_name(FIGURE_STATISTICS));
	r->year = b.year;
	r->top = b.top;
	return take_dataset(q, b.dataset, r, e) && take_per(b.per, r, e) &&
	       (!b.parts || read_parts(b.parts, &r->parts, e)) && (!b.targets || read_targets(q, b.targets, r, e));
}

bool report_query_read(struct request *q, struct report *r, struct err *e)
{
	struct str dataset = { 0 }, per = { 0 }, language = str_of(r->language);
	return request_query_str(q, "dataset", &dataset, e) && request_query_str(q, "per", &per, e) &&
	       request_query_str(q, "language", &language, e) && request_query_i64(q, "year", 0, 9999, &r->year, e) &&
	       request_query_i64(q, "top", 1, REPORT_TOP_MOST, &r->top, e) && take_dataset(q, dataset, r, e) &&
	       take_per(per, r, e) &&
	       (take_text(q, language, &r->language) || err_set(e, ERR_LIMIT, NULL, "The request is too large."));
}

void report_json(struct json_writer *w, const struct report *r)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", r->id);
	jw_kv_cstr(w, "name", r->name);
	jw_kv_cstr(w, "figure", r->figure);
	jw_key(w, "dataset");
	if (r->dataset)
		jw_id(w, r->dataset);
	else
		jw_null(w);
	jw_kv_i64(w, "year", r->year);
	jw_kv_cstr(w, "per", r->per_customer ? "customer" : "record");
	jw_kv_i64(w, "top", r->top);
	jw_kv_cstr(w, "language", r->language);
	jw_key(w, "parts");
	jw_open(w, '[');
	for (size_t i = 0; i < countof(parts); i++)
		if (r->parts & parts[i].part)
			jw_cstr(w, parts[i].name);
	jw_close(w, ']');
	jw_key(w, "targets");
	jw_open(w, '[');
	for (size_t i = 0; i < r->n_targets; i++)
		jw_id(w, r->targets[i]);
	jw_close(w, ']');
	jw_kv_cstr(w, "schedule", r->schedule);
	jw_kv_cstr(w, "zone", r->zone);
	jw_kv_time(w, "next_run", r->next_run ? r->next_run : INT64_MIN);
	jw_kv_time(w, "last_run", r->last_run ? r->last_run : INT64_MIN);
	jw_kv_cstr(w, "last_error", r->last_error[0] ? r->last_error : NULL);
	jw_kv_cstr(w, "last_error_code", r->last_error_code[0] ? r->last_error_code : NULL);
	jw_kv_time(w, "created_at", r->created_at);
	jw_close(w, '}');
}

static bool chats_of_management(struct request *q, struct report *r, struct err *e)
{
	struct target *list;
	size_t n, kept = 0;
	if (!target_list(api_db(q), r->org, request_arena(q), &list, &n, e))
		return false;
	int64_t *ids = arena_array(request_arena(q), n + 1, sizeof *ids);
	for (size_t i = 0; ids && i < n; i++)
		if (list[i].kind == TARGET_TELEGRAM && list[i].management && !list[i].off_reason[0])
			ids[kept++] = list[i].id;
	r->targets = ids;
	r->n_targets = kept;
	return kept || err_set(e, ERR_CONFLICT, "no_chats",
			       "No chat of the management is set: an administrator adds it to the targets of reports.");
}

bool management_send(struct request *q, const struct report *asked, size_t *ret_sent, size_t *ret_waiting,
		     struct err *e)
{
	const struct caller *by = api_caller(q);
	struct send_result *sent = arena_new(request_arena(q), struct send_result);
	struct report r = *asked;
	struct db *db;
	if (!sent)
		return err_set(e, ERR_LIMIT, NULL, "The request takes too much memory.");
	/* This GET does something: a link on a page of somebody else's must not set it off. */
	if (by->via == CALLER_SESSION && !request_same_origin(q))
		return err_set(e, ERR_FORBIDDEN, "wrong_origin",
			       "this request does not come from a page of this server");
	if (!caller_must(by, PERM_REPORT, e) || !chats_of_management(q, &r, e) ||
	    !report_send(api_instance(q), api_db(q), &r, by->user, "figure", request_arena(q), sent, e))
		return false;
	for (int waited = 0;; waited += MANAGEMENT_LOOK_MS) {
		if (!delivery_count(api_db(q), r.org, sent->ids, sent->n, ret_sent, ret_waiting, e))
			return false;
		if (!*ret_waiting || waited >= MANAGEMENT_WAIT_MS || request_gone(q) || request_stopping(q))
			return true;
		api_db_release(q);
		poll(NULL, 0, MANAGEMENT_LOOK_MS);
		if (!api_db_take(q, &db, e))
			return false;
	}
}
