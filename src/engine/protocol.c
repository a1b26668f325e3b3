#include "engine/protocol.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "json/read.h"
#include "json/write.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *const type_names[FRAME_TYPES] = {
	[FRAME_CLOSED] = "closed",     [FRAME_HELLO] = "hello",
	[FRAME_IMPORT] = "import",     [FRAME_PROGRESS] = "progress",
	[FRAME_OPEN] = "open",         [FRAME_OUTPUT] = "output",
	[FRAME_DROP] = "drop",         [FRAME_NEED_SOURCE] = "need_source",
	[FRAME_SOURCE] = "source",     [FRAME_REJECTS] = "rejects",
	[FRAME_DONE] = "done",         [FRAME_FAILED] = "failed",
	[FRAME_CANCEL] = "cancel",     [FRAME_ATTACH] = "attach",
	[FRAME_SEGMENTS] = "segments", [FRAME_DETACH] = "detach",
	[FRAME_QUERY] = "query",       [FRAME_COLUMNS] = "columns",
	[FRAME_ROWS] = "rows",         [FRAME_END] = "end",
};

const char *frame_type_name(enum frame_type type)
{
	return (size_t)type < countof(type_names) && type_names[type] ? type_names[type] : "unknown";
}

bool frame_pair(int ret[2], struct err *e)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(e, errno, "socket pair");
	ret[0] = fds[0];
	ret[1] = fds[1];
	return true;
}

static bool closed(struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_closed", "The engine process ended.");
}

/* Waits until fd is ready for events, in slices so that a cancel flag is seen. */
static bool wait_ready(int fd, short events, const struct frame_wait *wait, struct err *e)
{
	for (;;) {
		int64_t left = -1;
		if (wait && wait->cancel) {
			if (atomic_load_explicit(wait->cancel, memory_order_relaxed))
				return err_set(e, ERR_CANCELLED, NULL, "Cancelled.");
			left = FRAME_CANCEL_USEC;
		}
		if (wait && wait->deadline) {
			int64_t until = wait->deadline - clock_monotonic();
			if (until <= 0)
				return err_set(e, ERR_TIMEOUT, "engine_timeout", "The engine did not answer in time.");
			left = left < 0 ? until : MIN(left, until);
		}
		struct pollfd p = { .fd = fd, .events = events };
		int n = poll(&p, 1, left < 0 ? -1 : (int)MIN((left + 999) / 1000, INT64_C(3600000)));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_errno(e, errno, "poll");
	}
}

static void header_put(char *p, size_t length, enum frame_type type, size_t n_fds)
{
	uint32_t len = (uint32_t)length;
	uint16_t parts[2] = { (uint16_t)type, (uint16_t)n_fds };
	memcpy(p, &len, 4);
	memcpy(p + 4, parts, 4);
}

union fd_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FRAME_MAX_FDS)];
};

static void attach_fds(struct msghdr *m, union fd_control *c, const int *fds, size_t n_fds)
{
	memset(c, 0, sizeof *c);
	m->msg_control = c->bytes;
	m->msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
	memcpy(CMSG_DATA(h), fds, sizeof(int) * n_fds);
}

/* Sends what is left of the two parts; returns bytes sent, 0 when the socket is full, -1 on an error. */
static ssize_t send_part(int fd, const char *header, struct str payload, size_t done, const int *fds, size_t n_fds)
{
	struct iovec iov[2];
	struct msghdr m = { .msg_iov = iov };
	if (done < FRAME_HEADER_BYTES)
		iov[m.msg_iovlen++] = (struct iovec){ (char *)header + done, FRAME_HEADER_BYTES - done };
	size_t from = done > FRAME_HEADER_BYTES ? done - FRAME_HEADER_BYTES : 0;
	if (payload.n > from)
		iov[m.msg_iovlen++] = (struct iovec){ (char *)payload.p + from, payload.n - from };
	union fd_control control;
	if (fds && n_fds && done == 0)
		attach_fds(&m, &control, fds, n_fds);
	for (;;) {
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return -1;
	}
}

bool frame_send_wait(int fd, enum frame_type type, struct str payload, const int *fds, size_t n_fds,
		     const struct frame_wait *wait, struct err *e)
{
	if (payload.n > LIMIT_FRAME_BYTES || n_fds > FRAME_MAX_FDS)
		return err_set(e, ERR_TOO_LARGE, "frame_too_large", "A message to or from the engine is too large.");
	char header[FRAME_HEADER_BYTES];
	header_put(header, payload.n, type, n_fds);
	size_t total = FRAME_HEADER_BYTES + payload.n, done = 0;
	while (done < total) {
		ssize_t n = send_part(fd, header, payload, done, fds, n_fds);
		if (n < 0)
			return errno == EPIPE || errno == ECONNRESET ? closed(e) : err_errno(e, errno, "engine send");
		if (n == 0 && !wait_ready(fd, POLLOUT, wait, e))
			return false;
		done += (size_t)n;
	}
	return true;
}

bool frame_send(int fd, enum frame_type type, struct str payload, const int *fds, size_t n_fds, struct err *e)
{
	return frame_send_wait(fd, type, payload, fds, n_fds, NULL, e);
}

/* Keeps the descriptors that came with m in f; those over the maximum are closed. False when some were lost. */
static bool collect_fds(struct frame *f, struct msghdr *m)
{
	bool whole = !(m->msg_flags & MSG_CTRUNC);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof fd);
			if (f->n_fds < FRAME_MAX_FDS) {
				f->fds[f->n_fds++] = fd;
			} else {
				close(fd);
				whole = false;
			}
		}
	}
	return whole;
}

