#include "app/control.h"

#include "app/version.h"
#include "base/limits.h"
#include "json/fields.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_DESCRIPTORS (LIMIT_COMMAND_FILES + 1)

bool control_read(int fd, void *p, size_t n)
{
	for (char *at = p; n;) {
		ssize_t got = recv(fd, at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

bool control_write(int fd, const void *p, size_t n)
{
	for (const char *at = p; n;) {
		ssize_t put = send(fd, at, n, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		n -= (size_t)put;
	}
	return true;
}

bool control_send_frame(int fd, enum control_frame type, const void *p, size_t n)
{
	unsigned char head[5] = { (unsigned char)type };
	uint32_t length = (uint32_t)n;
	memcpy(head + 1, &length, sizeof length);
	return control_write(fd, head, sizeof head) && control_write(fd, p, n);
}

/* --- the client --- */

static void write_request(struct buf *b, const struct control_request *rq)
{
	struct json_writer w = json_writer(b);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "version", VITRINA_VERSION);
	jw_key(&w, "argv");
	jw_open(&w, '[');
	for (size_t i = 0; i < rq->argc; i++)
		jw_cstr(&w, rq->argv[i]);
	jw_close(&w, ']');
	jw_kv_bool(&w, "out_tty", rq->screen.out_tty);
	jw_kv_bool(&w, "err_tty", rq->screen.err_tty);
	jw_kv_i64(&w, "columns", rq->screen.columns);
	jw_kv_bool(&w, "input", rq->input >= 0);
	jw_kv_i64(&w, "pid", getpid());
	jw_close(&w, '}');
}

static bool send_hello(int fd, const struct control_hello *hello, const int *fds)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec io = { (void *)(uintptr_t)hello, sizeof *hello };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	if (hello->descriptors) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * hello->descriptors);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * hello->descriptors);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * hello->descriptors);
	}
	ssize_t n;
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *hello;
}

static bool send_request(int fd, const struct control_request *rq, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_COMMAND_BYTES);
	int fds[MAX_DESCRIPTORS];
	struct control_hello hello = { .magic = CONTROL_MAGIC };
	write_request(&b, rq);
	if (b.failed)
		return err_set(e, ERR_USAGE, NULL, "the command line is longer than %zu bytes", LIMIT_COMMAND_BYTES);
	if (rq->n_files > LIMIT_COMMAND_FILES)
		return err_set(e, ERR_USAGE, NULL, "more than %d files", LIMIT_COMMAND_FILES);
	hello.bytes = (uint32_t)b.n;
	if (rq->input >= 0)
		fds[hello.descriptors++] = rq->input;
	for (size_t i = 0; i < rq->n_files; i++)
		fds[hello.descriptors++] = rq->files[i];
	/* A server that is just stopping closes: that is for the caller to see as "not accepted". */
	if (send_hello(fd, &hello, fds))
		control_write(fd, b.p, b.n);
	return true;
}

/* Waits for bytes; a wish to cancel is told to the server once, which then ends the command itself. */
static void wait_readable(int fd, const _Atomic bool *cancel, bool *told)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	while (!*told && poll(&p, 1, 100) <= 0) {
		if (cancel && atomic_load(cancel)) {
			shutdown(fd, SHUT_WR);
			*told = true;
		}
	}
}

static void pass_on(FILE *to, int fd, size_t n, bool *ret_good)
{
	char chunk[4096];
	while (n && *ret_good) {
		size_t part = MIN(n, sizeof chunk);
		*ret_good = control_read(fd, chunk, part);
		if (*ret_good)
			fwrite(chunk, 1, part, to);
		n -= part;
	}
	fflush(to);
}

bool control_call(int fd, const struct control_request *rq, const _Atomic bool *cancel, bool *ret_accepted,
		  int *ret_status, struct err *e)
{
	bool told = false, good = true;
	*ret_accepted = false;
	if (!send_request(fd, rq, e))
		return false;
	while (good) {
		unsigned char head[5];
		uint32_t length;
		wait_readable(fd, cancel, &told);
		if (!control_read(fd, head, sizeof head))
			break;
		memcpy(&length, head + 1, sizeof length);
		if (head[0] == CONTROL_EXIT && length == 1) {
			unsigned char status = 1;
			good = control_read(fd, &status, 1);
			*ret_status = status;
			return good || err_set(e, ERR_UNAVAILABLE, NULL, "the server went away");
		}
		if (head[0] == CONTROL_ACCEPTED)
			*ret_accepted = true;
		pass_on(head[0] == CONTROL_ERR ? stderr : stdout, fd, length, &good);
	}
	if (!*ret_accepted)
		return true;
	return err_set(e, ERR_UNAVAILABLE, NULL, "the server stopped before the command was done");
}

