#include "analysis/backup_keep.h"

#include "analysis/backup.h"
#include "base/ids.h"
#include "base/limits.h"
#include "db/db.h"
#include "job/job.h"
#include "model/audit.h"
#include "model/folder.h"
#include "json/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FOLDER "backups"
#define SUFFIX ".backup"
#define NAME_BYTES 64

/* -- the folder */

static void name_of(int64_t id, char ret[NAME_BYTES])
{
	snprintf(ret, NAME_BYTES, "%" PRId64 SUFFIX, id);
}

/* Of a whole backup; 0 for anything else that lies in the folder. */
static int64_t id_of(const char *name)
{
	struct str s = str_of(name);
	size_t n = strlen(SUFFIX);
	int64_t id;
	if (s.n <= n || strcmp(s.p + s.n - n, SUFFIX) != 0 || !id_parse(str_n(s.p, s.n - n), &id))
		return 0;
	return id;
}

static int newest_first(const void *a, const void *b)
{
	const struct backup_file *x = a, *y = b;
	return (x->id < y->id) - (x->id > y->id);
}

/* A stream of the entries of folder fd, which stays open. */
static DIR *entries(int fd, struct err *e)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	if (!d) {
		int why = errno;
		fd_close(&again);
		err_errno(e, why, FOLDER);
	}
	return d;
}

static bool read_folder(int fd, struct arena *a, struct backup_file **ret, size_t *ret_n, struct err *e)
{
	struct backup_file *list = arena_array(a, LIMIT_BACKUPS_KEPT, sizeof *list);
	size_t n = 0;
	DIR *d = list ? entries(fd, e) : NULL;
	if (!d)
		return list ? false : err_set(e, ERR_LIMIT, NULL, "the request takes too much memory");
	for (struct dirent *entry; n < LIMIT_BACKUPS_KEPT && (entry = readdir(d));) {
		int64_t id = id_of(entry->d_name);
		struct stat st;
		if (id && fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			list[n++] = (struct backup_file){ id, id_time(id), (uint64_t)st.st_size };
	}
	closedir(d);
	qsort(list, n, sizeof *list, newest_first);
	*ret = list;
	*ret_n = n;
	return true;
}

bool backups_list(struct instance *in, const struct caller *by, struct arena *a, struct backup_file **ret,
		  size_t *ret_n, struct err *e)
{
	CLEANUP(fd_close) int fd = -1;
	return caller_must(by, PERM_BACKUP, e) && folder_open(in->dir, FOLDER, &fd, e) &&
	       read_folder(fd, a, ret, ret_n, e);
}

/* -- making one */

struct keeping {
	struct instance *in;
	int64_t id;
	int dir; /* locked: one backup at a time, and nothing is counted meanwhile */
};

static void free_keeping(void *ctx)
{
	struct keeping *k = ctx;
	fd_close(&k->dir);
	free(k);
}

static void watch(void *ctx, double fraction, const char *message)
{
	job_progress(ctx, fraction, "%s", message);
}

static bool run_job(struct job *j, void *ctx, struct err *e)
{
	struct keeping *k = ctx;
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	char name[NAME_BYTES];
	struct backup_counts counts;
	name_of(k->id, name);
	struct backup_watch w = { .ctx = j, .progress = watch, .cancel = job_cancel_flag(j) };
	struct backup_target to = { .fd = -1, .dir = k->dir, .name = name };
	if (!backup_write(k->in, &to, &w, &counts, e))
		return false;
	struct json_writer jw = json_writer(&b);
	jw_open(&jw, '{');
	jw_kv_id(&jw, "backup", k->id);
	jw_kv_i64(&jw, "segments", (int64_t)counts.segments);
	jw_kv_i64(&jw, "bytes", (int64_t)counts.bytes);
	jw_close(&jw, '}');
	job_set_result(j, buf_str(&b));
	return true;
}

static uint64_t file_bytes(const char *dir, const char *name)
{
	char path[4096 + 64];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t segments_bytes(const char *dir)
{
	CLEANUP(fd_close) int fd = -1;
	struct err ignored;
	uint64_t sum = 0;
	DIR *d = folder_open(dir, "segments", &fd, &ignored) ? entries(fd, &ignored) : NULL;
	struct stat st;
	for (struct dirent *entry; d && (entry = readdir(d));)
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	return sum;
}

/* The snapshot of the store lies beside the backup while it is written. Told before, not after an hour's work. */
static bool check_room(struct instance *in, int fd, struct err *e)
{
	struct statvfs v;
	uint64_t store = file_bytes(in->dir, "store.db") + file_bytes(in->dir, "store.db-wal");
	uint64_t need = 2 * store + segments_bytes(in->dir) + LIMIT_BACKUP_SPARE_BYTES;
	if (fstatvfs(fd, &v) != 0)
		return err_errno(e, errno, FOLDER);
	uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
	return room >= need ||
	       err_set(e, ERR_CONFLICT, "disk_full", "the backup may need %.1f MiB, and the disk has %.1f MiB left",
		       (double)need / (double)MIB, (double)room / (double)MIB);
}

static bool check_folder(struct instance *in, int fd, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * KIB);
	struct backup_file *list;
	size_t n;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_CONFLICT, "busy", "a backup is being made already");
	if (!read_folder(fd, &a, &list, &n, e))
		return false;
	if (n >= LIMIT_BACKUPS_KEPT)
		return err_set(e, ERR_CONFLICT, "too_many_backups", "there are %d backups already; delete one first",
			       LIMIT_BACKUPS_KEPT);
	return check_room(in, fd, e);
}

