/*
 * Stands in for vitrina-engine in test_engine_import.c and test_engine_hostile.c: the name of the file, or the text of
 * the query, says how it behaves.
 */
#include "engine/protocol.h"

#include "base/limits.h"
#include "json/read.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTROL 3

static void say(enum frame_type type, const char *json)
{
	if (!frame_send(CONTROL, type, str_of(json), NULL, 0, NULL))
		_exit(4);
}

/* Waits for a frame of this type; its descriptor, -1 without one. */
static int await(enum frame_type type, char *ret_payload, size_t size)
{
	struct frame f;
	if (!frame_recv(CONTROL, &f, NULL) || f.type != type)
		_exit(5);
	if (ret_payload)
		snprintf(ret_payload, size, "%.*s", STR_ARG(frame_payload(&f)));
	int fd = frame_take_fd(&f, 0);
	frame_free(&f);
	return fd;
}

/* Reads all of fd and writes it to the output of table 0, twice over two passes. */
static void copy(int source)
{
	char bytes[256];
	say(FRAME_OPEN, "{\"table\":0,\"name\":\"one\"}");
	int out = await(FRAME_OUTPUT, NULL, 0);
	for (int pass = 0; pass < 2; pass++) {
		ssize_t n;
		while ((n = read(source, bytes, sizeof bytes)) > 0)
			if (write(out, bytes, (size_t)n) != n)
				_exit(6);
		close(source);
		if (pass == 0) {
			say(FRAME_NEED_SOURCE, "{\"seekable\":true}");
			source = await(FRAME_SOURCE, bytes, sizeof bytes);
			if (strcmp(bytes, "{\"seekable\":true}") != 0)
				_exit(7);
		}
	}
	close(out);
	say(FRAME_OPEN, "{\"table\":1,\"name\":\"ё \\\"two\\\"\"}");
	close(await(FRAME_OUTPUT, NULL, 0));
	say(FRAME_DROP, "{\"table\":1}");
	say(FRAME_REJECTS, "{\"table\":0,\"items\":[{\"line\":7,\"reason\":\"why\"}]}");
	say(FRAME_PROGRESS, "{\"bytes\":5,\"total\":10}");
	say(FRAME_DONE, "{\"tables\":1}");
}

static void raw(const char *bytes, size_t n)
{
	if (write(CONTROL, bytes, n) != (ssize_t)n)
		_exit(8);
}

static void echo(const char *payload)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	buf_adds(&b, payload);
	say(FRAME_DONE, b.p);
}

static const struct {
	const char *name;
	enum frame_type type;
	const char *payload;
} says[] = {
	{ "failed", FRAME_FAILED, "{\"kind\":12,\"code\":\"not_a_table\",\"field\":\"\",\"message\":\"No table.\"}" },
	{ "table-negative", FRAME_OPEN, "{\"table\":-1,\"name\":\"x\"}" },
	{ "table-large", FRAME_OPEN, "{\"table\":100000,\"name\":\"x\"}" },
	{ "table-text", FRAME_DROP, "{\"table\":\"0\"}" },
	{ "no-name", FRAME_OPEN, "{\"table\":0}" },
	{ "rejects-text", FRAME_REJECTS, "{\"table\":0,\"items\":\"x\"}" },
	{ "not-json", FRAME_PROGRESS, "{" },
	{ "not-object", FRAME_DONE, "[]" },
	{ "wrong-type", FRAME_QUERY, "{}" },
	{ "hello-again", FRAME_HELLO, "{}" },
};

static int import_mode(void)
{
	char payload[4096], name[64] = "";
	int source = await(FRAME_IMPORT, payload, sizeof payload);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!json_read(str_of(payload), sizeof payload, &v, NULL))
		return 3;
	snprintf(name, sizeof name, "%s", json_string_value(json_object_get(v, "name")));
	for (size_t i = 0; i < countof(says); i++)
		if (strcmp(name, says[i].name) == 0)
			say(says[i].type, says[i].payload);
	if (strcmp(name, "copy") == 0)
		copy(source);
	else if (strcmp(name, "echo") == 0)
		echo(payload);
	else if (strcmp(name, "abort") == 0)
		abort();
	else if (strcmp(name, "killed") == 0)
		raise(SIGKILL);
	else if (strcmp(name, "slow") == 0)
		raise(SIGXCPU);
	else if (strcmp(name, "segv") == 0)
		raise(SIGSEGV);
	else if (strcmp(name, "half") == 0)
		raw("\x05\0\0\0\x04\0\0\0{", 9);
	else if (strcmp(name, "huge") == 0)
		raw("\xff\xff\xff\xff\x04\0\0\0", 8);
	else if (strcmp(name, "silent") == 0)
		pause();
	else if (strcmp(name, "stays") == 0) {
		say(FRAME_DONE, "{}");
		pause();
	}
	return 0;
}

