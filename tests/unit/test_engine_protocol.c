/* engine/protocol: frames and descriptors arrive whole, and a hostile other end does no harm. */
#include "engine/protocol.h"

#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
	int fd[2];
};

static void pair_close(struct pair *p)
{
	fd_close(&p->fd[0]);
	fd_close(&p->fd[1]);
}

static struct pair pair_new(void)
{
	struct pair p;
	assert_true(frame_pair(p.fd, NULL));
	return p;
}

static size_t open_fds(void)
{
	size_t n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_payload_and_fds(void **state)
{
	size_t before = open_fds();
	struct pair p = pair_new();
	struct err e;
	int fds[FRAME_MAX_FDS];
	for (int i = 0; i < FRAME_MAX_FDS; i++) {
		fds[i] = memfd_create("t", MFD_CLOEXEC);
		assert_int_equal(write(fds[i], &i, sizeof i), sizeof i);
	}
	assert_true(frame_send(p.fd[0], FRAME_ATTACH, STR("{\"a\":1}"), fds, FRAME_MAX_FDS, &e));
	assert_true(frame_send(p.fd[0], FRAME_DONE, STR(""), NULL, 0, &e));
	for (int i = 0; i < FRAME_MAX_FDS; i++)
		close(fds[i]);
	struct frame f;
	assert_true(frame_recv(p.fd[1], &f, &e));
	assert_int_equal(f.type, FRAME_ATTACH);
	assert_true(str_is(frame_payload(&f), "{\"a\":1}"));
	assert_int_equal(f.n_fds, FRAME_MAX_FDS);
	int seven = frame_take_fd(&f, 7), value = -1;
	assert_int_equal(frame_take_fd(&f, FRAME_MAX_FDS), -1);
	assert_int_equal(pread(seven, &value, sizeof value, 0), sizeof value);
	assert_int_equal(value, 7);
	assert_true(fcntl(seven, F_GETFD) & FD_CLOEXEC);
	close(seven);
	frame_free(&f);
	assert_true(frame_recv(p.fd[1], &f, &e));
	assert_int_equal(f.type, FRAME_DONE);
	assert_int_equal(frame_payload(&f).n, 0);
	frame_free(&f);
	pair_close(&p);
	assert_int_equal(open_fds(), before);
}

struct sender {
	int fd;
	struct str payload;
	bool good;
};

static void *send_one(void *arg)
{
	struct sender *s = arg;
	s->good = frame_send(s->fd, FRAME_ROWS, s->payload, NULL, 0, NULL);
	return NULL;
}

static void test_largest(void **state)
{
	struct pair p = pair_new();
	struct err e;
	char *bytes = mem_alloc(LIMIT_FRAME_BYTES + 1);
	for (size_t i = 0; i <= LIMIT_FRAME_BYTES; i++)
		bytes[i] = (char)(i * 31);
	struct sender s = { p.fd[0], str_n(bytes, LIMIT_FRAME_BYTES), false };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, send_one, &s), 0);
	struct frame f;
	assert_true(frame_recv(p.fd[1], &f, &e));
	pthread_join(thread, NULL);
	assert_true(s.good);
	assert_true(str_eq(frame_payload(&f), s.payload));
	frame_free(&f);
	assert_false(frame_send(p.fd[0], FRAME_ROWS, str_n(bytes, LIMIT_FRAME_BYTES + 1), NULL, 0, &e));
	assert_int_equal(e.kind, ERR_TOO_LARGE);
	free(bytes);
	pair_close(&p);
}

/* What a broken or hostile process may write, and what becomes of it. */
static const struct {
	const char *name;
	uint32_t length;
	uint16_t type, n_fds;
	size_t sent; /* bytes of header and payload that arrive before the end */
	enum err_kind kind;
} hostile[] = {
	{ "header cut short", 0, FRAME_DONE, 0, 5, ERR_UNAVAILABLE },
	{ "payload missing", 10, FRAME_DONE, 0, 8, ERR_UNAVAILABLE },
	{ "payload cut short", 10, FRAME_DONE, 0, 12, ERR_UNAVAILABLE },
	{ "length over the limit", LIMIT_FRAME_BYTES + 1, FRAME_DONE, 0, 8, ERR_UNAVAILABLE },
	{ "length of 4 GiB", UINT32_MAX, FRAME_DONE, 0, 8, ERR_UNAVAILABLE },
	{ "unknown type", 0, FRAME_TYPES, 0, 8, ERR_UNAVAILABLE },
	{ "type closed", 0, FRAME_CLOSED, 0, 8, ERR_UNAVAILABLE },
	{ "descriptors that do not come", 0, FRAME_DONE, 2, 8, ERR_UNAVAILABLE },
	{ "too many descriptors", 0, FRAME_DONE, 4000, 8, ERR_UNAVAILABLE },
	{ "good", 4, FRAME_DONE, 0, 12, ERR_NONE },
};

