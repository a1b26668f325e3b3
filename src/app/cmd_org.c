/* vitrina org add, list */
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/limits.h"
#include "model/org.h"
#include "json/write.h"

static bool org_add_run(struct command *c, struct err *e)
{
	int64_t id;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !org_create(s.db, &s.caller, str_of(c->line->args[0]), &id, e))
		return false;
	fprintf(c->out, "added %s (id %lld)\n", c->line->args[0], (long long)id);
	return true;
}

static void org_json(struct json_writer *w, const struct org *o)
{
	jw_open(w, '{');
	jw_kv_id(w, "id", o->id);
	jw_kv_cstr(w, "name", o->name);
	jw_kv_bool(w, "bank", o->is_bank);
	jw_kv_i64(w, "people", o->people);
	jw_kv_time(w, "created_at", o->created_at);
	jw_kv_time(w, "closed_at", o->closed_at ? o->closed_at : INT64_MIN);
	jw_close(w, '}');
}

static void org_row(struct table *t, const struct org *o)
{
	char when[CLOCK_TEXT];
	clock_format(o->created_at, when);
	table_cell(t, str_of(o->name));
	table_cell(t, o->is_bank ? STR("bank") : STR("partner"));
	table_cellf(t, "%lld", (long long)o->people);
	table_cellf(t, "%.10s", when);
	table_cell(t, o->closed_at ? STR("closed") : STR("open"));
	table_cellf(t, "%lld", (long long)o->id);
}

static bool each_org(struct command *c, struct command_scope *s, struct table *t, struct json_writer *w, struct err *e)
{
	struct page page = { .limit = LIMIT_PAGE };
	do {
		struct org *items;
		page.after = page.next;
		if (!org_list(s->db, &s->caller, &page, c->arena, &items, e))
			return false;
		for (size_t i = 0; i < page.n; i++) {
			if (t)
				org_row(t, &items[i]);
			if (w)
				org_json(w, &items[i]);
		}
	} while (page.next);
	return true;
}

static bool org_list_run(struct command *c, struct err *e)
{
	static const struct table_column columns[] = { { "name", false },  { "kind", false },  { "people", true },
						       { "since", false }, { "state", false }, { "id", true } };
	struct table t;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
		struct json_writer w = json_writer(&b);
		jw_open(&w, '[');
		if (!each_org(c, &s, NULL, &w, e))
			return false;
		jw_close(&w, ']');
		return command_print_json(c, &b, e);
	}
	table_begin(&t, columns, countof(columns));
	bool good = each_org(c, &s, &t, NULL, e);
	table_end(&t, c->out);
	return good;
}

const struct command_def command_org_add = {
	.name = "org add",
	.arg_names = "NAME",
	.min_args = 1,
	.max_args = 1,
	.summary = "make an organisation for a partner",
	.description = "Makes an organisation. Its people see its data only, and nobody else sees them, the bank's "
		       "administrators neither. Give it an administrator next, with 'vitrina user add --org NAME'.",
	.examples = "vitrina org add 'Автосалон Восток'",
	.run = org_add_run,
};

static const struct option_def list_options[] = { OPTION_JSON };

const struct command_def command_org_list = {
	.name = "org list",
	.arg_names = "",
	.options = list_options,
	.n_options = countof(list_options),
	.summary = "the bank and its partners",
	.description = "Lists the organisations with how many people each has.",
	.run = org_list_run,
};
