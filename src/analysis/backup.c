#include "analysis/backup.h"

#include "base/clock.h"
#include "base/rand.h"
#include "crypt/sealed.h"
#include "db/backup.h"
#include "db/pool.h"
#include "model/folder.h"
#include "model/segment.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define STORE_WAIT_MS 10000
#define STAGE_PREFIX "backup."
#define STAGE_ATTEMPTS 5
#define COPY_BYTES (256 * KIB)

/* Snapshot and hard links of the segments that it names, in a folder of their own, so that nothing removes them. */
struct stage {
	char dir[FOLDER_PATH];
	int64_t *segments; /* malloc */
	size_t n, cap;
	uint64_t bytes;
};

struct writing {
	struct instance *in;
	const struct backup_watch *watch;
	struct sealed_writer *out;
	uint64_t done, total;
};

static void stage_end(struct stage *s)
{
	struct err ignored;
	if (s->dir[0])
		folder_remove(s->dir, &ignored);
	free(s->segments);
	*s = (struct stage){ 0 };
}

static bool cancelled(const struct backup_watch *w, struct err *e)
{
	return w->cancel && atomic_load(w->cancel) && !err_set(e, ERR_CANCELLED, NULL, "stopped");
}

static bool stage_make(struct instance *in, struct stage *s, struct err *e)
{
	snprintf(s->dir, sizeof s->dir, "%s/" STAGE_PREFIX "%016llx", in->dir, (unsigned long long)rand_u64());
	if (mkdir(s->dir, 0700) == 0)
		return true;
	s->dir[0] = '\0';
	return err_errno(e, errno, "%s", in->dir);
}

struct stage_progress {
	const struct backup_watch *watch;
};

static bool snapshot_progress(void *ctx, uint64_t done, uint64_t total)
{
	const struct stage_progress *p = ctx;
	return !(p->watch->cancel && atomic_load(p->watch->cancel));
}

static bool take_snapshot(struct instance *in, struct stage *s, const struct key *key, const struct backup_watch *w,
			  struct err *e)
{
	char path[FOLDER_PATH + 16];
	struct stage_progress p = { w };
	struct db *db = NULL;
	snprintf(path, sizeof path, "%s/store.db", s->dir);
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && db_backup(db, path, key, snapshot_progress, &p, e);
	db_pool_give(in->dbs, &db);
	return good;
}

static void stage_add(struct stage *s, int64_t id)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->segments = mem_realloc(s->segments, s->cap * sizeof *s->segments);
	}
	s->segments[s->n++] = id;
}

/* *ret_gone: a segment was removed between the snapshot and here. */
static bool link_segment(struct instance *in, struct stage *s, int64_t id, bool *ret_gone, struct err *e)
{
	char name[64], from[FOLDER_PATH + 80], to[FOLDER_PATH + 80];
	struct stat st;
	segment_name(id, name);
	snprintf(from, sizeof from, "%s/%s", in->dir, name);
	snprintf(to, sizeof to, "%s/%lld", s->dir, (long long)id);
	if (link(from, to) != 0) {
		*ret_gone = errno == ENOENT;
		return *ret_gone || err_errno(e, errno, "%s", name);
	}
	if (stat(to, &st) != 0)
		return err_errno(e, errno, "%s", name);
	s->bytes += (uint64_t)st.st_size;
	stage_add(s, id);
	return true;
}

static bool link_segments(struct instance *in, struct stage *s, const struct key *key, bool *ret_gone, struct err *e)
{
	char url[FOLDER_PATH + 32];
	struct db *snapshot = NULL;
	snprintf(url, sizeof url, "sqlite:%s/store.db", s->dir);
	bool good = db_open(url, key, 0, &snapshot, e);
	*ret_gone = false;
	for (int64_t after = 0; good && !*ret_gone;) {
		bool found;
		good = segment_next(snapshot, after, &after, &found, e);
		if (good && !found)
			break;
		good = good && link_segment(in, s, after, ret_gone, e);
	}
	db_close(&snapshot);
	return good;
}

/* A segment that is removed meanwhile makes the snapshot old: another one is taken then. */
static bool stage_fill(struct instance *in, struct stage *s, const struct backup_watch *w, struct err *e)
{
	struct key key;
	bool gone = true, good = true;
	key_derive(&in->master, KEY_STORE, 0, &key);
	for (int i = 0; good && gone && i < STAGE_ATTEMPTS; i++) {
		stage_end(s);
		good = stage_make(in, s, e) && take_snapshot(in, s, &key, w, e) && link_segments(in, s, &key, &gone, e);
	}
	key_wipe(&key);
	if (good && gone)
		return err_set(e, ERR_UNAVAILABLE, NULL, "data sets are being removed all the time; try again later");
	return good;
}

