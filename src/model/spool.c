#include "model/spool.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypt/keys.h"
#include "crypt/sealed.h"
#include "model/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct spool {
	int dir_fd;
	struct key key; /* random: of this process alone */
};

struct spool_writer {
	int64_t id;
	struct sealed_writer *w;
};

struct spool_stream {
	struct sealed_reader *r;
	int write_fd;
	pthread_t thread;
	struct err why;
};

static void file_of(int64_t id, char ret[32])
{
	snprintf(ret, 32, "%" PRId64, id);
}

static bool empty_folder(int dir_fd, struct err *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int why = errno;
		fd_close(&fd);
		return err_errno(e, why, "spool");
	}
	for (struct dirent *d; (d = readdir(dir));)
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			unlinkat(dir_fd, d->d_name, 0);
	closedir(dir);
	return true;
}

bool spool_open(const char *data_dir, struct spool **ret, struct err *e)
{
	CLEANUP(fd_close) int dir = -1;
	if (!folder_open(data_dir, "spool", &dir, e) || !empty_folder(dir, e) || !crypt_init(e))
		return false;
	struct spool *s = mem_zalloc(sizeof *s);
	s->dir_fd = dir;
	dir = -1;
	key_random(&s->key);
	*ret = s;
	return true;
}

void spool_free(struct spool **s)
{
	if (!*s)
		return;
	fd_close(&(*s)->dir_fd);
	key_wipe(&(*s)->key);
	free(*s);
	*s = NULL;
}

bool spool_create(struct spool *s, struct spool_writer **ret, struct err *e)
{
	char file[32];
	struct spool_writer *w = mem_zalloc(sizeof *w);
	w->id = id_new();
	file_of(w->id, file);
	if (!sealed_create(s->dir_fd, file, &s->key, SEALED_UPLOAD, w->id, SEALED_SCRATCH, &w->w, e)) {
		free(w);
		return false;
	}
	*ret = w;
	return true;
}

bool spool_append(struct spool_writer *w, const void *p, size_t n, struct err *e)
{
	return sealed_write(w->w, p, n, e);
}

uint64_t spool_written(const struct spool_writer *w)
{
	return sealed_written(w->w);
}

bool spool_commit(struct spool_writer *w, int64_t *ret_id, struct err *e)
{
	if (!sealed_commit(&w->w, NULL, e))
		return false;
	*ret_id = w->id;
	return true;
}

void spool_writer_free(struct spool_writer **w)
{
	if (!*w)
		return;
	sealed_abort(&(*w)->w);
	free(*w);
	*w = NULL;
}

static bool open_upload(struct spool *s, int64_t id, struct sealed_reader **ret, struct err *e)
{
	char file[32];
	file_of(id, file);
	return sealed_open(s->dir_fd, file, &s->key, SEALED_UPLOAD, id, ret, e);
}

bool spool_size(struct spool *s, int64_t id, uint64_t *ret_bytes, struct err *e)
{
	CLEANUP(sealed_close) struct sealed_reader *r = NULL;
	if (!open_upload(s, id, &r, e))
		return false;
	*ret_bytes = sealed_size(r);
	return true;
}

static bool copy(struct sealed_reader *r, int fd, struct err *e)
{
	CLEANUP(str_freep) char *chunk = mem_alloc(SEALED_CHUNK);
	for (;;) {
		size_t n;
		if (!sealed_read(r, chunk, SEALED_CHUNK, &n, e))
			return false;
		if (!n)
			return true;
		if (!folder_write(fd, chunk, n, e))
			return false;
	}
}

static void *decipher(void *arg)
{
	struct spool_stream *t = arg;
	folder_block_sigpipe();
	copy(t->r, t->write_fd, &t->why);
	/* The reader sees the end of the file, also after a failure; spool_stream_end tells which. */
	fd_close(&t->write_fd);
	return NULL;
}

bool spool_stream_new(struct spool *s, int64_t id, struct spool_stream **ret, int *ret_fd, struct err *e)
{
	CLEANUP(sealed_close) struct sealed_reader *r = NULL;
	int ends[2];
	if (!open_upload(s, id, &r, e) || !folder_pipe(ends, e))
		return false;
	struct spool_stream *t = mem_zalloc(sizeof *t);
	t->r = r;
	t->write_fd = ends[1];
	int failed = pthread_create(&t->thread, NULL, decipher, t);
	if (failed) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		free(t);
		return err_errno(e, failed, "A thread for an upload");
	}
	r = NULL;
	*ret = t;
	*ret_fd = ends[0];
	return true;
}

bool spool_stream_end(struct spool_stream **t, struct err *e)
{
	if (!*t)
		return true;
	pthread_join((*t)->thread, NULL);
	struct err why = (*t)->why;
	sealed_close(&(*t)->r);
	free(*t);
	*t = NULL;
	if (why.kind == ERR_NONE || why.kind == ERR_CANCELLED)
		return true;
	if (e)
		*e = why;
	return false;
}

bool spool_memfd(struct spool *s, int64_t id, int *ret_fd, struct err *e)
{
	CLEANUP(sealed_close) struct sealed_reader *r = NULL;
	CLEANUP(fd_close) int fd = -1;
	if (!open_upload(s, id, &r, e))
		return false;
	if (sealed_size(r) > LIMIT_SEEKABLE_UPLOAD_BYTES)
		return err_set(e, ERR_TOO_LARGE, NULL,
			       "A file of this kind may have %zu MB at most; save it as CSV, which has no such limit.",
			       (size_t)(LIMIT_SEEKABLE_UPLOAD_BYTES / MIB));
	if (!folder_memfd("upload", &fd, e) || !copy(r, fd, e) || !folder_memfd_seal(fd, e))
		return false;
	*ret_fd = fd;
	fd = -1;
	return true;
}

void spool_remove(struct spool *s, int64_t id)
{
	char file[32];
	file_of(id, file);
	unlinkat(s->dir_fd, file, 0);
}
