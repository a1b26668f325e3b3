/* vitrina train linear|logistic|sales|purchase */
#include "analysis/forecast_run.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/table.h"

#include <math.h>

#define OUTPUT_BYTES (64 * MIB)

static void print_metrics(FILE *out, const struct forecast_report *r)
{
	static const struct table_column linear[] = { { "", false }, { "R²", true }, { "MSE", true }, { "MAE", true } };
	static const struct table_column logistic[] = { { "", false },         { "ROC AUC", true },
							{ "log-loss", true },  { "accuracy", true },
							{ "precision", true }, { "recall", true },
							{ "F1", true } };
	struct table t;
	table_begin(&t, r->logistic ? logistic : linear, r->logistic ? countof(logistic) : countof(linear));
	for (size_t i = 0; i <= r->n_baselines; i++) {
		const struct forecast_baseline *b = i ? &r->baselines[i - 1] : NULL;
		const struct learn_regression *g = b ? &b->r : &r->regression;
		const struct learn_classification *c = b ? &b->c : r->classification;
		table_cell(&t, str_of(b ? b->name : "the model"));
		if (r->logistic) {
			table_cellf(&t, "%.4f", c->roc_auc);
			table_cellf(&t, "%.4f", c->log_loss);
			table_cellf(&t, "%.4f", c->accuracy);
			table_cellf(&t, "%.4f", c->precision);
			table_cellf(&t, "%.4f", c->recall);
			table_cellf(&t, "%.4f", c->f1);
		} else {
			table_cellf(&t, "%.4f", g->r2);
			table_cellf(&t, "%.6g", g->mse);
			table_cellf(&t, "%.6g", g->mae);
		}
	}
	table_end(&t, out);
}

/* An empty cell where there is no value. */
static void cell_if(struct table *t, bool there, int digits, double value)
{
	if (there)
		table_cellf(t, "%.*g", digits, value);
	else
		table_cell(t, STR(""));
}

static void print_features(FILE *out, const struct forecast_report *r)
{
	static const struct table_column columns[] = {
		{ "feature", false }, { "coefficient", true }, { "± error", true }, { "mean", true }, { "scale", true }
	};
	struct table t;
	table_begin(&t, columns, countof(columns));
	for (size_t i = 0; i < r->n_features; i++) {
		const struct forecast_feature *f = &r->features[i];
		bool number = f->kind == LEARN_NUMBER;
		table_cell(&t, str_of(f->name));
		table_cellf(&t, "%.5g", f->coefficient);
		cell_if(&t, !isnan(f->std_error), 2, f->std_error);
		cell_if(&t, number, 5, f->mean);
		cell_if(&t, number, 5, f->scale);
	}
	table_end(&t, out);
}

static void print_report(FILE *out, const struct forecast_report *r)
{
	fprintf(out, "%s%strained on %lld rows, tested on %lld, %.1f s\n\n", r->target ? r->target : "",
		r->target ? ": " : "", (long long)r->train, (long long)r->test, r->seconds);
	print_metrics(out, r);
	if (r->logistic) {
		const struct learn_classification *c = r->classification;
		fprintf(out,
			"\nfrom a chance of %.2f on: %lld rightly yes, %lld wrongly yes, %lld missed, %lld rightly "
			"no\n",
			r->threshold, (long long)c->confusion[1][1], (long long)c->confusion[0][1],
			(long long)c->confusion[1][0], (long long)c->confusion[0][0]);
	}
	fputc('\n', out);
	print_features(out, r);
	fprintf(out, "intercept %.6g\n", r->intercept);
	for (size_t i = 0; i < r->n_left_out; i++)
		fprintf(out, "%s%s (%s)", i ? ", " : "\nleft out: ", r->left_out[i].column, r->left_out[i].reason);
	if (r->n_left_out)
		fputc('\n', out);
	for (size_t i = 0; i < r->n_warnings; i++)
		fprintf(out, "%swarning: %s\n", i ? "" : "\n", r->warnings[i].message);
}

static bool decimal(struct command *c, const char *name, double *ret, struct err *e)
{
	const char *text = command_option(c->line, name);
	if (text && !str_to_f64(str_of(text), ret))
		return err_set(e, ERR_USAGE, NULL, "--%s takes a number, not %s", name, text);
	return true;
}

static bool train(struct command *c, bool logistic, struct err *e)
{
	struct forecast_table_options o = { .fit = { .logistic = logistic, .cancel = c->cancel },
					    .table = command_option(c->line, "table"),
					    .target = command_option(c->line, "target"),
					    .exclude = command_option(c->line, "exclude"),
					    .split_text = command_option(c->line, "split") };
	struct forecast_report r;
	struct dataset d;
	int64_t seed = 1;
	COMMAND_SCOPE s = { 0 };
	if (logistic)
		o.positive = command_option(c->line, "positive");
	if (!decimal(c, "l2", &o.fit.l2, e) || (logistic && !decimal(c, "threshold", &o.fit.threshold, e)) ||
	    !command_number(c->line, "seed", 0, INT64_MAX, &seed, e) ||
	    !forecast_split_parse(str_of(o.split_text), &o.split, e))
		return false;
	o.split.seed = (uint64_t)seed;
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e) ||
	    !forecast_table(c->inst, s.db, s.org, &d, &o, c->arena, &r, e))
		return false;
	if (!command_flag(c->line, "json")) {
		print_report(c->out, &r);
		return true;
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	forecast_json(&r, &b);
	return command_print_json(c, &b, e);
}