/* What goes out on the socket of a query whose SQL is `sql`: up to three frames, then the end of the socket. */
static const struct {
	const char *sql;
	struct {
		enum frame_type type;
		const char *payload;
	} frames[3];
} answers[] = {
	{ "good", { { FRAME_COLUMNS, "{\"columns\":[]}" }, { FRAME_ROWS, "[1]" }, { FRAME_END, "{\"rows\":1}" } } },
	{ "nothing", { { FRAME_CLOSED, NULL } } },
	{ "columns only", { { FRAME_COLUMNS, "{\"columns\":[]}" } } },
	{ "rows first", { { FRAME_ROWS, "[1]" }, { FRAME_END, "{\"rows\":1}" } } },
	{ "columns twice", { { FRAME_COLUMNS, "{\"columns\":[]}" }, { FRAME_COLUMNS, "{\"columns\":[]}" } } },
	{ "columns not json", { { FRAME_COLUMNS, "{" } } },
	{ "columns without type", { { FRAME_COLUMNS, "{\"columns\":[{\"name\":\"a\"}]}" } } },
	{ "too many rows", { { FRAME_COLUMNS, "{\"columns\":[]}" }, { FRAME_END, "{\"rows\":1000000}" } } },
	{ "fewer than no rows", { { FRAME_COLUMNS, "{\"columns\":[]}" }, { FRAME_END, "{\"rows\":-1}" } } },
	{ "end not json", { { FRAME_END, "x" } } },
	{ "too many bytes", { { FRAME_COLUMNS, "{\"columns\":[]}" }, { FRAME_ROWS, "[1234567890]" } } },
	{ "progress", { { FRAME_PROGRESS, "{}" } } },
	{ "hello", { { FRAME_HELLO, "{}" } } },
	{ "failed not json", { { FRAME_FAILED, "" } } },
	{ "failed as a server", { { FRAME_FAILED, "{\"kind\":2,\"message\":\"sign in again\"}" } } },
	{ "failed", { { FRAME_FAILED, "{\"kind\":12,\"code\":\"wrong_sql\",\"message\":\"no\"}" } } },
};

static void answer_query(struct frame *f)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	int fd = frame_take_fd(f, 0);
	if (!json_read(frame_payload(f), LIMIT_FRAME_BYTES, &v, NULL))
		_exit(9);
	const char *sql = json_string_value(json_object_get(v, "sql"));
	if (strcmp(sql, "hang") == 0)
		pause();
	if (strcmp(sql, "die") == 0)
		_exit(0);
	for (size_t i = 0; i < countof(answers); i++)
		for (size_t k = 0; k < 3 && strcmp(sql, answers[i].sql) == 0 && answers[i].frames[k].payload; k++)
			frame_send(fd, answers[i].frames[k].type, str_of(answers[i].frames[k].payload), NULL, 0, NULL);
	close(fd);
}

/* ATTACH is answered as the name of the schema says. */
static void answer_attach(struct frame *f)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!json_read(frame_payload(f), LIMIT_FRAME_BYTES, &v, NULL))
		_exit(9);
	const char *schema = json_string_value(json_object_get(v, "schema"));
	if (strcmp(schema, "die") == 0)
		_exit(0);
	if (strcmp(schema, "rows") == 0)
		say(FRAME_ROWS, "{}");
	else
		say(FRAME_DONE, "{}");
}

static int query_mode(void)
{
	for (;;) {
		struct frame f;
		if (!frame_recv(CONTROL, &f, NULL) || f.type == FRAME_CLOSED)
			return 0;
		if (f.type == FRAME_QUERY)
			answer_query(&f);
		else if (f.type == FRAME_ATTACH)
			answer_attach(&f);
		else if (f.type == FRAME_DETACH)
			say(FRAME_DONE, "{}");
		frame_free(&f);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	await(FRAME_HELLO, NULL, 0);
	say(FRAME_HELLO, "{\"duckdb\":\"v0\",\"lacks\":[]}");
	return strcmp(argv[1], "query") == 0 ? query_mode() : import_mode();
}
