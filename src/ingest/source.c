#include "ingest/source.h"

#include "base/limits.h"
#include "base/util.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define IN_BYTES MIN((size_t)SOURCE_HEAD_BYTES, 256 * KIB)

struct source {
	struct source_options o;
	bool gzip, gzip_known;
	bool ended; /* no more inflated bytes */
	z_stream z;
	bool z_open, z_member; /* inside a member: the end of the file would cut it */
	uint64_t inflated;     /* bytes out of z in this pass */
	unsigned char *in;     /* raw bytes not used yet: in[in_at, in_n) */
	size_t in_at, in_n;
	bool in_ended;
	char *head; /* inflated bytes read ahead by source_peek */
	size_t head_at, head_n;
	char *whole;
	size_t whole_n, whole_mapped; /* mapped: bytes of the mapping, 0 = malloc */
	_Atomic uint64_t consumed;
	_Atomic unsigned share_from, share_to; /* thousandths of the work that this pass is */
};

bool source_open(const struct source_options *o, struct source **ret, struct err *e)
{
	struct source *s = mem_zalloc(sizeof *s);
	s->o = *o;
	s->share_to = 1000;
	struct stat st = { 0 };
	if (!o->read && (o->fd < 0 || fstat(o->fd, &st) != 0)) {
		err_errno(e, o->fd < 0 ? EBADF : errno, "cannot look at the file");
		source_close(s);
		return false;
	}
	if (S_ISREG(st.st_mode) && s->o.size < 0)
		s->o.size = st.st_size;
	s->in = mem_alloc(IN_BYTES);
	*ret = s;
	return true;
}

static void forget_pass(struct source *s)
{
	if (s->z_open)
		inflateEnd(&s->z);
	s->z_open = s->z_member = s->ended = s->in_ended = s->gzip = s->gzip_known = false;
	s->in_at = s->in_n = s->head_at = s->head_n = 0;
	s->inflated = 0;
	atomic_store(&s->consumed, 0);
}

void source_close(struct source *s)
{
	if (!s)
		return;
	forget_pass(s);
	if (s->whole_mapped)
		munmap(s->whole, s->whole_mapped);
	else
		free(s->whole);
	free(s->in);
	free(s->head);
	fd_close(&s->o.fd);
	free(s);
}

void source_closep(struct source **s)
{
	source_close(*s);
	*s = NULL;
}

const char *source_encoding(const struct source *s)
{
	return s->o.encoding;
}

bool source_inner(const struct source *s)
{
	return s->o.inner;
}

bool source_gzipped(const struct source *s)
{
	return s->gzip;
}

bool source_cancelled(const struct source *s)
{
	return s->o.cancel && atomic_load(s->o.cancel);
}

uint64_t source_consumed(const struct source *s)
{
	struct source *m = (struct source *)s;
	uint64_t at = atomic_load(&m->consumed), total = source_total(s);
	unsigned from = atomic_load(&m->share_from), to = atomic_load(&m->share_to);
	if (!total || (from == 0 && to == 1000))
		return at;
	return total / 1000 * from + (uint64_t)((double)MIN(at, total) * (to - from) / 1000);
}

void source_set_share(struct source *s, unsigned from, unsigned to)
{
	atomic_store(&s->share_from, from);
	atomic_store(&s->share_to, to);
}

uint64_t source_total(const struct source *s)
{
	return s->o.size > 0 ? (uint64_t)s->o.size : 0;
}

void source_set_consumed(struct source *s, uint64_t bytes)
{
	atomic_store(&s->consumed, bytes);
}

