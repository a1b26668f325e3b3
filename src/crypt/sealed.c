/*
 * Layout of a sealed file, integers little-endian:
 *
 *	0   7  "VTRSEAL"
 *	7   1  version, 1
 *	8   4  kind
 *	12  4  plain bytes of a chunk
 *	16  8  id
 *	24 24  header of the secretstream (its nonce)
 *	48     chunks, each 17 bytes longer than its plain text; all but the last are full
 *
 * The first 24 bytes are the associated data of every chunk. The last chunk bears the final tag and may be empty only
 * when the whole file is, so the length of the plain text follows from the length of the file.
 */
#include "crypt/sealed.h"

#include "base/rand.h"
#include "base/str.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIXED_BYTES 24
#define STREAM_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define EXTRA_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES (FIXED_BYTES + STREAM_BYTES)
#define NAME_BYTES 200 /* of a name; the temporary one must stay under NAME_MAX */
#define PART ".part"

struct sealed_writer {
	crypto_secretstream_xchacha20poly1305_state state;
	unsigned char fixed[FIXED_BYTES];
	int dir_fd, fd;
	unsigned flags;
	char name[NAME_BYTES + 1];
	char temp[NAME_BYTES + 32]; /* empty: over a descriptor of the caller's */
	uint64_t written;           /* plain bytes */
	size_t held;                /* plain bytes in `plain`, not yet encrypted */
	unsigned char *plain;
	unsigned char *sealed; /* SEALED_CHUNK + EXTRA_BYTES */
};

struct sealed_reader {
	crypto_secretstream_xchacha20poly1305_state state;
	unsigned char fixed[FIXED_BYTES];
	int fd;
	bool ended; /* the final tag was seen and nothing follows it */
	char name[NAME_BYTES + 1];
	uint64_t size;        /* plain bytes in all */
	size_t at, have;      /* verified bytes of `plain` not handed out yet: at .. have */
	unsigned char *plain; /* SEALED_CHUNK */
	unsigned char *sealed;
};

static void put_fixed(unsigned char *p, enum sealed_kind kind, int64_t id)
{
	uint32_t kind_le = htole32((uint32_t)kind), chunk_le = htole32((uint32_t)SEALED_CHUNK);
	uint64_t id_le = htole64((uint64_t)id);
	memcpy(p, "VTRSEAL\1", 8);
	memcpy(p + 8, &kind_le, 4);
	memcpy(p + 12, &chunk_le, 4);
	memcpy(p + 16, &id_le, 8);
}

static bool check_name(const char *name, struct err *e)
{
	if (!name[0] || strlen(name) > NAME_BYTES || strchr(name, '/') || name[0] == '.')
		return err_set(e, ERR_INTERNAL, NULL, "a sealed file cannot be named \"%.80s\"", name);
	return true;
}