static bool put_number(struct writing *w, uint64_t v, struct err *e)
{
	uint64_t le = htole64(v);
	return sealed_write(w->out, &le, sizeof le, e);
}

static bool put_file(struct writing *w, const char *path, const char *what, struct err *e)
{
	struct stat st;
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(str_freep) char *chunk = mem_alloc(COPY_BYTES);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(e, errno, "%s", what);
	if (!put_number(w, (uint64_t)st.st_size, e))
		return false;
	for (uint64_t left = (uint64_t)st.st_size; left;) {
		ssize_t n = read(fd, chunk, MIN(left, (uint64_t)COPY_BYTES));
		if (n <= 0)
			return n < 0 ? err_errno(e, errno, "%s", what)
				     : err_set(e, ERR_CORRUPT, NULL, "%s was cut short", what);
		if (cancelled(w->watch, e) || !sealed_write(w->out, chunk, (size_t)n, e))
			return false;
		left -= (uint64_t)n;
		w->done += (uint64_t)n;
		if (w->watch->progress)
			w->watch->progress(w->watch->ctx, (double)w->done / (double)(w->total + 1), what);
	}
	return true;
}

/* What is damaged here must not be found out only when the backup is needed. */
static bool put_segment(struct writing *w, const struct stage *s, int64_t id, struct err *e)
{
	char path[FOLDER_PATH + 32], name[64];
	segment_name(id, name);
	snprintf(path, sizeof path, "%s/%lld", s->dir, (long long)id);
	if (!segment_verify(w->in->segments, id, w->watch->cancel, e) && e->kind != ERR_NOT_FOUND)
		return false;
	return put_number(w, (uint64_t)id, e) && put_file(w, path, name, e);
}

static bool put_all(struct writing *w, const struct stage *s, int64_t made_at, struct err *e)
{
	char path[FOLDER_PATH + 16];
	snprintf(path, sizeof path, "%s/store.db", s->dir);
	if (!sealed_write(w->out, "VTRBKUP1", 8, e) || !put_number(w, (uint64_t)made_at, e) ||
	    !put_number(w, s->n, e) || !put_file(w, path, "store.db", e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!put_segment(w, s, s->segments[i], e))
			return false;
	return true;
}

bool backup_write(struct instance *in, const struct backup_target *to, const struct backup_watch *watch,
		  struct backup_counts *ret, struct err *e)
{
	CLEANUP(stage_end) struct stage s = { 0 };
	CLEANUP(sealed_abort) struct sealed_writer *out = NULL;
	int64_t made_at = clock_now();
	struct key key;
	struct stat st;
	char path[FOLDER_PATH + 16];
	if (!stage_fill(in, &s, watch, e))
		return false;
	snprintf(path, sizeof path, "%s/store.db", s.dir);
	if (stat(path, &st) == 0)
		s.bytes += (uint64_t)st.st_size;
	key_derive(&in->master, KEY_BACKUP, 0, &key);
	bool good = to->fd >= 0 ? sealed_create_fd(to->fd, to->name, &key, SEALED_BACKUP, 0, &out, e)
				: sealed_create(to->dir, to->name, &key, SEALED_BACKUP, 0, 0, &out, e);
	key_wipe(&key);
	if (!good)
		return false;
	struct writing w = { .in = in, .watch = watch, .out = out, .total = s.bytes };
	if (!put_all(&w, &s, made_at, e) || !sealed_commit(&out, NULL, e))
		return false;
	*ret = (struct backup_counts){ .segments = s.n, .bytes = s.bytes, .made_at = made_at };
	return true;
}

static void sweep_kept(const char *dir)
{
	char path[FOLDER_PATH];
	struct err ignored;
	size_t removed;
	snprintf(path, sizeof path, "%s/backups", dir);
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !sealed_sweep(fd, &removed, &ignored))
		return; /* what lies there too long takes room, no more */
}

void backup_sweep(const char *dir)
{
	DIR *d = opendir(dir);
	struct err ignored;
	sweep_kept(dir);
	if (!d)
		return;
	for (struct dirent *entry; (entry = readdir(d));) {
		char path[FOLDER_PATH + 300];
		if (strncmp(entry->d_name, STAGE_PREFIX, strlen(STAGE_PREFIX)) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		folder_remove(path, &ignored);
	}
	closedir(d);
}