static void print_trials(FILE *out, const struct forecast_report *r)
{
	for (size_t i = 0; i < r->n_trials; i++) {
		const struct forecast_trial *t = &r->trials[i];
		fprintf(out, "variant %-6s", forecast_variant_name(t->variant));
		if (r->logistic)
			fprintf(out, "ROC AUC %.4f, log-loss %.4f", t->classification->roc_auc,
				t->classification->log_loss);
		else
			fprintf(out, "R² %.4f, MAE %.6g", t->regression.r2, t->regression.mae);
		fprintf(out, "; validated with %.6g%s\n", t->validation, t->variant == r->variant ? "; it serves" : "");
	}
}

/* As trainings from the page: a version that serves, and a forecast of every customer with it. */
static bool keep(struct command *c, struct command_scope *s, const struct dataset *d, const struct forecast_report *r,
		 struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	struct forecast_run run;
	int64_t number;
	forecast_json(r, &b);
	if (b.failed)
		return err_set(e, ERR_LIMIT, NULL, "the model is too large");
	struct trained_new m = { .dataset = d->id,
				 .kind = r->preset,
				 .body = buf_str(&b),
				 .serve = true,
				 .cause = "person",
				 .verdict = "" };
	return forecast_keep(c->inst, s->db, &s->caller, d, &m, c->cancel, &number, &run, e);
}

static bool train_and_keep(struct command *c, struct command_scope *s, const struct dataset *d,
			   const struct forecast_preset_options *o, struct forecast_report *ret, struct err *e)
{
	if (!training_claim(c->inst, d->id, training_kind(o->preset), e))
		return false;
	bool done = forecast_preset(c->inst, s->db, s->org, d, o, c->arena, ret, e) && keep(c, s, d, ret, e);
	training_release(c->inst, d->id, training_kind(o->preset));
	return done;
}

static bool train_preset(struct command *c, enum forecast_preset preset, struct err *e)
{
	struct forecast_preset_options o = { .preset = preset,
					     .cutoff = command_option(c->line, "cutoff"),
					     .train_cutoffs = command_option(c->line, "train-cutoffs"),
					     .cancel = c->cancel };
	struct forecast_report r = { 0 };
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!decimal(c, "l2", &o.l2, e) || (preset == PRESET_PURCHASE && !decimal(c, "threshold", &o.threshold, e)) ||
	    !command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e) ||
	    !train_and_keep(c, &s, &d, &o, &r, e))
		return false;
	if (!command_flag(c->line, "json")) {
		fprintf(c->out, "%s in the %d days after %s, learnt from what was before ",
			preset == PRESET_SALES ? "sales" : "a purchase", r.horizon_days, r.cutoff);
		for (size_t i = 0; i < r.n_train_cutoffs; i++)
			fprintf(c->out, "%s%s", i ? ", " : "", r.train_cutoffs[i]);
		fprintf(c->out, "\n\n");
		print_report(c->out, &r);
		fputc('\n', c->out);
		print_trials(c->out, &r);
		return true;
	}
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	forecast_json(&r, &b);
	return command_print_json(c, &b, e);
}

static bool train_sales(struct command *c, struct err *e)
{
	return train_preset(c, PRESET_SALES, e);
}

static bool train_purchase(struct command *c, struct err *e)
{
	return train_preset(c, PRESET_PURCHASE, e);
}

static bool train_linear(struct command *c, struct err *e)
{
	return train(c, false, e);
}

static bool train_logistic(struct command *c, struct err *e)
{
	return train(c, true, e);
}

#define OPTIONS_OF_TABLE                                                                                              \
	OPTION_DATASET,                                                                                               \
		{ .name = "table",                                                                                    \
		  .kind = OPTION_VALUE,                                                                               \
		  .value = "T",                                                                                       \
		  .help = "Needed where the data set has several." },                                                 \
		{ .name = "target",                                                                                   \
		  .kind = OPTION_VALUE,                                                                               \
		  .value = "COL",                                                                                     \
		  .required = true,                                                                                   \
		  .help = "The column that is forecast." },                                                           \
		{ .name = "exclude",                                                                                  \
		  .kind = OPTION_VALUE,                                                                               \
		  .value = "A,B",                                                                                     \
		  .help = "Columns that it must not be forecast from, such as what is known only afterwards." },      \
		{ .name = "split",                                                                                    \
		  .kind = OPTION_VALUE,                                                                               \
		  .value = "HOW:SHARE",                                                                               \
		  .initial = "hash:0.2",                                                                              \
		  .help = "Which rows are for testing: hash:0.2 and random:0.2 all over the file, last:0.2 at its "   \
			  "end." },                                                                                   \
		{ .name = "seed", .kind = OPTION_VALUE, .value = "N", .initial = "1", .help = "Of --split random." }, \
	{                                                                                                             \
		.name = "l2", .kind = OPTION_VALUE, .value = "X", .initial = "1.0",                                   \
		.help = "The penalty on large coefficients; 0 for none."                                              \
	}