enum got { GOT_ALL, GOT_EOF, GOT_ERROR };

/* Receives exactly n bytes. GOT_EOF only when the other end closed before the first of them. */
static enum got recv_all(int fd, void *p, size_t n, struct frame *f, const struct frame_wait *wait, struct err *e)
{
	size_t done = 0;
	while (done < n) {
		struct iovec iov = { (char *)p + done, n - done };
		union fd_control control;
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		ssize_t r = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (!wait_ready(fd, POLLIN, wait, e))
				return GOT_ERROR;
			continue;
		}
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno != ECONNRESET) {
			err_errno(e, errno, "engine receive");
			return GOT_ERROR;
		}
		if (r <= 0) {
			if (done == 0)
				return GOT_EOF;
			closed(e);
			return GOT_ERROR;
		}
		done += (size_t)r;
		if (!collect_fds(f, &m)) {
			err_set(e, ERR_UNAVAILABLE, "engine_protocol", "Descriptors from the engine were lost.");
			return GOT_ERROR;
		}
	}
	return GOT_ALL;
}

static bool recv_body(int fd, const char *header, struct frame *f, const struct frame_wait *wait, struct err *e)
{
	uint32_t length;
	uint16_t parts[2];
	memcpy(&length, header, 4);
	memcpy(parts, header + 4, 4);
	if (length > LIMIT_FRAME_BYTES || parts[0] == FRAME_CLOSED || parts[0] >= FRAME_TYPES ||
	    parts[1] > FRAME_MAX_FDS)
		return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message.");
	f->type = (enum frame_type)parts[0];
	f->payload = BUF_INIT(LIMIT_FRAME_BYTES);
	if (length) {
		switch (recv_all(fd, buf_reserve(&f->payload, length), length, f, wait, e)) {
		case GOT_ALL:
			break;
		case GOT_EOF:
			return closed(e);
		case GOT_ERROR:
			return false;
		}
		f->payload.n = length;
		f->payload.p[length] = '\0';
	}
	if (f->n_fds != parts[1])
		return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message.");
	return true;
}

bool frame_recv_wait(int fd, struct frame *ret, const struct frame_wait *wait, struct err *e)
{
	struct frame f = { .type = FRAME_CLOSED };
	char header[FRAME_HEADER_BYTES];
	bool good = false;
	switch (recv_all(fd, header, sizeof header, &f, wait, e)) {
	case GOT_ALL:
		good = recv_body(fd, header, &f, wait, e);
		break;
	case GOT_EOF:
		good = true;
		break;
	case GOT_ERROR:
		break;
	}
	if (!good) {
		frame_free(&f);
		return false;
	}
	*ret = f;
	return true;
}

bool frame_recv(int fd, struct frame *ret, struct err *e)
{
	return frame_recv_wait(fd, ret, NULL, e);
}

void frame_free(struct frame *f)
{
	if (!f)
		return;
	buf_free(&f->payload);
	for (size_t i = 0; i < f->n_fds; i++)
		fd_close(&f->fds[i]);
	f->n_fds = 0;
	f->type = FRAME_CLOSED;
}

int frame_take_fd(struct frame *f, size_t i)
{
	if (i >= f->n_fds)
		return -1;
	int fd = f->fds[i];
	f->fds[i] = -1;
	return fd;
}

bool frame_send_failed(int fd, const struct err *failure, const struct frame_wait *wait, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "kind", failure->kind);
	jw_kv_cstr(&w, "code", failure->code);
	jw_kv_cstr(&w, "field", failure->field);
	jw_kv_cstr(&w, "message", failure->message);
	jw_close(&w, '}');
	return frame_send_wait(fd, FRAME_FAILED, buf_str(&b), NULL, 0, wait, e);
}

/* A copy that ends at a character's end. */
static void copy_text(char *ret, size_t size, const json_t *v)
{
	if (!json_is_string(v))
		return;
	size_t n = MIN(json_string_length(v), size - 1);
	memcpy(ret, json_string_value(v), n);
	ret[utf8_valid_prefix(str_n(ret, n))] = '\0';
}

/* The process at the other end may only blame the caller's query or file, or say that it gave up. */
static enum err_kind failure_kind(json_int_t n)
{
	static const enum err_kind allowed[] = { ERR_MALFORMED, ERR_TOO_LARGE,   ERR_TYPE, ERR_VALUE,    ERR_LIMIT,
						 ERR_CANCELLED, ERR_UNAVAILABLE, ERR_IO,   ERR_NOT_FOUND };
	for (size_t i = 0; i < countof(allowed); i++)
		if ((json_int_t)allowed[i] == n)
			return allowed[i];
	return ERR_INTERNAL;
}

bool frame_read_failed(struct str payload, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!json_read(payload, LIMIT_FRAME_BYTES, &v, NULL) || !json_is_object(v))
		return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message.");
	struct err f = { .kind = failure_kind(json_integer_value(json_object_get(v, "kind"))) };
	copy_text(f.code, sizeof f.code, json_object_get(v, "code"));
	copy_text(f.field, sizeof f.field, json_object_get(v, "field"));
	copy_text(f.message, sizeof f.message, json_object_get(v, "message"));
	if (!f.message[0])
		snprintf(f.message, sizeof f.message, "%s", "The engine gave no reason.");
	if (e)
		*e = f;
	return false;
}
