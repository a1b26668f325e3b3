/* vitrina backup, restore, check */
#include "app/backup.h"
#include "app/commands.h"
#include "app/datadir.h"
#include "app/helpers.h"
#include "app/open.h"
#include "app/progress.h"
#include "app/settings.h"
#include "base/clock.h"
#include "db/backup.h"
#include "model/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define STORE_WAIT_MS 10000

static bool backup_run(struct command *c, struct err *e)
{
	struct backup_counts counts;
	struct progress bar;
	progress_begin(&bar, c);
	struct backup_watch watch = { .ctx = &bar, .progress = progress_show, .cancel = c->cancel };
	bool good = backup_write(c->inst, c->files[0], c->line->args[0], &watch, &counts, e);
	progress_end(&bar);
	if (!good)
		return false;
	fprintf(c->out, "%s: the store and %zu segment%s, %.1f MiB; to restore it needs the key, which is not in it\n",
		c->line->args[0], counts.segments, counts.segments == 1 ? "" : "s", (double)counts.bytes / (double)MIB);
	return true;
}

/* --- check --- */

struct checking {
	struct command *command;
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
	struct instance *in = k->command->inst;
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

static bool check_all(struct checking *k, struct db *db, struct err *e)
{
	uint64_t pages_damaged;
	size_t segments = 0;
	if (!db_check(db, report_page, k, store_progress, &pages_damaged, e))
		return false;
	/* A damaged store may not be able to name its segments: what it says until then counts. */
	if (!check_segments(k, db, &segments, e) && !k->damaged)
		return false;
	progress_end(&k->bar);
	if (k->damaged)
		return err_set(e, ERR_CORRUPT, NULL, "%zu damaged; restore a backup", k->damaged);
	fprintf(k->command->out, "no damage: the store and %zu segment%s\n", segments, segments == 1 ? "" : "s");
	return true;
}

static bool check_run(struct command *c, struct err *e)
{
	struct checking k = { .command = c };
	struct db *db = NULL;
	progress_begin(&k.bar, c);
	bool good = db_pool_take(c->inst->dbs, STORE_WAIT_MS, &db, e) && check_all(&k, db, e);
	db_pool_give(c->inst->dbs, &db);
	progress_end(&k.bar);
	return good;
}

/* --- restore --- */

static bool verify_restored(struct command *c, const char *path, struct err *e)
{
	struct instance *in = NULL;
	struct db *db = NULL;
	if (!instance_open(c->settings, path, 0, &in, e))
		return false;
	struct command on = *c;
	on.inst = in;
	struct checking k = { .command = &on };
	uint64_t damaged;
	size_t segments = 0;
	progress_begin(&k.bar, &on);
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		    db_check(db, report_page, &k, store_progress, &damaged, e) && check_segments(&k, db, &segments, e);
	progress_end(&k.bar);
	if (good && k.damaged)
		good = err_set(e, ERR_CORRUPT, NULL, "the backup holds damaged data; nothing was changed");
	db_pool_give(in->dbs, &db);
	instance_close(&in);
	return good;
}

/* Settings belong to the machine, not to the data: those of the folder that is replaced stay. */
static bool keep_settings(const char *dir, const char *path, struct err *e)
{
	char from[FOLDER_PATH + 16], to[FOLDER_PATH + 16], chunk[4096];
	snprintf(from, sizeof from, "%s/vitrina.conf", dir);
	snprintf(to, sizeof to, "%s/vitrina.conf", path);
	CLEANUP(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return errno == ENOENT || err_errno(e, errno, "%s", from);
	CLEANUP(fd_close) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	for (ssize_t n; out >= 0;) {
		n = read(in, chunk, sizeof chunk);
		if (n == 0 && fsync(out) == 0)
			return true;
		if (n <= 0 || write(out, chunk, (size_t)n) != n)
			break;
	}
	return err_errno(e, errno, "%s", to);
}

static bool restore_into(struct command *c, const char *path, bool replace, struct backup_counts *ret, struct err *e)
{
	char key_path[FOLDER_PATH];
	struct key key;
	struct progress bar;
	setting_key_path(c->settings, key_path, sizeof key_path);
	if (access(key_path, F_OK) != 0)
		return err_set(e, ERR_NOT_FOUND, "no_key",
			       "the key file %s is missing; a backup is restored with the key under which it was made",
			       key_path);
	if (!key_load(key_path, &key, e))
		return false;
	progress_begin(&bar, c);
	struct backup_watch watch = { .ctx = &bar, .progress = progress_show, .cancel = c->cancel };
	bool good = backup_read(c->files[0], c->line->args[0], &key, path, &watch, ret, e);
	progress_end(&bar);
	key_wipe(&key);
	if (!good || !verify_restored(c, path, e))
		return false;
	if (replace)
		return keep_settings(c->settings->dir, path, e);
	return !setting_text(c->settings, SETTING_KEY_FILE) || settings_remember(path, "key_file", key_path, e);
}

static bool lock_existing(const char *dir, int *ret_lock, struct err *e)
{
	pid_t holder = 0;
	if (!datadir_lock(dir, ret_lock, &holder, e))
		return false;
	return *ret_lock >= 0 ||
	       err_set(e, ERR_CONFLICT, "busy", "process %ld is at work in %s; stop it first", (long)holder, dir);
}

static bool restore_run(struct command *c, struct err *e)
{
	const char *dir = c->settings->dir;
	bool replace = datadir_exists(dir);
	char path[FOLDER_PATH];
	struct backup_counts counts;
	struct err ignored;
	CLEANUP(fd_close) int lock = -1;
	CLEANUP(fd_close) int new_lock = -1;
	if (replace && !command_flag(c->line, "force"))
		return err_set(e, ERR_CONFLICT, "folder_exists", "%s holds data; --force replaces them", dir);
	if (replace ? !lock_existing(dir, &lock, e) : !datadir_new_check(dir, e))
		return false;
	if (!datadir_new_begin(dir, path, sizeof path, &new_lock, e))
		return false;
	if (!restore_into(c, path, replace, &counts, e) ||
	    !(replace ? datadir_new_replace(path, dir, e) : datadir_new_finish(path, dir, e))) {
		datadir_remove(path, &ignored);
		return false;
	}
	char when[CLOCK_TEXT];
	clock_format(counts.made_at, when);
	fprintf(c->out, "restored %s as of %s: the store and %zu segment%s, %.1f MiB\n", dir, when, counts.segments,
		counts.segments == 1 ? "" : "s", (double)counts.bytes / (double)MIB);
	return true;
}

static const struct option_def backup_options[] = {
	{ .name = "force", .kind = OPTION_FLAG, .help = "Replace an existing file." },
};

const struct command_def command_backup = {
	.name = "backup",
	.arg_names = "FILE",
	.args = ARGS_WRITE_FILE,
	.min_args = 1,
	.max_args = 1,
	.options = backup_options,
	.n_options = countof(backup_options),
	.summary = "copy everything into one file, while the server runs",
	.description =
		"Writes one encrypted file that holds the store as of this moment and every loaded table. Others go on "
		"working meanwhile. The file appears under its name when it is whole and on the disk.\n\nThe key is "
		"not in "
		"it. Keep the key apart from the backups: whoever has both has the data, and without the key a backup "
		"is "
		"worth nothing.",
	.examples = "vitrina backup /backups/vitrina-$(date +%F)",
	.run = backup_run,
};

static const struct option_def restore_options[] = {
	{ .name = "force", .kind = OPTION_FLAG, .help = "Replace the data of an existing data folder." },
};

const struct command_def command_restore = {
	.name = "restore",
	.arg_names = "FILE",
	.args = ARGS_READ_FILES,
	.min_args = 1,
	.max_args = 1,
	.place = PLACE_HERE,
	.options = restore_options,
	.n_options = countof(restore_options),
	.summary = "make a data folder from a backup",
	.description =
		"Makes the data folder from a backup, with the key under which the backup was made (DATA.key or "
		"--key-file). "
		"Everything is read and checked before anything is replaced, and the folder is exchanged in one step. "
		"vitrina.conf of a replaced folder stays. The server must not run meanwhile.",
	.examples = "vitrina restore /backups/vitrina-2026-11-20\n"
		    "vitrina restore backup --data /srv/other --key-file /etc/vitrina/key",
	.run = restore_run,
};

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
