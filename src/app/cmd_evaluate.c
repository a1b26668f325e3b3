/* vitrina evaluate recommend */
#include "analysis/evaluate.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"

#define OUTPUT_BYTES (1 * MIB)

static void print_methods(struct command *c, const struct evaluate_result *r)
{
	static const struct table_column columns[] = { { "", false }, { "hit rate @10", true },
						       { "", true },  { "MAP@7", true },
						       { "", true },  { "", false } };
	struct table t;
	table_begin(&t, columns, countof(columns));
	for (enum recommend_method k = 0; k < RECOMMEND_METHODS; k++) {
		const struct evaluate_figures *f = &r->all[k];
		if (!r->has[k])
			continue;
		table_cell(&t, str_of(recommend_method_name(k)));
		table_cellf(&t, "%.4f", f->hit_rate_at_10);
		table_cellf(&t, "± %.4f", f->hit_rate_error);
		table_cellf(&t, "%.4f", f->map_at_7);
		table_cellf(&t, "± %.4f", f->map_error);
		table_cell(&t, k == r->serves ? STR("serves new products") : STR(""));
	}
	table_end(&t, c->out);
}

static void print_calibration(struct command *c, const struct evaluate_result *r)
{
	static const struct table_column columns[] = {
		{ "offered with", false }, { "offers", true }, { "said", true }, { "came true", true }
	};
	struct table t;
	table_begin(&t, columns, countof(columns));
	for (int i = 0; i < LEARN_CALIBRATION_BINS; i++) {
		const struct learn_bin *b = &r->reliability.bins[i];
		if (!b->n)
			continue;
		table_cellf(&t, "%d to %d %%", i * 100 / LEARN_CALIBRATION_BINS,
			    (i + 1) * 100 / LEARN_CALIBRATION_BINS);
		table_cellf(&t, "%llu", (unsigned long long)b->n);
		table_cellf(&t, "%.1f %%", 100 * b->predicted);
		table_cellf(&t, "%.1f %%", 100 * b->observed);
	}
	table_end(&t, c->out);
}

static void print_evaluation(struct command *c, const struct evaluate_result *r)
{
	fprintf(c->out, "%lld customers measured, %lld products, learnt from %lld histories, %.1f s\n\n",
		(long long)r->users, (long long)r->items, (long long)r->histories, r->seconds);
	print_methods(c, r);
	fprintf(c->out, "\nThe percentages of auto, on the same purchases:\n\n");
	print_calibration(c, r);
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
		return err_set(e, ERR_USAGE, NULL, "--leave takes last-invoice, last-day or hash-item");
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

static const char *const evaluate_methods[] = { "auto",    "similar", "rules",      "item",   "ease",
						"softmax", "blend",   "popularity", "repeat", NULL };
static const char *const leaves[] = { "last-invoice", "last-day", "hash-item", NULL };

static const struct option_def evaluate_options[] = {
	OPTION_DATASET,
	{ .name = "method",
	  .kind = OPTION_VALUE,
	  .value = "M",
	  .initial = "auto",
	  .one_of = evaluate_methods,
	  .help = "Which one the figures at the top of the JSON are of; all are measured." },
	{ .name = "leave",
	  .kind = OPTION_VALUE,
	  .value = "L",
	  .initial = "last-invoice",
	  .one_of = leaves,
	  .help = "What is hidden: each customer's latest invoice, all of the latest day (which is what the "
		  "percentages speak of), or one item of each basket of the test part." },
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
		       "(hit rate @10) and how far up (MAP@7), for every method beside plain popularity on the "
		       "same customers, with standard errors; and whether the percentages came true.",
	.examples = "vitrina evaluate recommend --dataset shop --json\n"
		    "vitrina evaluate recommend --dataset baskets --leave hash-item",
	.run = evaluate_run,
};
