/* Runs one import through the real vitrina-engine, from bytes to tables that the query engine reads. */
#pragma once

#include "engine_fixture.h"

#include "engine/import.h"
#include "json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define IMPORTED_TABLES 16

struct imported_table {
	pthread_t drain;
	int fd;
	bool open, dropped;
	struct buf parquet;
};

struct imported {
	struct fixture fx; /* the tables are its segments 0, 1, … */
	json_t *done;
	json_t *rejects; /* all items of all tables, with "table" added */
	struct err e;
	bool good;
	int sources, drops;
	/* the file */
	const char *path; /* or bytes */
	struct str bytes;
	bool as_pipe;
	struct imported_table tables[IMPORTED_TABLES];
};

static void *imported_drain(void *arg)
{
	struct imported_table *t = arg;
	char bytes[1 << 16];
	ssize_t n;
	while ((n = read(t->fd, bytes, sizeof bytes)) > 0)
		buf_add(&t->parquet, bytes, (size_t)n);
	close(t->fd);
	return NULL;
}

static void imported_join(struct imported_table *t)
{
	if (t->open)
		pthread_join(t->drain, NULL);
	t->open = false;
}

struct imported_feed {
	int from, to;
};

static void *imported_pump(void *arg)
{
	struct imported_feed *f = arg;
	char bytes[1 << 16];
	ssize_t n;
	while ((n = read(f->from, bytes, sizeof bytes)) > 0) {
		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(f->to, bytes + at, (size_t)(n - at));
			if (m <= 0)
				goto out;
		}
	}
out:
	close(f->from);
	close(f->to);
	free(f);
	return NULL;
}

static bool imported_source(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct imported *im = ctx;
	int fd = im->path ? open(im->path, O_RDONLY | O_CLOEXEC) : memfd_create("upload", MFD_CLOEXEC);
	im->sources++;
	if (fd < 0)
		return err_errno(e, errno, "%s", im->path);
	if (!im->path) {
		assert_int_equal(write(fd, im->bytes.p, im->bytes.n), im->bytes.n);
		lseek(fd, 0, SEEK_SET);
	}
	*ret_seekable = seekable || !im->as_pipe;
	if (*ret_seekable) {
		*ret_fd = fd;
		return true;
	}
	int ends[2];
	pthread_t pump;
	struct imported_feed *f = mem_alloc(sizeof *f);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	*f = (struct imported_feed){ fd, ends[1] };
	assert_int_equal(pthread_create(&pump, NULL, imported_pump, f), 0);
	pthread_detach(pump);
	*ret_fd = ends[0];
	return true;
}

static bool imported_output(void *ctx, int table, const char *name, int *ret_fd, struct err *e)
{
	struct imported *im = ctx;
	struct imported_table *t = &im->tables[table];
	int ends[2];
	assert_in_range(table, 0, IMPORTED_TABLES - 1);
	assert_false(t->open);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	t->parquet = BUF_INIT(GIB);
	t->fd = ends[0];
	t->open = true;
	assert_int_equal(pthread_create(&t->drain, NULL, imported_drain, t), 0);
	*ret_fd = ends[1];
	return true;
}

static bool imported_drop(void *ctx, int table, struct err *e)
{
	struct imported *im = ctx;
	imported_join(&im->tables[table]);
	buf_free(&im->tables[table].parquet);
	im->drops++;
	return true;
}

static bool imported_rejects(void *ctx, int table, const json_t *items, struct err *e)
{
	struct imported *im = ctx;
	size_t i;
	json_t *item;
	json_array_foreach (items, i, item) {
		json_t *copy = json_deep_copy(item);
		json_object_set_new(copy, "table", json_integer(table));
		json_array_append_new(im->rejects, copy);
	}
	return true;
}

/* options may be NULL. The fields of the file are filled beforehand. */
static UNUSED void imported_run(struct imported *im, const char *name, const char *options)
{
	CLEANUP(buf_free) struct buf done = BUF_INIT(LIMIT_FRAME_BYTES);
	struct engine_spawn_options spawn = { .threads = 2 };
	struct engine_import m = { .name = name,
				   .options_json = options,
				   .ctx = im,
				   .open_source = imported_source,
				   .open_output = imported_output,
				   .drop_output = imported_drop,
				   .rejects = imported_rejects };
	im->rejects = json_array();
	signal(SIGPIPE, SIG_IGN);
	im->good = engine_import_run(&spawn, &m, &done, &im->e);
	fixture_start(&im->fx, (struct engine_pool_options){ 0 });
	for (size_t i = 0; i < IMPORTED_TABLES; i++) {
		imported_join(&im->tables[i]);
		im->fx.segments[i] = im->tables[i].parquet;
	}
	im->fx.n_segments = IMPORTED_TABLES;
	if (im->good)
		assert_true(json_read(buf_str(&done), LIMIT_FRAME_BYTES, &im->done, &im->e));
}

static UNUSED const json_t *imported_table(const struct imported *im, size_t table)
{
	return json_array_get(json_object_get(im->done, "tables"), table);
}

static UNUSED int64_t imported_i64(const struct imported *im, size_t table, const char *key)
{
	return json_integer_value(json_object_get(imported_table(im, table), key));
}

/* "name TYPE role, …" */
static UNUSED void imported_columns(const struct imported *im, size_t table, struct buf *ret)
{
	size_t i;
	const json_t *c;
	json_array_foreach (json_object_get(imported_table(im, table), "columns"), i, c)
		buf_addf(ret, "%s%s %s%s%s", i ? ", " : "", json_string_value(json_object_get(c, "name")),
			 json_string_value(json_object_get(c, "type")),
			 *json_string_value(json_object_get(c, "role")) ? " " : "",
			 json_string_value(json_object_get(c, "role")));
}

/* A query over one table, called t.t. */
static UNUSED struct answer imported_query(struct imported *im, size_t table, const char *sql)
{
	const json_t *columns = json_object_get(imported_table(im, table), "columns");
	size_t n = json_array_size(columns);
	struct engine_column *c = mem_array(n + 1, sizeof *c);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(columns, i);
		c[i] = (struct engine_column){ json_string_value(json_object_get(v, "name")),
					       json_string_value(json_object_get(v, "type")) };
	}
	int64_t segment = (int64_t)table;
	struct engine_relation r = { .schema = "t",
				     .table = "t",
				     .version = (int64_t)table + 1,
				     .segments = &segment,
				     .n_segments = 1,
				     .columns = c,
				     .n_columns = n };
	struct answer a =
		fixture_run(&im->fx, (struct engine_request){ .sql = sql, .relations = &r, .n_relations = 1 });
	free(c);
	return a;
}

/* Fails unless the answer is this JSON. */
static UNUSED void imported_expect(struct imported *im, size_t table, const char *sql, const char *json)
{
	struct answer a = imported_query(im, table, sql);
	if (!a.good)
		fail_msg("%s: %s", sql, a.e.message);
	assert_string_equal(a.bytes.p ? a.bytes.p : "", json);
	answer_free(&a);
}

static UNUSED void imported_free(struct imported *im)
{
	fixture_stop(&im->fx);
	json_decref(im->done);
	json_decref(im->rejects);
	*im = (struct imported){ 0 };
}
