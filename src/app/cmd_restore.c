/* vitrina restore */
#include "analysis/backup.h"
#include "app/check.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/datadir.h"
#include "app/open.h"
#include "app/progress.h"
#include "app/serve.h"
#include "app/settings.h"
#include "base/clock.h"
#include "model/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define RESTART_USEC (120 * USEC_PER_SEC)
#define RETRY_MS 20

static bool verify_restored(struct command *c, const char *path, struct err *e)
{
	struct instance *in = NULL;
	struct check_counts counts;
	if (!instance_open(c->settings, path, 0, &in, e))
		return false;
	bool good = check_instance(c, in, &counts, e);
	instance_close(&in);
	if (good && counts.damaged)
		return err_set(e, ERR_CORRUPT, NULL, "the backup holds damaged data; nothing was changed");
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

/* --- putting it in its place --- */

/* The part of the server: it goes on with the folder that was made beside its own. */
static bool restore_in_server(struct command *c, struct err *e)
{
	char path[FOLDER_PATH];
	datadir_new_path(c->settings->dir, path, sizeof path);
	if (!datadir_check(path, e))
		return false;
	serve_exchange();
	return true;
}

/* Until the server answers again and what was made beside is gone; a server that went away is an error. */
static bool wait_for_server(const char *dir, const char *path, struct err *e)
{
	for (int64_t until = clock_monotonic() + RESTART_USEC; clock_monotonic() < until; poll(NULL, 0, RETRY_MS)) {
		CLEANUP(fd_close) int control = -1;
		CLEANUP(fd_close) int lock = -1;
		if (access(path, F_OK) == 0)
			continue;
		if (!datadir_control_connect(dir, &control, e))
			return false;
		if (control >= 0)
			return true;
		if (!datadir_lock(dir, &lock, NULL, e))
			return false;
		if (lock >= 0)
			return err_set(e, ERR_UNAVAILABLE, NULL, "the server ended; the data were restored");
	}
	return err_set(e, ERR_TIMEOUT, NULL, "the server does not take the restored folder; its log says why");
}

static bool hand_to_server(struct command *c, const char *path, struct err *e)
{
	CLEANUP(fd_close) int control = -1;
	const char *argv[] = { "restore", "--force", "--", c->line->args[0] };
	struct control_request rq = { .argc = countof(argv), .argv = argv, .screen = c->screen, .input = -1 };
	bool accepted;
	int status = 1;
	if (!datadir_give(path, c->settings->dir, e) || !datadir_control_connect(c->settings->dir, &control, e))
		return false;
	if (control < 0)
		return err_set(e, ERR_UNAVAILABLE, NULL, "the server went away meanwhile; try again");
	if (!control_call(control, &rq, c->cancel, &accepted, &status, e))
		return false;
	if (!accepted || status != 0)
		return err_set(e, ERR_UNAVAILABLE, NULL, "the server did not take the restored folder");
	return wait_for_server(c->settings->dir, path, e);
}

/* Who has the folder that is to be replaced: nobody (lock), a server (control), or a command (refused). */
static bool look_at_existing(const char *dir, int *ret_lock, bool *ret_served, struct err *e)
{
	pid_t holder = 0;
	CLEANUP(fd_close) int control = -1;
	if (!datadir_lock(dir, ret_lock, &holder, e))
		return false;
	if (*ret_lock < 0 && !datadir_control_connect(dir, &control, e))
		return false;
	*ret_served = control >= 0;
	return *ret_lock >= 0 || *ret_served ||
	       err_set(e, ERR_CONFLICT, "busy", "process %ld is at work in %s", (long)holder, dir);
}

static bool restore_run(struct command *c, struct err *e)
{
	const char *dir = c->settings->dir;
	bool replace = datadir_exists(dir);
	char path[FOLDER_PATH], when[CLOCK_TEXT];
	struct backup_counts counts;
	struct err ignored;
	CLEANUP(fd_close) int lock = -1;
	CLEANUP(fd_close) int new_lock = -1;
	bool served = false;
	if (c->in_server)
		return restore_in_server(c, e);
	if (replace && !command_flag(c->line, "force"))
		return err_set(e, ERR_CONFLICT, "folder_exists", "%s holds data; --force replaces them", dir);
	if (replace ? !look_at_existing(dir, &lock, &served, e) : !datadir_new_check(dir, e))
		return false;
	if (!datadir_new_begin(dir, path, sizeof path, &new_lock, e))
		return false;
	bool good = restore_into(c, path, replace, &counts, e);
	if (good && served) {
		fd_close(&new_lock); /* the server takes it */
		good = hand_to_server(c, path, e);
	} else if (good) {
		good = replace ? datadir_new_replace(path, dir, e) : datadir_new_finish(path, dir, e);
	}
	if (!good) {
		folder_remove(path, &ignored);
		return false;
	}
	clock_format(counts.made_at, when);
	fprintf(c->out, "restored %s as of %s: the store and %zu segment%s, %.1f MiB\n", dir, when, counts.segments,
		counts.segments == 1 ? "" : "s", (double)counts.bytes / (double)MIB);
	return true;
}

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
	.also_in_server = true,
	.options = restore_options,
	.n_options = countof(restore_options),
	.summary = "make a data folder from a backup",
	.description =
		"Makes the data folder from a backup, with the key under which the backup was made (DATA.key or "
		"--key-file). Everything is read and checked before anything is replaced, and the folder is exchanged "
		"in one step. vitrina.conf of a replaced folder stays. A server that runs goes on with the restored "
		"data after a moment.",
	.examples = "vitrina restore /backups/vitrina-2026-11-20\n"
		    "vitrina restore backup --data /srv/other --key-file /etc/vitrina/key",
	.run = restore_run,
};
