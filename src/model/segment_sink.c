/*
 * The writing side of a segment: a thread reads the pipe and seals. When sealing fails, the disk being full above all,
 * the thread closes its end, so that whoever writes is stopped by EPIPE instead of filling a pipe that nobody reads;
 * the reason is kept for segment_sink_commit and segment_sink_error.
 */
#include "model/segment_inner.h"

#include "base/ids.h"
#include "crypt/sealed.h"
#include "model/folder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct segment_sink {
	struct segment_store *store;
	int64_t id;
	int read_fd;
	pthread_t thread;
	bool joined;
	struct sealed_writer *w;
	struct err why; /* kind ERR_NONE: all went well */
};

static void *pump(void *arg)
{
	struct segment_sink *k = arg;
	char *chunk = mem_alloc(SEALED_CHUNK);
	for (;;) {
		ssize_t n = read(k->read_fd, chunk, SEALED_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_errno(&k->why, errno, "Reading what is to be kept");
		if (n <= 0 || !sealed_write(k->w, chunk, (size_t)n, &k->why))
			break;
	}
	free(chunk);
	fd_close(&k->read_fd);
	return NULL;
}

bool segment_sink_new(struct segment_store *s, struct segment_sink **ret, int *ret_write_fd, struct err *e)
{
	CLEANUP(key_wipe) struct key key;
	struct sealed_writer *w = NULL;
	char file[32];
	int ends[2];
	int64_t id = id_new();
	segment_file(id, file);
	segment_key(s, id, &key);
	if (!sealed_create(s->dir_fd, file, &key, SEALED_SEGMENT, id, 0, &w, e))
		return false;
	if (!folder_pipe(ends, e)) {
		sealed_abort(&w);
		return false;
	}
	struct segment_sink *k = mem_zalloc(sizeof *k);
	k->store = s;
	k->id = id;
	k->w = w;
	k->read_fd = ends[0];
	int failed = pthread_create(&k->thread, NULL, pump, k);
	if (failed) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		sealed_abort(&w);
		free(k);
		return err_errno(e, failed, "A thread for a segment");
	}
	*ret = k;
	*ret_write_fd = ends[1];
	return true;
}

static void join(struct segment_sink *k)
{
	if (!k->joined)
		pthread_join(k->thread, NULL);
	k->joined = true;
}

bool segment_sink_error(struct segment_sink *k, struct err *e)
{
	join(k);
	if (k->why.kind == ERR_NONE)
		return false;
	if (e)
		*e = k->why;
	return true;
}

bool segment_sink_commit(struct segment_sink *k, int64_t *ret_id, uint64_t *ret_bytes, struct err *e)
{
	uint64_t bytes = 0;
	if (segment_sink_error(k, e))
		return false;
	if (!k->w)
		return err_set(e, ERR_INTERNAL, NULL, "A segment was committed twice.");
	if (!sealed_commit(&k->w, &bytes, e))
		return false;
	*ret_id = k->id;
	*ret_bytes = bytes;
	return true;
}

void segment_sink_free(struct segment_sink **k)
{
	if (!*k)
		return;
	join(*k);
	sealed_abort(&(*k)->w);
	free(*k);
	*k = NULL;
}
