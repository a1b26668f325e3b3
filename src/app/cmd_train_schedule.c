/* vitrina train schedule: trainings that happen by themselves */
#include "analysis/forecast.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "base/clock.h"
#include "job/clock.h"
#include "model/retrain.h"
#include "json/write.h"

#include <string.h>

static void print_time(FILE *out, const char *what, int64_t at)
{
	char text[CLOCK_TEXT];
	clock_format(at, text);
	fprintf(out, "%s %.16s UTC\n", what, text);
}

static void print_text(FILE *out, const struct dataset *d, const struct retrain *r, bool on)
{
	if (!on) {
		fprintf(out, "the model %s of %s is trained by hand only\n", r->kind, d->name);
		return;
	}
	fprintf(out, "the model %s of %s is trained", r->kind, d->name);
	if (r->schedule[0])
		fprintf(out, " at \"%s\" by the clock of %s", r->schedule, r->zone);
	fprintf(out, "%s%s\n", r->schedule[0] && r->after_version ? " and" : "",
		r->after_version ? " after every new version of the data" : "");
	fprintf(out, "%s\n",
		r->wait ? "a new version waits until it is chosen" : "a new version serves when it is not worse");
	if (r->next_run)
		print_time(out, "next:", r->next_run);
	if (r->last_run)
		print_time(out, "last:", r->last_run);
	if (r->last_error[0])
		fprintf(out, "the last one failed: %s\n", r->last_error);
	else if (r->last_number)
		fprintf(out, "it made version %lld\n", (long long)r->last_number);
}

static bool print_json(struct command *c, const struct retrain *r, bool on, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_bool(&w, "on", on);
	jw_kv_cstr(&w, "kind", r->kind);
	jw_kv_cstr(&w, "schedule", r->schedule);
	jw_kv_cstr(&w, "zone", r->zone);
	jw_kv_bool(&w, "after_version", r->after_version);
	jw_kv_cstr(&w, "activate", r->wait ? "wait" : "better");
	jw_kv_f64(&w, "l2", r->l2);
	if (r->next_run)
		jw_kv_time(&w, "next_run", r->next_run);
	else
		jw_kv_null(&w, "next_run");
	jw_close(&w, '}');
	return command_print_json(c, &b, e);
}

static bool show(struct command *c, struct command_scope *s, const struct dataset *d, const char *kind, struct err *e)
{
	struct retrain r = { .kind = kind, .schedule = "", .zone = "UTC", .l2 = 1, .last_error = "" };
	bool on;
	if (!retrain_find(s->db, s->org, d->id, kind, c->arena, &r, &on, e))
		return false;
	if (command_flag(c->line, "json"))
		return print_json(c, &r, on, e);
	print_text(c->out, d, &r, on);
	return true;
}

static bool schedule_run(struct command *c, struct err *e)
{
	const char *kind = c->line->args[0], *cron = command_option(c->line, "cron"),
		   *l2 = command_option(c->line, "l2");
	enum forecast_preset preset;
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!forecast_preset_parse(str_of(kind), &preset))
		return err_set(e, ERR_USAGE, NULL, "there are models of sales and of purchase, not of %s", kind);
	if (!command_scope_begin(c, &s, e) || !command_dataset(c, &s, NULL, &d, e))
		return false;
	struct retrain r = { .dataset = d.id,
			     .kind = forecast_preset_name(preset),
			     .schedule = cron ? cron : "",
			     .zone = command_option(c->line, "zone"),
			     .after_version = command_flag(c->line, "after-version"),
			     .wait = strcmp(command_option(c->line, "activate"), "wait") == 0 };
	bool off = command_flag(c->line, "off"), set = cron || r.after_version;
	if (off && set)
		return err_set(e, ERR_USAGE, NULL, "--off goes with neither --cron nor --after-version");
	if (!str_to_f64(str_of(l2), &r.l2))
		return err_set(e, ERR_USAGE, NULL, "--l2 takes a number, not %s", l2);
	if (set || off) {
		if (!retrain_set(s.db, &s.caller, &r, e))
			return false;
		job_clock_wake(c->inst->clock);
	}
	return show(c, &s, &d, r.kind, e);
}

static const char *const rules[] = { "better", "wait", NULL };
static const struct option_def options[] = {
	OPTION_DATASET,
	{ .name = "cron",
	  .kind = OPTION_VALUE,
	  .value = "EXPR",
	  .help = "When: minute hour day month weekday, such as \"0 3 * * 1\"." },
	{ .name = "zone",
	  .kind = OPTION_VALUE,
	  .value = "ZONE",
	  .initial = "UTC",
	  .help = "The clock that it is read by, such as Europe/Warsaw." },
	{ .name = "after-version", .kind = OPTION_FLAG, .help = "Also after every new version of the data." },
	{ .name = "activate",
	  .kind = OPTION_VALUE,
	  .value = "RULE",
	  .initial = "better",
	  .one_of = rules,
	  .help = "better: a new version serves when, on the same newest customers, its error is not larger; wait: "
		  "when it "
		  "is chosen." },
	{ .name = "l2",
	  .kind = OPTION_VALUE,
	  .value = "X",
	  .initial = "1.0",
	  .help = "The penalty on large coefficients; 0 for none." },
	{ .name = "off", .kind = OPTION_FLAG, .help = "By hand only, from now on." },
	OPTION_ORG,
	OPTION_JSON,
};

const struct command_def command_train_schedule = {
	.name = "train schedule",
	.arg_names = "sales|purchase",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "train a model by the clock, or after each new version of the data",
	.description =
		"Sets when the model is trained by itself, or shows it. It runs in the server; what was missed while "
		"none ran is made up for once. The old version serves until the new one is complete.",
	.examples = "vitrina train schedule sales --dataset shop --cron \"0 3 * * 1\" --zone Europe/Warsaw\n"
		    "vitrina train schedule purchase --dataset shop --after-version --activate wait\n"
		    "vitrina train schedule sales --dataset shop --off",
	.run = schedule_run,
};