static bool write_all(int fd, const unsigned char *p, size_t n, const char *name, struct err *e)
{
	while (n) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_errno(e, errno, "%s", name);
		p += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

void sealed_abort(struct sealed_writer **w)
{
	if (!*w)
		return;
	if ((*w)->fd >= 0) {
		close((*w)->fd);
		if ((*w)->temp[0])
			unlinkat((*w)->dir_fd, (*w)->temp, 0);
	}
	if ((*w)->plain)
		sodium_memzero((*w)->plain, SEALED_CHUNK);
	free((*w)->plain);
	free((*w)->sealed);
	sodium_memzero(*w, sizeof **w);
	free(*w);
	*w = NULL;
}

static bool begin(struct sealed_writer *w, const struct key *key, enum sealed_kind kind, int64_t id, struct err *e)
{
	unsigned char header[HEADER_BYTES];
	w->plain = mem_alloc(SEALED_CHUNK);
	w->sealed = mem_alloc(SEALED_CHUNK + EXTRA_BYTES);
	put_fixed(w->fixed, kind, id);
	memcpy(header, w->fixed, FIXED_BYTES);
	crypto_secretstream_xchacha20poly1305_init_push(&w->state, header + FIXED_BYTES, key->bytes);
	return write_all(w->fd, header, sizeof header, w->name, e);
}

bool sealed_create(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		   unsigned flags, struct sealed_writer **ret, struct err *e)
{
	if (!crypt_init(e) || !check_name(name, e))
		return false;
	CLEANUP(sealed_abort) struct sealed_writer *w = mem_zalloc(sizeof *w);
	w->dir_fd = dir_fd;
	w->flags = flags;
	snprintf(w->name, sizeof w->name, "%s", name);
	snprintf(w->temp, sizeof w->temp, ".%s.%016llx" PART, name, (unsigned long long)rand_u64());
	w->fd = openat(dir_fd, w->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (w->fd < 0)
		return err_errno(e, errno, "%s", name);
	if (!begin(w, key, kind, id, e))
		return false;
	*ret = w;
	w = NULL;
	return true;
}

bool sealed_create_fd(int fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		      struct sealed_writer **ret, struct err *e)
{
	if (!crypt_init(e))
		return false;
	CLEANUP(sealed_abort) struct sealed_writer *w = mem_zalloc(sizeof *w);
	w->dir_fd = -1;
	snprintf(w->name, sizeof w->name, "%s", name);
	w->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (w->fd < 0)
		return err_errno(e, errno, "%s", name);
	if (!begin(w, key, kind, id, e))
		return false;
	*ret = w;
	w = NULL;
	return true;
}

static bool push(struct sealed_writer *w, const unsigned char *p, size_t n, unsigned char tag, struct err *e)
{
	crypto_secretstream_xchacha20poly1305_push(&w->state, w->sealed, NULL, p, n, w->fixed, FIXED_BYTES, tag);
	return write_all(w->fd, w->sealed, n + EXTRA_BYTES, w->name, e);
}

bool sealed_write(struct sealed_writer *w, const void *p, size_t n, struct err *e)
{
	const unsigned char *at = p;
	while (n) {
		/* A full chunk is kept back until more comes: only the last chunk may bear the final tag. */
		if (w->held == SEALED_CHUNK) {
			if (!push(w, w->plain, SEALED_CHUNK, 0, e))
				return false;
			w->held = 0;
		}
		if (w->held == 0 && n > SEALED_CHUNK) {
			if (!push(w, at, SEALED_CHUNK, 0, e))
				return false;
			at += SEALED_CHUNK;
			n -= SEALED_CHUNK;
			w->written += SEALED_CHUNK;
			continue;
		}
		size_t take = MIN(n, SEALED_CHUNK - w->held);
		memcpy(w->plain + w->held, at, take);
		w->held += take;
		w->written += take;
		at += take;
		n -= take;
	}
	return true;
}

uint64_t sealed_written(const struct sealed_writer *w)
{
	return w->written;
}

static bool finish(struct sealed_writer *w, struct err *e)
{
	if (!push(w, w->plain, w->held, crypto_secretstream_xchacha20poly1305_TAG_FINAL, e))
		return false;
	if (!(w->flags & SEALED_SCRATCH) && fsync(w->fd) < 0)
		return err_errno(e, errno, "%s", w->name);
	if (!w->temp[0])
		return true;
	if (renameat(w->dir_fd, w->temp, w->dir_fd, w->name) < 0)
		return err_errno(e, errno, "%s", w->name);
	close(w->fd);
	w->fd = -1;
	if (!(w->flags & SEALED_SCRATCH) && fsync(w->dir_fd) < 0) {
		err_errno(e, errno, "%s: its folder", w->name);
		unlinkat(w->dir_fd, w->name, 0);
		return false;
	}
	return true;
}

bool sealed_commit(struct sealed_writer **w, uint64_t *ret_bytes, struct err *e)
{
	uint64_t bytes = (*w)->written;
	bool ok = finish(*w, e);
	sealed_abort(w); /* after a success there is nothing left but the memory */
	if (ok && ret_bytes)
		*ret_bytes = bytes;
	return ok;
}

static bool damaged(const struct sealed_reader *r, const char *how, struct err *e)
{
	return err_set(e, ERR_CORRUPT, NULL, "%s: %s", r->name, how);
}

void sealed_close(struct sealed_reader **r)
{
	if (!*r)
		return;
	fd_close(&(*r)->fd);
	if ((*r)->plain)
		sodium_memzero((*r)->plain, SEALED_CHUNK);
	free((*r)->plain);
	free((*r)->sealed);
	sodium_memzero(*r, sizeof **r);
	free(*r);
	*r = NULL;
}

/* Reads until n bytes or the end of the file. */
static bool read_up_to(const struct sealed_reader *r, unsigned char *p, size_t n, size_t *ret_n, struct err *e)
{
	size_t have = 0;
	while (have < n) {
		ssize_t got = read(r->fd, p + have, n - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, errno, "%s", r->name);
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*ret_n = have;
	return true;
}

static bool read_header(struct sealed_reader *r, const struct key *key, struct err *e)
{
	unsigned char header[HEADER_BYTES];
	struct stat st;
	size_t n;
	if (fstat(r->fd, &st) < 0)
		return err_errno(e, errno, "%s", r->name);
	if (!read_up_to(r, header, sizeof header, &n, e))
		return false;
	if (n < sizeof header || (uint64_t)st.st_size < HEADER_BYTES + EXTRA_BYTES)
		return damaged(r, "the file is cut short", e);
	if (memcmp(header, r->fixed, 8) != 0)
		return damaged(r, "this is not a sealed file of this version", e);
	if (memcmp(header, r->fixed, FIXED_BYTES) != 0)
		return damaged(r, "the file is sealed for another purpose or another object", e);
	crypto_secretstream_xchacha20poly1305_init_pull(&r->state, header + FIXED_BYTES, key->bytes);
	uint64_t body = (uint64_t)st.st_size - HEADER_BYTES;
	uint64_t chunks = (body + SEALED_CHUNK + EXTRA_BYTES - 1) / (SEALED_CHUNK + EXTRA_BYTES);
	if (body < chunks * EXTRA_BYTES)
		return damaged(r, "the file is cut short", e);
	r->size = body - chunks * EXTRA_BYTES;
	return true;
}

static bool open_reader(struct sealed_reader **r, const struct key *key, enum sealed_kind kind, int64_t id,
			struct sealed_reader **ret, struct err *e)
{
	put_fixed((*r)->fixed, kind, id);
	if (!read_header(*r, key, e))
		return false;
	(*r)->plain = mem_alloc(SEALED_CHUNK);
	(*r)->sealed = mem_alloc(SEALED_CHUNK + EXTRA_BYTES);
	posix_fadvise((*r)->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*ret = *r;
	*r = NULL;
	return true;
}

bool sealed_open(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		 struct sealed_reader **ret, struct err *e)
{
	if (!crypt_init(e) || !check_name(name, e))
		return false;
	CLEANUP(sealed_close) struct sealed_reader *r = mem_zalloc(sizeof *r);
	snprintf(r->name, sizeof r->name, "%s", name);
	r->fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, NULL, "%s: there is no such file", name);
	if (r->fd < 0)
		return err_errno(e, errno, "%s", name);
	return open_reader(&r, key, kind, id, ret, e);
}

bool sealed_open_fd(int fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		    struct sealed_reader **ret, struct err *e)
{
	if (!crypt_init(e))
		return false;
	CLEANUP(sealed_close) struct sealed_reader *r = mem_zalloc(sizeof *r);
	snprintf(r->name, sizeof r->name, "%s", name);
	r->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (r->fd < 0)
		return err_errno(e, errno, "%s", name);
	return open_reader(&r, key, kind, id, ret, e);
}

/* Decrypts and verifies the next chunk into r->plain. */
static bool next_chunk(struct sealed_reader *r, struct err *e)
{
	size_t n;
	unsigned long long plain;
	unsigned char tag, more;
	if (!read_up_to(r, r->sealed, SEALED_CHUNK + EXTRA_BYTES, &n, e))
		return false;
	if (n < EXTRA_BYTES)
		return damaged(r, "the file is cut short", e);
	if (crypto_secretstream_xchacha20poly1305_pull(&r->state, r->plain, &plain, &tag, r->sealed, n, r->fixed,
						       FIXED_BYTES) != 0)
		return damaged(r, "the file is damaged, cut short or sealed under another key", e);
	if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
		if (!read_up_to(r, &more, 1, &n, e))
			return false;
		if (n)
			return damaged(r, "there are bytes after the end", e);
		r->ended = true;
	} else if (plain != SEALED_CHUNK) {
		return damaged(r, "the file is cut short", e);
	}
	r->at = 0;
	r->have = (size_t)plain;
	return true;
}

bool sealed_read(struct sealed_reader *r, void *p, size_t cap, size_t *ret_n, struct err *e)
{
	if (r->at == r->have && !r->ended && !next_chunk(r, e))
		return false;
	size_t n = MIN(cap, r->have - r->at);
	if (n)
		memcpy(p, r->plain + r->at, n);
	r->at += n;
	*ret_n = n;
	return true;
}

uint64_t sealed_size(const struct sealed_reader *r)
{
	return r->size;
}

bool sealed_copy_to_fd(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		       int out_fd, uint64_t *ret_bytes, struct err *e)
{
	CLEANUP(sealed_close) struct sealed_reader *r = NULL;
	uint64_t bytes = 0;
	if (!sealed_open(dir_fd, name, key, kind, id, &r, e))
		return false;
	while (!r->ended) {
		if (!next_chunk(r, e) || (out_fd >= 0 && !write_all(out_fd, r->plain, r->have, name, e)))
			return false;
		bytes += r->have;
	}
	if (ret_bytes)
		*ret_bytes = bytes;
	return true;
}

bool sealed_verify(int dir_fd, const char *name, const struct key *key, enum sealed_kind kind, int64_t id,
		   struct err *e)
{
	return sealed_copy_to_fd(dir_fd, name, key, kind, id, -1, NULL, e);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

bool sealed_sweep(int dir_fd, size_t *ret_removed, struct err *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t removed = 0;
	if (!dir) {
		err_errno(e, errno, "the folder of sealed files");
		fd_close(&fd);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct str name = str_of(entry->d_name);
		if (name.n > sizeof PART && name.p[0] == '.' && str_ends(name, STR(PART)) &&
		    unlinkat(dir_fd, entry->d_name, 0) == 0)
			removed++;
	}
	if (ret_removed)
		*ret_removed = removed;
	return true;
}
