/* vitrina likely, vitrina offers: lists over all customers */
#include "analysis/recommend_lists.h"
#include "api/scope.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"

#define OUTPUT_BYTES (64 * MIB)
#define LIKELY_SHOWN 20
#define WEEK_SHOWN 20
#define WEEK_MOST 1000

struct printing {
	struct table *table; /* or, when it is NULL, CSV: */
	struct buf *csv;
};

static bool print_customer(void *ctx, const struct likely_customer *c, struct err *e)
{
	struct printing *p = ctx;
	char chance[40], purchases[40];
	struct str again = c->item.owned ? STR("again") : STR("");
	if (p->table) {
		table_cell(p->table, c->id);
		table_cell(p->table, c->name);
		table_cellf(p->table, "%.1f %%", 100 * c->probability);
		table_cell(p->table, again);
		table_cell(p->table, c->item.n_why ? c->item.why[0] : STR(""));
		return true;
	}
	snprintf(chance, sizeof chance, "%.4f", c->probability);
	snprintf(purchases, sizeof purchases, "%lld", (long long)c->purchases);
	csv_cell(p->csv, c->id, ',');
	csv_cell(p->csv, c->name, ',');
	csv_cell(p->csv, str_of(chance), ',');
	csv_cell(p->csv, again, ',');
	csv_cell(p->csv, str_of(purchases), '\n');
	return !p->csv->failed ||
	       err_set(e, ERR_LIMIT, NULL, "the list is larger than %zu MiB", (size_t)(OUTPUT_BYTES / MIB));
}

static bool print_csv(struct command *c, struct db *db, struct likely_ask *ask, struct err *e)
{
	CLEANUP(buf_free) struct buf csv = BUF_INIT(OUTPUT_BYTES);
	struct printing p = { NULL, &csv };
	struct likely_answer about;
	buf_add_str(&csv, STR("id,name,probability,again,purchases\n"));
	ask->reasons = false;
	if (!recommend_likely(c->inst, db, ask, c->arena, &about, print_customer, &p, e))
		return false;
	fwrite(csv.p, 1, csv.n, c->out);
	return true;
}

static bool print_table(struct command *c, struct db *db, const struct likely_ask *ask, struct err *e)
{
	static const struct table_column columns[] = {
		{ "customer", false }, { "name", false }, { "chance", true }, { "", false }, { "why", false }
	};
	struct table t;
	struct printing p = { &t, NULL };
	struct likely_answer about;
	table_begin(&t, columns, countof(columns));
	if (!recommend_likely(c->inst, db, ask, c->arena, &about, print_customer, &p, e)) {
		table_drop(&t);
		return false;
	}
	fprintf(c->out, "%.*s: of %lld customers about %.0f will take it\n\n", STR_ARG(about.name),
		(long long)about.customers, about.expected);
	return table_end(&t, c->out) || err_set(e, ERR_LIMIT, NULL, "the list is too long");
}

static bool likely_run(struct command *c, struct err *e)
{
	int64_t limit = LIKELY_SHOWN;
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_number(c->line, "limit", 1, LIKELY_MOST, &limit, e))
		return false;
	if (command_flag(c->line, "json") && command_flag(c->line, "csv"))
		return err_set(e, ERR_USAGE, NULL, "--json and --csv do not go together");
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e))
		return false;
	struct likely_ask ask = { .org = s.org,
				  .version = d.current,
				  .product = str_of(command_option(c->line, "product")),
				  .new_only = command_flag(c->line, "new-only"),
				  .limit = (size_t)limit,
				  .reasons = true,
				  .cancel = c->cancel };
	if (command_flag(c->line, "csv"))
		return print_csv(c, s.db, &ask, e);
	if (!command_flag(c->line, "json"))
		return print_table(c, s.db, &ask, e);
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	return recommend_likely_json(c->inst, s.db, &ask, &b, e) && command_print_json(c, &b, e);
}

static void print_week(struct command *c, const struct week_answer *week)
{
	static const struct table_column columns[] = { { "product", false },      { "code", false },
						       { "on lists of", true },   { "expected to take", true },
						       { "of whom again", true }, { "due this week", true } };
	struct table t;
	fprintf(c->out, "As of %s, %lld customers", week->as_of, (long long)week->customers);
	if (week->looked_at < week->customers)
		fprintf(c->out, ", estimated from %lld of them", (long long)week->looked_at);
	fprintf(c->out, "; the first %d offers of each\n\n", WEEK_OFFERS);
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < week->n; i++) {
		const struct week_offer *x = &week->items[i];
		table_cell(&t, x->name);
		table_cell(&t, str_eq(x->code, x->name) ? STR("") : x->code);
		table_cellf(&t, "%lld", (long long)x->clients);
		table_cellf(&t, "%.0f", x->expected);
		table_cellf(&t, "%lld", (long long)x->again);
		table_cellf(&t, "%lld", (long long)x->due);
	}
	table_end(&t, c->out);
}

static bool offers_run(struct command *c, struct err *e)
{
	int64_t limit = WEEK_SHOWN;
	struct week_answer week;
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_number(c->line, "limit", 1, WEEK_MOST, &limit, e) || !command_scope_begin(c, &s, e) ||
	    !command_dataset(c, &s, NULL, &d, e))
		return false;
	if (command_flag(c->line, "json")) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
		return recommend_week_json(c->inst, s.db, s.org, d.current, (size_t)limit, c->cancel, &b, e) &&
		       command_print_json(c, &b, e);
	}
	if (!recommend_week(c->inst, s.db, s.org, d.current, (size_t)limit, c->cancel, c->arena, &week, e))
		return false;
	print_week(c, &week);
	return true;
}

static const struct option_def likely_options[] = {
	OPTION_DATASET,
	{ .name = "product",
	  .kind = OPTION_VALUE,
	  .value = "CODE",
	  .required = true,
	  .help = "The product, by its code." },
	{ .name = "limit",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .initial = "20",
	  .help = "How many customers, at most 10000." },
	{ .name = "new-only", .kind = OPTION_FLAG, .help = "Without those who have it already." },
	{ .name = "csv", .kind = OPTION_FLAG, .help = "Print CSV, for a spreadsheet." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_likely = {
	.name = "likely",
	.arg_names = "",
	.options = likely_options,
	.n_options = countof(likely_options),
	.summary = "the customers most likely to take a product",
	.description =
		"Looks at every customer of a data set and prints those who will most probably take the product, "
		"each with the estimated probability and the reason, and how many will take it in all.",
	.examples = "vitrina likely --dataset shop --product 85123A\n"
		    "vitrina likely --dataset shop --product 85123A --new-only --limit 1000 --csv",
	.run = likely_run,
};

static const struct option_def offers_options[] = {
	OPTION_DATASET,
	{ .name = "limit",
	  .kind = OPTION_VALUE,
	  .value = "N",
	  .initial = "20",
	  .help = "How many products, at most 1000." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_offers = {
	.name = "offers",
	.arg_names = "",
	.options = offers_options,
	.n_options = countof(offers_options),
	.summary = "what to offer this week",
	.description =
		"Adds up every customer's first offers by product: on how many lists it is, how many are expected "
		"to take it, how many of them have taken it before, and whose usual time ends within the week. "
		"Where there are more than 10000 customers, it is estimated from so many, evenly spread.",
	.examples = "vitrina offers --dataset shop",
	.run = offers_run,
};
