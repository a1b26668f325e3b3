#include "analysis/backup.h"

#include "base/clock.h"
#include "crypt/sealed.h"
#include "model/segment.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (256 * KIB)
#define LIMIT_BACKUP_SEGMENTS (INT64_C(1) << 32)

struct reading {
	struct sealed_reader *in;
	const struct backup_watch *watch;
	const char *name;
	int dir; /* of the new folder */
	uint64_t done, total;
	uint64_t files_bytes;
};

static bool damaged(const struct reading *r, struct err *e)
{
	return err_set(e, ERR_CORRUPT, NULL, "%s is no whole backup", r->name);
}

static bool get(struct reading *r, void *p, size_t n, struct err *e)
{
	for (char *at = p; n;) {
		size_t got;
		if (!sealed_read(r->in, at, n, &got, e))
			return false;
		if (got == 0)
			return damaged(r, e);
		at += got;
		n -= got;
		r->done += got;
	}
	return true;
}

static bool get_number(struct reading *r, uint64_t *ret, struct err *e)
{
	uint64_t le;
	if (!get(r, &le, sizeof le, e))
		return false;
	*ret = le64toh(le);
	return true;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

static bool get_file(struct reading *r, const char *path, struct err *e)
{
	uint64_t left;
	CLEANUP(str_freep) char *chunk = mem_alloc(COPY_BYTES);
	CLEANUP(fd_close) int fd = openat(r->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	if (!get_number(r, &left, e))
		return false;
	r->files_bytes += left;
	while (left) {
		size_t n = (size_t)MIN(left, (uint64_t)COPY_BYTES);
		if (r->watch->cancel && atomic_load(r->watch->cancel))
			return err_set(e, ERR_CANCELLED, NULL, "stopped");
		if (!get(r, chunk, n, e))
			return false;
		if (!write_all(fd, chunk, n))
			return err_errno(e, errno, "%s", path);
		left -= n;
		if (r->watch->progress)
			r->watch->progress(r->watch->ctx, (double)r->done / (double)(r->total + 1), path);
	}
	return fsync(fd) == 0 || err_errno(e, errno, "%s", path);
}

static bool get_segments(struct reading *r, uint64_t n, struct err *e)
{
	if (mkdirat(r->dir, "segments", 0700) != 0)
		return err_errno(e, errno, "segments");
	for (uint64_t i = 0; i < n; i++) {
		uint64_t id;
		char path[64];
		if (!get_number(r, &id, e))
			return false;
		if (id == 0 || id > INT64_MAX)
			return damaged(r, e);
		segment_name((int64_t)id, path);
		if (!get_file(r, path, e))
			return false;
	}
	CLEANUP(fd_close) int dir = openat(r->dir, "segments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (dir >= 0 && fsync(dir) == 0) || err_errno(e, errno, "segments");
}

static bool get_all(struct reading *r, struct backup_counts *ret, struct err *e)
{
	char magic[8], more;
	uint64_t made_at, n;
	size_t rest;
	if (!get(r, magic, sizeof magic, e) || !get_number(r, &made_at, e) || !get_number(r, &n, e))
		return false;
	if (memcmp(magic, "VTRBKUP1", sizeof magic) != 0 || n > LIMIT_BACKUP_SEGMENTS || made_at > INT64_MAX)
		return damaged(r, e);
	if (!get_file(r, "store.db", e) || !get_segments(r, n, e) || !sealed_read(r->in, &more, 1, &rest, e))
		return false;
	*ret = (struct backup_counts){ .segments = (size_t)n, .bytes = r->files_bytes, .made_at = (int64_t)made_at };
	return rest == 0 || damaged(r, e);
}

bool backup_read(int fd, const char *name, const struct key *master, const char *dir, const struct backup_watch *w,
		 struct backup_counts *ret, struct err *e)
{
	CLEANUP(sealed_close) struct sealed_reader *in = NULL;
	CLEANUP(fd_close) int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct key key;
	if (at < 0)
		return err_errno(e, errno, "%s", dir);
	key_derive(master, KEY_BACKUP, 0, &key);
	bool good = sealed_open_fd(fd, name, &key, SEALED_BACKUP, 0, &in, e);
	key_wipe(&key);
	if (!good)
		return false;
	struct reading r = { .in = in, .watch = w, .name = name, .dir = at, .total = sealed_size(in) };
	return get_all(&r, ret, e);
}
