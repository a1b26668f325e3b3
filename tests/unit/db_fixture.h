/* A store in a folder of its own, for the tests of db/. Every test has its `struct err e` for OK. */
#pragma once

#include "base/util.h"
#include "crypt/keys.h"
#include "db/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char folder[64];
	char path[96], url[128];
	struct key key;
	struct db *db;
};

static inline int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct err e;
	strcpy(f->folder, "/tmp/vitrina-db-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
	snprintf(f->url, sizeof f->url, "sqlite:%s", f->path);
	key_random(&f->key);
	if (!db_open(f->url, &f->key, DB_CREATE, &f->db, &e))
		fail_msg("%s", e.message);
	*state = f;
	return 0;
}

static inline void remove_store(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < countof(ends); i++) {
		char name[200];
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

static inline int end(void **state)
{
	struct fixture *f = *state;
	char copy[128];
	db_close(&f->db);
	remove_store(f->path);
	snprintf(copy, sizeof copy, "%s/copy.db", f->folder);
	remove_store(copy);
	assert_int_equal(rmdir(f->folder), 0); /* also: nothing else was left behind */
	free(f);
	return 0;
}

#define OK(call)                                           \
	do {                                               \
		if (!(call))                               \
			fail_msg(#call ": %s", e.message); \
	} while (0)

static inline int64_t count(struct db *db)
{
	int64_t n = -1;
	struct err e;
	OK(db_query_i64(db, &n, NULL, &e, "SELECT count(*) FROM t", ""));
	return n;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, begin, end)
