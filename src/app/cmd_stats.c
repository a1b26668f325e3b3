/* vitrina stats */
#include "analysis/stats.h"
#include "app/commands.h"
#include "app/helpers.h"

#define OUTPUT_BYTES (64 * MIB)

static bool stats_run(struct command *c, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(OUTPUT_BYTES);
	bool as_json = command_flag(c->line, "json");
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e))
		return false;
	if (as_json)
		return stats_json(s.db, s.org, d.current, &b, e) && command_print_json(c, &b, e);
	return stats_text(s.db, s.org, d.current, &b, e) && command_print_json(c, &b, e);
}

static const struct option_def stats_options[] = { OPTION_DATASET, OPTION_ORG, OPTION_JSON };

const struct command_def command_stats = {
	.name = "stats",
	.arg_names = "",
	.options = stats_options,
	.n_options = countof(stats_options),
	.summary = "customers, products, sales by product, month and age of a data set",
	.description =
		"Prints the statistics of the current version of a data set that has customers: how many there are, "
		"the products most customers have, sales by month and by age, and how many come back.",
	.examples = "vitrina stats --dataset clients\nvitrina stats --dataset shop --json",
	.run = stats_run,
};
