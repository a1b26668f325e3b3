#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEP_PAGES 512

static bool copy_pages(struct db *db, sqlite3 *to, db_progress_fn *progress, void *ctx, struct err *e)
{
	sqlite3 *from = ((struct sqlite_db *)db)->handle;
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	if (!b)
		return sqlite_error(to, db->name, sqlite3_extended_errcode(to), e);
	int rc;
	bool stopped = false;
	do {
		rc = sqlite3_backup_step(b, STEP_PAGES);
		uint64_t total = (uint64_t)sqlite3_backup_pagecount(b);
		uint64_t left = (uint64_t)sqlite3_backup_remaining(b);
		stopped = progress && !progress(ctx, total - left, total);
	} while (rc == SQLITE_OK && !stopped);
	int end = sqlite3_backup_finish(b);
	if (stopped && rc == SQLITE_OK)
		return err_set(e, ERR_CANCELLED, NULL, "The backup was stopped.");
	if (rc != SQLITE_DONE || end != SQLITE_OK)
		return sqlite_error(from, db->name, rc != SQLITE_DONE ? rc : end, e);
	return true;
}

static bool flush(const char *path, int flags, struct err *e)
{
	CLEANUP(fd_close) int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_errno(e, errno, "%s", path);
	return true;
}

/* Under its final name and safe from a power cut; an existing file is never replaced. */
static bool publish(const char *part, const char *path, struct err *e)
{
	CLEANUP(str_freep) char *copy = mem_strdup(path);
	if (!flush(part, O_RDWR, e))
		return false;
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) < 0) {
		/* Some network file systems do not know the flag; that the name was free was seen at the start. */
		if (errno != EINVAL || rename(part, path) < 0)
			return err_errno(e, errno, "%s", path);
	}
	return flush(dirname(copy), O_RDONLY | O_DIRECTORY, e);
}

static bool copy_to(struct db *db, const char *part, const struct key *key, db_progress_fn *progress, void *ctx,
		    struct err *e)
{
	sqlite3 *to = NULL;
	if (!sqlite_open_file(part, key, true, &to, e))
		return false;
	/* A half copy is thrown away whole, so its own journal would be work for nothing. */
	int rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
	bool ok = rc == SQLITE_OK || sqlite_error(to, part, rc, e);
	/* The open transaction holds one view of the store, so that writers cannot make the copy begin anew. */
	ok = ok && db_begin_read(db, e);
	if (ok) {
		int64_t pages;
		ok = db_query_i64(db, &pages, NULL, e, "SELECT count(*) FROM sqlite_master", "") &&
		     copy_pages(db, to, progress, ctx, e);
		db_rollback(db);
	}
	rc = sqlite3_close(to);
	if (ok && rc != SQLITE_OK)
		ok = sqlite_error(NULL, part, rc, e);
	return ok;
}

bool sqlite_backup(struct db *db, const char *path, const struct key *key, db_progress_fn *progress, void *ctx,
		   struct err *e)
{
	char part[4096];
	if (access(path, F_OK) == 0)
		return err_set(e, ERR_CONFLICT, "exists", "%s: the file exists already", path);
	if ((size_t)snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid()) >= sizeof part)
		return err_set(e, ERR_VALUE, NULL, "The path of the backup is too long.");
	CLEANUP(fd_close) int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	bool ok = copy_to(db, part, key, progress, ctx, e) && publish(part, path, e);
	if (!ok)
		unlink(part);
	return ok;
}