static const struct option_def linear_options[] = { OPTIONS_OF_TABLE, OPTION_ORG, OPTION_JSON };

static const struct option_def logistic_options[] = {
	OPTIONS_OF_TABLE,
	{ .name = "positive",
	  .kind = OPTION_VALUE,
	  .value = "VALUE",
	  .help = "The value of the target that counts as yes; found where it is yes and no, true and false, 1 and "
		  "0." },
	{ .name = "threshold",
	  .kind = OPTION_VALUE,
	  .value = "P",
	  .initial = "0.5",
	  .help = "The chance from which a row is told yes." },
	OPTION_ORG,
	OPTION_JSON,
};

#define OPTIONS_OF_PRESET                                                                                         \
	OPTION_DATASET,                                                                                           \
		{ .name = "cutoff",                                                                               \
		  .kind = OPTION_VALUE,                                                                           \
		  .value = "DAY",                                                                                 \
		  .help = "What is tested is forecast from before this day; the last that the data allow unless " \
			  "said." },                                                                              \
		{ .name = "train-cutoffs",                                                                        \
		  .kind = OPTION_VALUE,                                                                           \
		  .value = "DAY,DAY",                                                                             \
		  .help = "The days that are learnt from; up to five before the cut-off unless said." },          \
	{                                                                                                         \
		.name = "l2", .kind = OPTION_VALUE, .value = "X", .initial = "1.0",                               \
		.help = "The penalty on large coefficients; 0 for none."                                          \
	}

static const struct option_def sales_options[] = { OPTIONS_OF_PRESET, OPTION_ORG, OPTION_JSON };

static const struct option_def purchase_options[] = {
	OPTIONS_OF_PRESET,
	{ .name = "threshold",
	  .kind = OPTION_VALUE,
	  .value = "P",
	  .initial = "0.7",
	  .help = "The chance from which a customer is taken for a buyer." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_train_sales = {
	.name = "train sales",
	.arg_names = "",
	.options = sales_options,
	.n_options = countof(sales_options),
	.summary = "forecast what each customer spends in the next 30 days",
	.description =
		"Linear regression on what customers did before a day: purchases and amounts of the last 30 days, mean "
		"basket, visits, days since the last purchase and more. Measured on a later day than it was trained "
		"on, beside what the last 30 and 90 days and the whole past would have foretold.",
	.examples =
		"vitrina train sales --dataset shop\n"
		"vitrina train sales --dataset shop --cutoff 2011-11-09 --train-cutoffs 2011-09-01,2011-10-10 --json",
	.run = train_sales,
};

const struct command_def command_train_purchase = {
	.name = "train purchase",
	.arg_names = "",
	.options = purchase_options,
	.n_options = countof(purchase_options),
	.summary = "forecast whether each customer buys in the next 14 days",
	.description =
		"Logistic regression on what customers did before a day, as of `train sales`; of numbers as they are "
		"and their logarithms, those serve that forecast better on a day between training and test.",
	.examples = "vitrina train purchase --dataset shop\n"
		    "vitrina train purchase --dataset shop --cutoff 2011-11-25 --threshold 0.5 --json",
	.run = train_purchase,
};

const struct command_def command_train_linear = {
	.name = "train linear",
	.arg_names = "",
	.options = linear_options,
	.n_options = countof(linear_options),
	.summary = "forecast a number from the other columns of a table",
	.description =
		"Linear regression: numbers standardised, texts as one feature a level, a missing number as a feature "
		"of its own. What it is worth is measured on rows that it was not trained on, beside zero and the mean.",
	.examples = "vitrina train linear --dataset sales --target amount\n"
		    "vitrina train linear --dataset sales --target amount --split last:0.2 --json",
	.run = train_linear,
};

const struct command_def command_train_logistic = {
	.name = "train logistic",
	.arg_names = "",
	.options = logistic_options,
	.n_options = countof(logistic_options),
	.summary = "forecast yes or no from the other columns of a table",
	.description =
		"Logistic regression: the chance that the target is the positive value. Measured on rows that it was "
		"not trained on, with a warning when a column gives the answer away or the test rows are of another "
		"kind.",
	.examples = "vitrina train logistic --dataset bank --target y --positive yes --exclude duration\n"
		    "vitrina train logistic --dataset shoppers --target Revenue --threshold 0.3 --json",
	.run = train_logistic,
};