/* --- the server --- */

static size_t receive_descriptors(struct msghdr *m, int *ret, size_t cap)
{
	size_t n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < here; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (n < cap)
				ret[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

static bool receive_hello(int fd, struct control_hello *ret, struct arena *a, int **ret_fds, size_t *ret_n,
			  struct err *e)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
		struct cmsghdr align;
	} control;
	struct iovec io = { ret, sizeof *ret };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes };
	m.msg_controllen = sizeof control.bytes;
	ssize_t n;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	*ret_fds = arena_array(a, MAX_DESCRIPTORS, sizeof(int));
	*ret_n = n > 0 ? receive_descriptors(&m, *ret_fds, MAX_DESCRIPTORS) : 0;
	if (n != (ssize_t)sizeof *ret || ret->magic != CONTROL_MAGIC || ret->bytes > LIMIT_COMMAND_BYTES ||
	    ret->descriptors != *ret_n)
		return err_set(e, ERR_MALFORMED, NULL, "this is not a command of vitrina");
	return true;
}

struct request_body {
	struct str version;
	json_t *argv;
	bool out_tty, err_tty, input;
	int64_t columns, pid;
};

static const struct json_field request_fields[] = {
	{ "version", JSON_FIELD_STR, offsetof(struct request_body, version), true, 1, 100, NULL, NULL },
	{ "argv", JSON_FIELD_ANY, offsetof(struct request_body, argv), true, 0, 0, NULL, NULL },
	{ "out_tty", JSON_FIELD_BOOL, offsetof(struct request_body, out_tty), true, 0, 0, NULL, NULL },
	{ "err_tty", JSON_FIELD_BOOL, offsetof(struct request_body, err_tty), true, 0, 0, NULL, NULL },
	{ "columns", JSON_FIELD_I64, offsetof(struct request_body, columns), true, 1, 10000, NULL, NULL },
	{ "input", JSON_FIELD_BOOL, offsetof(struct request_body, input), true, 0, 0, NULL, NULL },
	{ "pid", JSON_FIELD_I64, offsetof(struct request_body, pid), true, 1, INT32_MAX, NULL, NULL },
};
static const struct json_table request_table = { "Command", request_fields, countof(request_fields) };

static bool take_words(const json_t *list, struct arena *a, struct control_request *ret, struct err *e)
{
	size_t n = json_array_size(list);
	ret->argv = arena_array(a, n + 1, sizeof *ret->argv);
	for (size_t i = 0; i < n; i++) {
		const char *word = json_string_value(json_array_get(list, i));
		if (!word)
			return err_set(e, ERR_MALFORMED, NULL, "this is not a command of vitrina");
		ret->argv[i] = arena_strdup(a, word);
	}
	ret->argc = n;
	return true;
}

bool control_receive(int fd, struct arena *a, struct control_request *ret, struct err *e)
{
	struct control_hello hello;
	struct request_body body = { 0 };
	CLEANUP(json_decrefp_) json_t *v = NULL;
	*ret = (struct control_request){ .input = -1 };
	if (!receive_hello(fd, &hello, a, &ret->files, &ret->n_files, e))
		return false;
	char *text = arena_alloc(a, hello.bytes + 1);
	if (!text || !control_read(fd, text, hello.bytes))
		return err_set(e, ERR_MALFORMED, NULL, "the command was cut short");
	if (!json_read(str_n(text, hello.bytes), LIMIT_COMMAND_BYTES, &v, e) ||
	    !json_parse(v, &request_table, &body, e))
		return false;
	if (!str_is(body.version, VITRINA_VERSION))
		return err_set(e, ERR_CONFLICT, NULL, "the server is version %s and this command is %.*s",
			       VITRINA_VERSION, STR_ARG(body.version));
	ret->screen = (struct command_screen){ body.out_tty, body.err_tty, (int)body.columns };
	ret->pid = body.pid;
	if (body.input && ret->n_files) {
		ret->input = ret->files[0];
		ret->files++;
		ret->n_files--;
	}
	return take_words(body.argv, a, ret, e);
}