bool backups_start(struct instance *in, struct db *db, const struct caller *by, int64_t *ret_job, struct err *e)
{
	CLEANUP(fd_close) int fd = -1;
	if (!caller_must(by, PERM_BACKUP, e) || !folder_open(in->dir, FOLDER, &fd, e) || !check_folder(in, fd, e))
		return false;
	struct keeping *k = mem_zalloc(sizeof *k);
	*k = (struct keeping){ in, id_new(), fd };
	fd = -1;
	if (!audit_add(db, by, "backup_create", "backup", k->id, NULL, e)) {
		free_keeping(k);
		return false;
	}
	struct job_spec spec = { .kind = "backup",
				 .org = by->org,
				 .user = by->user,
				 .object = k->id,
				 .run = run_job,
				 .ctx = k,
				 .free_ctx = free_keeping };
	return job_start(in->jobs, &spec, ret_job, e);
}

/* -- using one */

static bool unknown(struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, NULL, "there is no such backup");
}

bool backups_open(struct instance *in, struct db *db, const struct caller *by, int64_t id, int *ret_fd,
		  struct backup_file *ret, struct err *e)
{
	CLEANUP(fd_close) int dir = -1;
	CLEANUP(fd_close) int fd = -1;
	char name[NAME_BYTES];
	struct stat st;
	name_of(id, name);
	if (!caller_must(by, PERM_BACKUP, e) || !folder_open(in->dir, FOLDER, &dir, e))
		return false;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT ? unknown(e) : err_errno(e, errno, "%s", name);
	if (!audit_add(db, by, "backup_read", "backup", id, NULL, e))
		return false;
	*ret = (struct backup_file){ id, id_time(id), (uint64_t)st.st_size };
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool backups_remove(struct instance *in, struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(fd_close) int dir = -1;
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char name[NAME_BYTES];
	name_of(id, name);
	if (!caller_must(by, PERM_BACKUP, e) || !folder_open(in->dir, FOLDER, &dir, e))
		return false;
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? unknown(e) : err_errno(e, errno, "%s", name);
	/* Written down first: what was deleted without a trace would be worse than a trace of what was not. */
	if (!db_begin_tx(db, &tx, e) || !audit_add(db, by, "backup_remove", "backup", id, NULL, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	if (unlinkat(dir, name, 0) != 0 || fsync(dir) != 0)
		return errno == ENOENT ? unknown(e) : err_errno(e, errno, "%s", name);
	return true;
}