static void test_hostile(void **state)
{
	for (size_t i = 0; i < countof(hostile); i++) {
		struct pair p = pair_new();
		char bytes[64] = { 0 };
		memcpy(bytes, &hostile[i].length, 4);
		memcpy(bytes + 4, &hostile[i].type, 2);
		memcpy(bytes + 6, &hostile[i].n_fds, 2);
		assert_int_equal(send(p.fd[0], bytes, hostile[i].sent, 0), hostile[i].sent);
		fd_close(&p.fd[0]);
		struct frame f;
		struct err e = { 0 };
		bool good = frame_recv(p.fd[1], &f, &e);
		if (good != (hostile[i].kind == ERR_NONE) || e.kind != hostile[i].kind)
			fail_msg("%s: %s", hostile[i].name, e.message);
		if (good)
			frame_free(&f);
		pair_close(&p);
	}
}

/* Descriptors slipped in beyond the announced number must not stay open here. */
static void test_hostile_fds(void **state)
{
	size_t before = open_fds();
	struct pair p = pair_new();
	char header[FRAME_HEADER_BYTES] = { 0 };
	header[4] = FRAME_DONE;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 40)];
	} control = { 0 };
	struct iovec iov = { header, sizeof header };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){ CMSG_LEN(sizeof(int) * 40), SOL_SOCKET, SCM_RIGHTS };
	for (int i = 0; i < 40; i++)
		memcpy(CMSG_DATA(h) + (size_t)i * sizeof(int), &p.fd[0], sizeof(int));
	assert_int_equal(sendmsg(p.fd[0], &m, 0), sizeof header);
	struct frame f;
	struct err e;
	assert_false(frame_recv(p.fd[1], &f, &e));
	assert_string_equal(e.code, "engine_protocol");
	pair_close(&p);
	assert_int_equal(open_fds(), before);
}

static void test_ends(void **state)
{
	struct pair p = pair_new();
	struct frame f;
	struct err e;
	fd_close(&p.fd[0]);
	assert_true(frame_recv(p.fd[1], &f, &e));
	assert_int_equal(f.type, FRAME_CLOSED);
	frame_free(&f);
	/* No SIGPIPE, which would end this program. */
	assert_false(frame_send(p.fd[1], FRAME_DONE, STR("x"), NULL, 0, &e));
	assert_int_equal(e.kind, ERR_UNAVAILABLE);
	assert_string_equal(e.code, "engine_closed");
	pair_close(&p);
}

static void test_waits(void **state)
{
	struct pair p = pair_new();
	struct frame f;
	struct err e;
	struct frame_wait late = { .deadline = clock_monotonic() + 1000 };
	assert_false(frame_recv_wait(p.fd[0], &f, &late, &e));
	assert_int_equal(e.kind, ERR_TIMEOUT);
	_Atomic bool cancel = true;
	struct frame_wait stopped = { .cancel = &cancel };
	assert_false(frame_recv_wait(p.fd[0], &f, &stopped, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	/* Nobody reads: the socket fills, and the sender gives up too. */
	char *bytes = mem_zalloc(LIMIT_FRAME_BYTES);
	assert_false(frame_send_wait(p.fd[0], FRAME_ROWS, str_n(bytes, LIMIT_FRAME_BYTES), NULL, 0, &late, &e));
	assert_int_equal(e.kind, ERR_TIMEOUT);
	free(bytes);
	pair_close(&p);
}

static const struct {
	const char *payload;
	enum err_kind kind;
	const char *code, *message;
} failures[] = {
	{ "{\"kind\":12,\"code\":\"bad_sql\",\"field\":\"sql\",\"message\":\"No.\"}", ERR_VALUE, "bad_sql", "No." },
	{ "{\"kind\":12}", ERR_VALUE, "wrong_value", "The engine gave no reason." },
	{ "{\"kind\":2,\"message\":\"signed out\"}", ERR_INTERNAL, "internal", "signed out" },
	{ "{\"kind\":0}", ERR_INTERNAL, "internal", "The engine gave no reason." },
	{ "{\"kind\":-1}", ERR_INTERNAL, "internal", "The engine gave no reason." },
	{ "{\"kind\":\"12\",\"message\":7}", ERR_INTERNAL, "internal", "The engine gave no reason." },
	{ "[]", ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message." },
	{ "{", ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message." },
	{ "", ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message." },
};

static void test_failed(void **state)
{
	assert_int_equal(ERR_VALUE, 12);
	assert_int_equal(ERR_UNAUTHENTICATED, 2);
	for (size_t i = 0; i < countof(failures); i++) {
		struct err e;
		assert_false(frame_read_failed(str_of(failures[i].payload), &e));
		assert_int_equal(e.kind, failures[i].kind);
		assert_string_equal(err_code(&e), failures[i].code);
		assert_string_equal(e.message, failures[i].message);
	}
	struct pair p = pair_new();
	struct err was, e;
	err_field(&was, ERR_LIMIT, "sql", "Too \"slow\": %s", "ё");
	assert_true(frame_send_failed(p.fd[0], &was, NULL, &e));
	struct frame f;
	assert_true(frame_recv(p.fd[1], &f, &e));
	assert_int_equal(f.type, FRAME_FAILED);
	assert_false(frame_read_failed(frame_payload(&f), &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.field, "sql");
	assert_string_equal(e.message, was.message);
	frame_free(&f);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload_and_fds), cmocka_unit_test(test_largest), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_hostile_fds),     cmocka_unit_test(test_ends),    cmocka_unit_test(test_waits),
		cmocka_unit_test(test_failed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
