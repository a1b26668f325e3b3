#include "model/segment_inner.h"

#include "base/str.h"
#include "crypt/sealed.h"
#include "db/db.h"
#include "model/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void segment_key(const struct segment_store *s, int64_t id, struct key *ret)
{
	key_derive(&s->master, KEY_SEGMENT, (uint64_t)id, ret);
}

void segment_file(int64_t id, char ret[32])
{
	snprintf(ret, 32, "%" PRId64 ".seg", id);
}

void segment_name(int64_t id, char ret[64])
{
	snprintf(ret, 64, "segments/%" PRId64 ".seg", id);
}

bool segment_store_open(const char *data_dir, const struct key *master, struct segment_store **ret, struct err *e)
{
	int dir;
	if (!folder_open(data_dir, "segments", &dir, e))
		return false;
	struct segment_store *s = mem_zalloc(sizeof *s);
	s->dir_fd = dir;
	s->master = *master;
	*ret = s;
	return true;
}

void segment_store_free(struct segment_store **s)
{
	if (!*s)
		return;
	fd_close(&(*s)->dir_fd);
	key_wipe(&(*s)->master);
	free(*s);
	*s = NULL;
}

/* sealed names the file within its folder; people know the data folder. */
static void in_folder(struct err *e)
{
	char was[sizeof e->message];
	if (e->kind != ERR_CORRUPT)
		return;
	memcpy(was, e->message, sizeof was);
	snprintf(e->message, sizeof e->message, "segments/%.*s", (int)sizeof was - 16, was);
}

bool segment_open_memfd(struct segment_store *s, int64_t id, int *ret_fd, struct err *e)
{
	CLEANUP(key_wipe) struct key key;
	CLEANUP(fd_close) int fd = -1;
	struct err why = { 0 };
	char file[32];
	segment_file(id, file);
	segment_key(s, id, &key);
	if (!folder_memfd(file, &fd, e))
		return false;
	if (!sealed_copy_to_fd(s->dir_fd, file, &key, SEALED_SEGMENT, id, fd, NULL, &why)) {
		in_folder(&why);
		if (e)
			*e = why;
		return false;
	}
	if (!folder_memfd_seal(fd, e))
		return false;
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool segment_open_owned(struct segment_store *s, struct db *db, int64_t org, int64_t id, int *ret_fd, struct err *e)
{
	bool found = false;
	int64_t there;
	if (!db_query_i64(db, &there, &found, e, "SELECT id FROM segment WHERE id = ?1 AND org = ?2", "ii", id, org))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, "segment_gone", "The data changed while they were being read.");
	return segment_open_memfd(s, id, ret_fd, e);
}

static bool read_through(struct sealed_reader *r, const _Atomic bool *cancel, struct err *e)
{
	CLEANUP(str_freep) char *chunk = mem_alloc(SEALED_CHUNK);
	for (size_t n = 1; n;) {
		if (cancel && atomic_load(cancel))
			return err_set(e, ERR_CANCELLED, NULL, "The check was stopped.");
		if (!sealed_read(r, chunk, SEALED_CHUNK, &n, e))
			return false;
	}
	return true;
}

bool segment_verify(struct segment_store *s, int64_t id, const _Atomic bool *cancel, struct err *e)
{
	CLEANUP(key_wipe) struct key key;
	struct sealed_reader *r = NULL;
	struct err why = { 0 };
	char file[32];
	segment_file(id, file);
	segment_key(s, id, &key);
	bool ok = sealed_open(s->dir_fd, file, &key, SEALED_SEGMENT, id, &r, &why) && read_through(r, cancel, &why);
	sealed_close(&r);
	if (ok)
		return true;
	in_folder(&why);
	if (e)
		*e = why;
	return false;
}

void segment_remove(struct segment_store *s, int64_t id)
{
	char file[32];
	segment_file(id, file);
	unlinkat(s->dir_fd, file, 0);
}

/* Reads "<id>.seg"; other names are not ours to judge. */
static bool id_of_file(const char *name, int64_t *ret)
{
	struct str s = str_of(name);
	return str_ends(s, STR(".seg")) && str_to_i64(str_n(s.p, s.n - 4), ret);
}

static bool sweep_files(struct segment_store *s, DIR *dir, struct db *db, size_t *removed, struct err *e)
{
	for (struct dirent *d; (d = readdir(dir));) {
		int64_t id, there;
		bool named = false;
		if (!id_of_file(d->d_name, &id))
			continue;
		if (!db_query_i64(db, &there, &named, e, "SELECT segment FROM table_segment WHERE segment = ?1 LIMIT 1",
				  "i", id))
			return false;
		if (named)
			continue;
		unlinkat(s->dir_fd, d->d_name, 0);
		++*removed;
	}
	return true;
}

bool segment_sweep(struct segment_store *s, struct db *db, size_t *ret_removed, struct err *e)
{
	size_t removed = 0;
	if (!sealed_sweep(s->dir_fd, &removed, e))
		return false;
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int why = errno;
		fd_close(&fd);
		return err_errno(e, why, "segments");
	}
	bool ok = sweep_files(s, dir, db, &removed, e);
	closedir(dir);
	if (ok && ret_removed)
		*ret_removed = removed;
	return ok;
}

bool segment_next(struct db *db, int64_t after, int64_t *ret_id, bool *ret_found, struct err *e)
{
	*ret_found = false;
	return db_query_i64(db, ret_id, ret_found, e, "SELECT id FROM segment WHERE id > ?1 ORDER BY id LIMIT 1", "i",
			    after);
}

bool segment_check_all(struct segment_store *s, struct db *db,
		       void (*bad)(void *ctx, const char *file, const struct err *why), void *ctx, size_t *ret_checked,
		       struct err *e)
{
	size_t checked = 0;
	for (int64_t after = 0, id;;) {
		bool found;
		/* One statement a segment, so that no reader stays open in the store while gigabytes are read. */
		if (!segment_next(db, after, &id, &found, e))
			return false;
		if (!found)
			break;
		struct err why = { 0 };
		char name[64];
		segment_name(id, name);
		if (!segment_verify(s, id, NULL, &why))
			bad(ctx, name, &why);
		checked++;
		after = id;
	}
	if (ret_checked)
		*ret_checked = checked;
	return true;
}
