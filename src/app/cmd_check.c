/* vitrina check */
#include "app/check.h"
#include "app/commands.h"
#include "app/progress.h"
#include "db/backup.h"
#include "db/pool.h"
#include "model/segment.h"

#define STORE_WAIT_MS 10000

struct checking {
	struct command *command;
	struct instance *inst;
	struct progress bar;
	size_t damaged;
};
static void report_page(void *ctx, const struct db_damage *d)
{
	struct checking *k = ctx;
	progress_end(&k->bar);
	fprintf(k->command->out, "damaged: store.db");
	if (d->page)
		fprintf(k->command->out, " page %lld", (long long)d->page);
	if (d->object[0])
		fprintf(k->command->out, " (%s)", d->object);
	fprintf(k->command->out, ": %s\n", d->what);
	k->damaged++;
}

static bool store_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct checking *k = ctx;
	progress_show(&k->bar, 0.5 * (double)done / (double)(total + 1), "store.db");
	return !atomic_load(k->command->cancel);
}

static bool check_segments(struct checking *k, struct db *db, size_t *ret_n, struct err *e)
{
	struct instance *in = k->inst;
	for (int64_t id = 0;;) {
		bool found;
		struct err why = { 0 };
		char name[64];
		if (!segment_next(db, id, &id, &found, e))
			return false;
		if (!found)
			return true;
		segment_name(id, name);
		progress_show(&k->bar, 0.5, name);
		if (!segment_verify(in->segments, id, k->command->cancel, &why)) {
			if (why.kind == ERR_CANCELLED)
				return err_set(e, ERR_CANCELLED, NULL, "stopped");
			progress_end(&k->bar);
			fprintf(k->command->out, "damaged: %s: %s\n", name, why.message);
			k->damaged++;
		}
		++*ret_n;
	}
}

static bool check_all(struct checking *k, struct db *db, size_t *ret_segments, struct err *e)
{
	uint64_t pages_damaged;
	if (!db_check(db, report_page, k, store_progress, &pages_damaged, e))
		return false;
	/* A damaged store may not be able to name its segments: what it says until then counts. */
	return check_segments(k, db, ret_segments, e) || k->damaged;
}

bool check_instance(struct command *c, struct instance *in, struct check_counts *ret, struct err *e)
{
	struct checking k = { .command = c, .inst = in };
	struct db *db = NULL;
	*ret = (struct check_counts){ 0 };
	progress_begin(&k.bar, c);
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && check_all(&k, db, &ret->segments, e);
	db_pool_give(in->dbs, &db);
	progress_end(&k.bar);
	ret->damaged = k.damaged;
	return good;
}

static bool check_run(struct command *c, struct err *e)
{
	struct check_counts counts;
	if (!check_instance(c, c->inst, &counts, e))
		return false;
	if (counts.damaged)
		return err_set(e, ERR_CORRUPT, NULL, "%zu damaged; restore a backup", counts.damaged);
	fprintf(c->out, "no damage: the store and %zu segment%s\n", counts.segments, counts.segments == 1 ? "" : "s");
	return true;
}

const struct command_def command_check = {
	.name = "check",
	.arg_names = "",
	.summary = "verify every stored page and segment",
	.description =
		"Reads and authenticates every page of the store and every segment, and verifies the structure of "
		"the store. Each damaged one is named on a line of its own; the exit status is 1 when there is any.",
	.examples = "vitrina check",
	.run = check_run,
};
