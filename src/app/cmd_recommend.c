/* vitrina recommend */
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
		return err_set(e, ERR_USAGE, NULL,
			       "--method takes one of: auto, similar, rules, item, ease, softmax, blend");
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

static const char *const methods[] = { "auto", "similar", "rules", "item", "ease", "softmax", "blend", NULL };

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
		"and the reason: what similar customers have, what goes with the products the customer has, what is "
		"bought again and again, and what an administrator has linked.",
	.examples = "vitrina recommend --dataset clients --customer 112312323321",
	.run = recommend_run,
};
