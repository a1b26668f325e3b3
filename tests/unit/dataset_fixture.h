/* A folder with a migrated store, segments and spool; for the tests of data sets. */
#pragma once

#include "crypt/keys.h"
#include "db/db.h"
#include "db/migrate.h"
#include "model/building.h"
#include "model/dataset.h"
#include "model/segment.h"
#include "model/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#define ORG 1
#define OTHER 2

struct fixture {
	char folder[64];
	struct key key;
	struct db *db;
	struct segment_store *segments;
	struct spool *spool;
	struct arena a;
};

/* Fails the test with the error's own words. */
#define must(call)                                                                 \
	do {                                                                       \
		struct err e_ = { 0 };                                             \
		struct err *e = &e_;                                               \
		if (!(call))                                                       \
			fail_msg("%s: %s (%s)", #call, e_.message, err_code(&e_)); \
	} while (0)
/* It must be refused with this kind and code. */
#define must_fail(k, c, call)                               \
	do {                                                \
		struct err e_ = { 0 };                      \
		struct err *e = &e_;                        \
		if (call)                                   \
			fail_msg("%s did not fail", #call); \
		assert_string_equal(err_code(e), c);        \
		assert_int_equal(e_.kind, k);               \
		assert_true(e_.message[0] != '\0');         \
	} while (0)

static inline int fixture_begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char url[128];
	strcpy(f->folder, "/tmp/vitrina-set-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(url, sizeof url, "sqlite:%s/store.db", f->folder);
	key_random(&f->key);
	f->a = ARENA_INIT(16 * MIB);
	must(db_open(url, &f->key, DB_CREATE, &f->db, e));
	must(db_migrate(f->db, program_migrations, program_migrations_count, NULL, e));
	must(segment_store_open(f->folder, &f->key, &f->segments, e));
	must(spool_open(f->folder, &f->spool, e));
	*state = f;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static inline int fixture_end(void **state)
{
	struct fixture *f = *state;
	spool_free(&f->spool);
	segment_store_free(&f->segments);
	db_close(&f->db);
	arena_free(&f->a);
	nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* Files in a folder of the data folder. */
static inline size_t count_files(const struct fixture *f, const char *name)
{
	char path[128];
	size_t n = 0;
	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (struct dirent *x; (x = readdir(d));)
		n += strcmp(x->d_name, ".") && strcmp(x->d_name, "..");
	closedir(d);
	return n;
}
