/* vitrina recommend, evaluate */
#include "analysis/evaluate.h"
#include "analysis/recommend.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"

#define OUTPUT_BYTES (64 * MIB)

static void print_recommendations(struct command *c, const struct recommend_list *l)
{
	static const struct table_column columns[] = {
		{ "product", false }, { "code", false }, { "chance", true }, { "", false }, { "why", false }
	};
	struct table t;
	fprintf(c->out, "%.*s%s%.*s\n", STR_ARG(l->customer), l->name.n ? "  " : "", STR_ARG(l->name));
	if (!l->n) {
		fprintf(c->out, "nothing to offer: this customer has every product\n");
		return;
	}
	fputc('\n', c->out);
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < l->n; i++) {
		const struct recommend_item *item = &l->items[i];
		table_cell(&t, item->name);
		table_cell(&t, str_eq(item->code, item->name) ? STR("") : item->code);
		table_cellf(&t, "%.1f %%", 100 * item->probability);
		table_cell(&t, item->linked ? STR("linked") : item->owned ? STR("again") : STR(""));
		table_cell(&t, item->n_why ? item->why[0] : STR(""));
	}
	table_end(&t, c->out);
}

static bool recommend_run(struct command *c, struct err *e)
{
	struct str customer = str_of(command_option(c->line, "customer"));
	enum recommend_method method;
	int64_t limit = 10;
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_number(c->line, "limit", 1, RECOMMEND_LIMIT, &limit, e))
		return false;
	if (!recommend_method_parse(str_of(command_option(c->line, "method")), &method))
		return err_set(e, ERR_USAGE, NULL, "--method takes one of: auto, similar, rules, item");
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
		return recommend_customer_json(c->inst, s.db, s.org, d.id, d.current, customer, (size_t)limit, method,
					       &b, e) &&
		       command_print_json(c, &b, e);
	}
	struct recommend_list list;
	if (!recommend_customer(c->inst, s.db, s.org, d.id, d.current, customer, (size_t)limit, method, c->arena, &list,
				e))
		return false;
	print_recommendations(c, &list);
	return true;
}

static void print_evaluation(struct command *c, const struct evaluate_result *r)
{
	static const struct table_column columns[] = {
		{ "", false }, { "hit rate @10", true }, { "MAP@7", true }, { "error of the hit rate", true }
	};
	const struct {
		const char *name;
		const struct evaluate_figures *f;
	} rows[] = { { recommend_method_name(r->method), &r->model }, { "popularity", &r->popularity } };
	struct table t;
	fprintf(c->out, "%lld customers measured, %lld products, learnt from %lld histories, %.1f s\n\n",
		(long long)r->users, (long long)r->items, (long long)r->histories, r->seconds);
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < countof(rows); i++) {
		table_cell(&t, str_of(rows[i].name));
		table_cellf(&t, "%.4f", rows[i].f->hit_rate_at_10);
		table_cellf(&t, "%.4f", rows[i].f->map_at_7);
		table_cellf(&t, "± %.4f", rows[i].f->hit_rate_error);
	}
	table_end(&t, c->out);
}

static bool evaluate_run(struct command *c, struct err *e)
{
	const char *exclude = command_option(c->line, "exclude-products");
	struct evaluate_options o = { .new_only = command_flag(c->line, "new-only"),
				      .exclude = exclude ? str_of(exclude) : STR(""),
				      .cancel = c->cancel };
	struct evaluate_result result;
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!recommend_method_parse(str_of(command_option(c->line, "method")), &o.method))
		return err_set(e, ERR_USAGE, NULL, "unknown method");
	if (!evaluate_leave_parse(str_of(command_option(c->line, "leave")), &o.leave))
		return err_set(e, ERR_USAGE, NULL, "--leave takes last-invoice or hash-item");
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e) ||
	    !evaluate_recommend(c->inst, s.db, s.org, d.id, d.current, &o, &result, e))
		return false;
	if (!command_flag(c->line, "json")) {
		print_evaluation(c, &result);
		return true;
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	evaluate_json(&result, &b);
	return command_print_json(c, &b, e);
}

static const char *const methods[] = { "auto", "similar", "rules", "item", NULL };

static const struct option_def recommend_options[] = {
	OPTION_DATASET,
	{ .name = "customer", .kind = OPTION_VALUE, .value = "ID", .required = true, .help = "The customer's id." },
	{ .name = "limit", .kind = OPTION_VALUE, .value = "N", .initial = "10", .help = "How many products." },
	{ .name = "method",
	  .kind = OPTION_VALUE,
	  .value = "M",
	  .initial = "auto",
	  .one_of = methods,
	  .help = "How they are found; auto takes what measured best on this data set." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_recommend = {
	.name = "recommend",
	.arg_names = "",
	.options = recommend_options,
	.n_options = countof(recommend_options),
	.summary = "next products of one customer, with their chances",
	.description =
		"Prints the products that this customer will probably take next, each with the estimated probability "
		"and "
		"the reason: what similar customers have, what goes with the products the customer has, what is bought "
		"again and again, and what an administrator has linked.",
	.examples = "vitrina recommend --dataset clients --customer 112312323321",
	.run = recommend_run,
};

static const char *const evaluate_methods[] = { "auto", "similar", "rules", "item", "popularity", "repeat", NULL };
static const char *const leaves[] = { "last-invoice", "hash-item", NULL };

static const struct option_def evaluate_options[] = {
	OPTION_DATASET,
	{ .name = "method",
	  .kind = OPTION_VALUE,
	  .value = "M",
	  .initial = "auto",
	  .one_of = evaluate_methods,
	  .help = "What is measured." },
	{ .name = "leave",
	  .kind = OPTION_VALUE,
	  .value = "L",
	  .initial = "last-invoice",
	  .one_of = leaves,
	  .help = "What is hidden: each customer's latest invoice, or one item of each basket of the test part." },
	{ .name = "new-only",
	  .kind = OPTION_FLAG,
	  .help = "Only products that the customer never bought before count; customers without one are left out." },
	{ .name = "exclude-products",
	  .kind = OPTION_VALUE,
	  .value = "CODE,GIFT*,...",
	  .help = "Products that are left out, by code or the beginning of it." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_evaluate = {
	.name = "evaluate recommend",
	.arg_names = "",
	.options = evaluate_options,
	.n_options = countof(evaluate_options),
	.summary = "measure the next products on purchases that were hidden",
	.description = "Hides some purchases, learns from the rest, and counts how often what was hidden is among the "
		       "ten best "
		       "(hit rate @10) and how far up (MAP@7), beside plain popularity on the same customers.",
	.examples = "vitrina evaluate recommend --dataset shop --json\n"
		    "vitrina evaluate recommend --dataset baskets --leave hash-item",
	.run = evaluate_run,
};
