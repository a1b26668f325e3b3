/* vitrina dataset confirm, discard: a version that waits to be checked */
#include "analysis/versions.h"
#include "app/commands.h"
#include "app/helpers.h"
#include "app/progress.h"

/* By name or id, also one that was never confirmed. */
static bool find_waiting(struct command *c, struct command_scope *s, struct dataset *ret, struct err *e)
{
	struct str name = str_of(c->line->args[0]);
	struct err why = { 0 };
	int64_t id;
	if (!dataset_find_name(s->db, c->arena, s->org, name, ret, &why) &&
	    !(str_to_i64(name, &id) && dataset_find(s->db, c->arena, s->org, id, ret, NULL)))
		return err_set(e, why.kind, why.code, "%s", why.message);
	return ret->waiting ||
	       err_set(e, ERR_CONFLICT, "not_waiting", "No version of %s waits to be confirmed.", ret->name);
}

static bool confirm_run(struct command *c, struct err *e)
{
	struct dataset d;
	struct progress bar;
	int64_t version;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !find_waiting(c, &s, &d, e))
		return false;
	/* Confirming takes connections of its own. */
	command_scope_end(&s);
	progress_begin(&bar, c);
	struct import_watch watch = { .ctx = &bar, .progress = progress_show, .cancel = c->cancel };
	bool good = versions_confirm(c->inst, &s.caller, d.id, d.waiting, &watch, &version, e);
	progress_end(&bar);
	if (good)
		fprintf(c->out, "version %lld of %s is in use\n", (long long)d.waiting, d.name);
	return good;
}

static bool discard_run(struct command *c, struct err *e)
{
	struct dataset d;
	COMMAND_SCOPE s = { 0 };
	if (!command_scope_begin(c, &s, e) || !find_waiting(c, &s, &d, e))
		return false;
	command_scope_end(&s);
	if (!versions_throw_away(c->inst, &s.caller, d.id, d.waiting, e))
		return false;
	fprintf(c->out, "threw away version %lld of %s\n", (long long)d.waiting, d.name);
	return true;
}

static const struct option_def options[] = { OPTION_ORG };

const struct command_def command_dataset_confirm = {
	.name = "dataset confirm",
	.arg_names = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "take the version that waits to be checked into use",
	.description = "Makes the version of a data set that was loaded to be looked at first (on the page, or with "
		       "confirm=later) the current one; its customers are computed.",
	.examples = "vitrina dataset confirm clients",
	.run = confirm_run,
};

const struct command_def command_dataset_discard = {
	.name = "dataset discard",
	.arg_names = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.n_options = countof(options),
	.summary = "throw away the version that waits to be checked",
	.description =
		"Removes the version of a data set that was loaded to be looked at first, with everything of its "
		"files. What is in use does not change; a data set that was never confirmed goes.",
	.examples = "vitrina dataset discard clients",
	.run = discard_run,
};