/* Up to n raw bytes from the descriptor; 0 at the end. */
static bool read_fd(struct source *s, void *p, size_t n, size_t *ret, struct err *e)
{
	if (source_cancelled(s))
		return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	if (s->o.read) {
		bool ok = s->o.read(s->o.ctx, p, n, ret, e);
		atomic_fetch_add(&s->consumed, ok ? *ret : 0);
		return ok;
	}
	ssize_t got;
	do
		got = read(s->o.fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(e, errno, "cannot read the file");
	atomic_fetch_add(&s->consumed, (uint64_t)got);
	*ret = (size_t)got;
	return true;
}

/* At least `want` raw bytes in in[], unless the file ends. */
static bool fill_in(struct source *s, size_t want, struct err *e)
{
	if (s->in_at == s->in_n)
		s->in_at = s->in_n = 0;
	while (s->in_n - s->in_at < want && !s->in_ended) {
		if (s->in_at) {
			memmove(s->in, s->in + s->in_at, s->in_n - s->in_at);
			s->in_n -= s->in_at;
			s->in_at = 0;
		}
		size_t got;
		if (!read_fd(s, s->in + s->in_n, IN_BYTES - s->in_n, &got, e))
			return false;
		s->in_n += got;
		s->in_ended = got == 0;
	}
	return true;
}

static bool is_gzip(const struct source *s)
{
	const unsigned char *p = s->in + s->in_at;
	return s->in_n - s->in_at >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool tell_gzip(struct source *s, struct err *e)
{
	if (s->gzip_known)
		return true;
	if (!fill_in(s, 3, e))
		return false;
	s->gzip = is_gzip(s);
	s->gzip_known = true;
	return true;
}

static bool check_inflated(struct source *s, struct err *e)
{
	uint64_t raw = atomic_load(&s->consumed);
	if (s->inflated > LIMIT_INFLATED_BYTES)
		return err_set(e, ERR_LIMIT, "inflated_too_large", "The gzip file holds more than %zu GiB.",
			       LIMIT_INFLATED_BYTES / GIB);
	if (s->inflated > LIMIT_INFLATE_FREE && s->inflated / LIMIT_INFLATE_RATIO > raw)
		return err_set(e, ERR_LIMIT, "inflate_ratio",
			       "The gzip file grows more than %d times when unpacked: it is refused as a trap.",
			       LIMIT_INFLATE_RATIO);
	return true;
}

/* Begins a member, or finds the end. Bytes after a member that do not begin another are padding and left alone. */
static bool begin_member(struct source *s, struct err *e)
{
	if (!fill_in(s, 3, e))
		return false;
	if (!is_gzip(s)) {
		s->ended = true;
		return true;
	}
	int rc = s->z_open ? inflateReset(&s->z) : inflateInit2(&s->z, 15 + 16);
	if (rc != Z_OK)
		return err_set(e, ERR_INTERNAL, NULL, "zlib refuses to begin: %d", rc);
	s->z_open = s->z_member = true;
	return true;
}

static bool read_gzip(struct source *s, char *p, size_t n, size_t *ret, struct err *e)
{
	size_t done = 0;
	while (done < n && !s->ended) {
		if (!s->z_member && !begin_member(s, e))
			return false;
		if (s->ended)
			break;
		if (!fill_in(s, 1, e))
			return false;
		if (s->in_at == s->in_n)
			return err_set(e, ERR_VALUE, "truncated", "The gzip file is cut short.");
		size_t out = MIN(n - done, (size_t)1 << 30);
		s->z.next_in = s->in + s->in_at;
		s->z.avail_in = (uInt)(s->in_n - s->in_at);
		s->z.next_out = (Bytef *)p + done;
		s->z.avail_out = (uInt)out;
		int rc = inflate(&s->z, Z_NO_FLUSH);
		s->in_at = s->in_n - s->z.avail_in;
		done += out - s->z.avail_out;
		s->inflated += out - s->z.avail_out;
		if (rc == Z_STREAM_END)
			s->z_member = false;
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return err_set(e, ERR_VALUE, "damaged", "The gzip file is damaged (%s).",
				       s->z.msg ? s->z.msg : "bad data");
		if (!check_inflated(s, e))
			return false;
	}
	*ret = done;
	return true;
}

static bool read_plain(struct source *s, char *p, size_t n, size_t *ret, struct err *e)
{
	size_t done = MIN(n, s->in_n - s->in_at);
	memcpy(p, s->in + s->in_at, done);
	s->in_at += done;
	while (done < n && !s->in_ended) {
		size_t got;
		if (!read_fd(s, p + done, n - done, &got, e))
			return false;
		done += got;
		s->in_ended = got == 0;
	}
	*ret = done;
	return true;
}

/* Past the head. */
static bool read_on(struct source *s, char *p, size_t n, size_t *ret, struct err *e)
{
	if (!tell_gzip(s, e))
		return false;
	return s->gzip ? read_gzip(s, p, n, ret, e) : read_plain(s, p, n, ret, e);
}

bool source_peek(struct source *s, size_t want, struct str *ret, struct err *e)
{
	want = MIN(want, (size_t)SOURCE_HEAD_BYTES);
	if (!s->head)
		s->head = mem_alloc(SOURCE_HEAD_BYTES);
	if (s->head_at) {
		memmove(s->head, s->head + s->head_at, s->head_n - s->head_at);
		s->head_n -= s->head_at;
		s->head_at = 0;
	}
	if (s->head_n < want) {
		size_t got;
		if (!read_on(s, s->head + s->head_n, want - s->head_n, &got, e))
			return false;
		s->head_n += got;
	}
	*ret = str_n(s->head, MIN(want, s->head_n));
	return true;
}

bool source_read(struct source *s, void *p, size_t n, size_t *ret_got, struct err *e)
{
	size_t from_head = MIN(n, s->head_n - s->head_at), more = 0;
	if (from_head)
		memcpy(p, s->head + s->head_at, from_head);
	if (n > from_head && !read_on(s, (char *)p + from_head, n - from_head, &more, e))
		return false;
	s->head_at += from_head;
	*ret_got = from_head + more;
	return true;
}

static bool reopen(struct source *s, bool seekable, struct err *e)
{
	int fd = -1;
	bool got_seekable = false;
	if (!s->o.reopen)
		return err_set(e, ERR_INTERNAL, NULL, "this file cannot be read a second time");
	if (!s->o.reopen(s->o.ctx, seekable, &fd, &got_seekable, e))
		return false;
	fd_close(&s->o.fd);
	s->o.fd = fd;
	s->o.seekable = got_seekable;
	if (seekable && !got_seekable)
		return err_set(e, ERR_INTERNAL, NULL, "this file needs a descriptor that can seek");
	return true;
}

bool source_rewind(struct source *s, struct err *e)
{
	if (s->o.rewind) {
		if (!s->o.rewind(s->o.ctx, e))
			return false;
	} else if (s->o.seekable) {
		if (lseek(s->o.fd, 0, SEEK_SET) != 0)
			return err_errno(e, errno, "cannot go back to the start of the file");
	} else if (!reopen(s, false, e)) {
		return false;
	}
	forget_pass(s);
	return true;
}

static bool map_whole(struct source *s, struct err *e)
{
	struct stat st;
	if (fstat(s->o.fd, &st) != 0)
		return err_errno(e, errno, "cannot look at the file");
	if (st.st_size <= 0)
		return err_set(e, ERR_VALUE, "empty_file", "The file is empty.");
	size_t n = (size_t)st.st_size;
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, s->o.fd, 0);
	if (p == MAP_FAILED)
		return err_errno(e, errno, "cannot map the file");
	s->whole = p;
	s->whole_n = s->whole_mapped = n;
	atomic_store(&s->consumed, 0); /* that its head was looked at is no progress */
	return true;
}

static bool inflate_whole(struct source *s, struct err *e)
{
	size_t cap = 4 * MIB, n = 0, got;
	char *p = mem_alloc(cap);
	for (;;) {
		if (!source_read(s, p + n, cap - n, &got, e))
			break;
		n += got;
		if (n < cap) {
			s->whole = mem_realloc(p, n ? n : 1);
			s->whole_n = n;
			return true;
		}
		if (cap >= LIMIT_WHOLE_BYTES) {
			err_set(e, ERR_LIMIT, "inflated_too_large",
				"The compressed file holds more than %zu MiB; unpack it before loading it.",
				LIMIT_WHOLE_BYTES / MIB);
			break;
		}
		cap *= 2;
		p = mem_realloc(p, cap);
	}
	free(p);
	return false;
}

bool source_whole(struct source *s, char **ret, size_t *ret_n, struct err *e)
{
	if (!s->whole) {
		if (!tell_gzip(s, e))
			return false;
		bool copied = s->gzip || s->o.read;
		if (!copied && !s->o.seekable && !reopen(s, true, e))
			return false;
		if (!(copied ? inflate_whole(s, e) : map_whole(s, e)))
			return false;
	}
	*ret = s->whole;
	*ret_n = s->whole_n;
	return true;
}
