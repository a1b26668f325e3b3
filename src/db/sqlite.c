#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SALT_BYTES 16
#define CACHE_PRAGMA "PRAGMA cache_size=-4096" /* KiB a connection */

static struct sqlite_db *own(struct db *db)
{
	return (struct sqlite_db *)db;
}

static struct sqlite_stmt *stmt(struct db_stmt *s)
{
	return (struct sqlite_stmt *)s;
}

/*
 * The first bytes of the file are a salt that a raw key has no use for. It is derived from the key, so that a key that
 * does not fit and a first page that is damaged can be told apart.
 */
static void salt_of(const struct key *key, unsigned char ret[SALT_BYTES])
{
	CLEANUP(key_wipe) struct key derived;
	key_derive(key, "vtr-salt", 0, &derived);
	memcpy(ret, derived.bytes, SALT_BYTES);
}

static int give_key(sqlite3 *handle, const struct key *key)
{
	unsigned char text[4 + KEY_BYTES + SALT_BYTES]; /* a raw key: nothing is derived at each opening */
	int rc = sqlite3_exec(handle, "PRAGMA cipher='aegis'", NULL, NULL, NULL);
	if (rc == SQLITE_OK) {
		memcpy(text, "raw:", 4);
		memcpy(text + 4, key->bytes, KEY_BYTES);
		salt_of(key, text + 4 + KEY_BYTES);
		rc = sqlite3_key(handle, text, (int)sizeof text);
		sodium_memzero(text, sizeof text);
	}
	/* Nothing is read before the first statement; this one is what proves the key. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(handle, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
	return rc;
}

/* The file could not be decrypted: says whether it is the key's fault. What make_file avoids does no harm any more. */
static bool why_not(const char *path, const struct key *key, struct err *e)
{
	unsigned char salt[SALT_BYTES], have[SALT_BYTES];
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	salt_of(key, salt);
	if (fd >= 0 && pread(fd, have, sizeof have, 0) == sizeof have && memcmp(have, salt, sizeof salt) == 0)
		return err_set(e, ERR_CORRUPT, NULL, "%s: the first page is damaged", path);
	return err_set(e, ERR_CORRUPT, "wrong_key", "%s: the key does not open it; it belongs to another store", path);
}

/*
 * Makes the file, as SQLite's mode depends on the umask; the -wal and -shm files follow its mode. A file that exists is
 * not opened here: closing it again would drop the locks that other connections of this process have on it.
 */
static bool make_file(const char *path, bool create, struct err *e)
{
	CLEANUP(fd_close) int fd = -1;
	if (create)
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	else if (access(path, F_OK) < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, "no_store", "%s: there is no store here", path);
	if (create && fd < 0 && errno != EEXIST)
		return err_errno(e, errno, "%s", path);
	return true;
}

bool sqlite_open_file(const char *path, const struct key *key, bool create, sqlite3 **ret, struct err *e)
{
	if (!make_file(path, create, e))
		return false;
	sqlite3 *handle = NULL;
	int rc = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL);
	bool ok = rc == SQLITE_OK || sqlite_error(handle, path, rc, e);
	if (ok)
		sqlite3_busy_timeout(handle, DB_BUSY_SECONDS * 1000);
	if (ok && key && (rc = give_key(handle, key)) != SQLITE_OK)
		ok = (rc & 0xff) == SQLITE_NOTADB ? why_not(path, key, e) : sqlite_error(handle, path, rc, e);
	if (!ok) {
		sqlite3_close_v2(handle);
		return false;
	}
	*ret = handle;
	return true;
}

static bool settle(sqlite3 *handle, const char *path, unsigned flags, struct err *e)
{
	static const char *const pragmas[] = {
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL",
		"PRAGMA foreign_keys=ON",
		"PRAGMA temp_store=MEMORY",
		"PRAGMA mmap_size=0",
		"PRAGMA trusted_schema=OFF",
		CACHE_PRAGMA,
		"PRAGMA journal_size_limit=67108864",
	};
	int rc = SQLITE_OK;
	for (size_t i = 0; i < countof(pragmas) && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(handle, pragmas[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK && (flags & DB_READ))
		rc = sqlite3_exec(handle, "PRAGMA query_only=ON", NULL, NULL, NULL);
	return rc == SQLITE_OK || sqlite_error(handle, path, sqlite3_extended_errcode(handle), e);
}

static bool sqlite_open(const char *path, const struct key *key, unsigned flags, struct db **ret, struct err *e)
{
	sqlite3 *handle = NULL;
	if (!crypt_init(e) || (!(flags & DB_AGAIN) && !sqlite_wal_whole(path, e)) ||
	    !sqlite_open_file(path, key, flags & DB_CREATE, &handle, e))
		return false;
	if (!settle(handle, path, flags, e)) {
		sqlite3_close_v2(handle);
		return false;
	}
	struct sqlite_db *db = mem_zalloc(sizeof *db);
	db->base.driver = &db_sqlite;
	db->base.name = mem_strdup(path);
	db->handle = handle;
	*ret = &db->base;
	return true;
}

static void drop(struct sqlite_stmt *s)
{
	sqlite3_finalize(s->handle);
	free(s->sql);
	free(s);
}

static void sqlite_close(struct db *base)
{
	struct sqlite_db *db = own(base);
	for (size_t i = 0; i < db->n; i++)
		drop(db->kept[i]);
	sqlite3_close_v2(db->handle);
	free(db);
}

/* FNV-1a: the texts are our own. */
static uint64_t hash_of(const char *sql)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (; *sql; sql++)
		h = (h ^ (unsigned char)*sql) * UINT64_C(0x100000001b3);
	return h;
}

static struct sqlite_stmt *find_kept(struct sqlite_db *db, const char *sql, uint64_t hash)
{
	for (size_t i = 0; i < db->n; i++) {
		struct sqlite_stmt *s = db->kept[i];
		if (s->hash == hash && !s->busy && strcmp(s->sql, sql) == 0)
			return s;
	}
	return NULL;
}

/* Keeps s, in the place of the oldest idle statement when the list is full; when all are busy s is not kept. */
static void keep(struct sqlite_db *db, struct sqlite_stmt *s)
{
	size_t at = db->n;
	if (db->n < SQLITE_STMTS) {
		db->n++;
	} else {
		for (size_t i = 0; i < db->n; i++) {
			if (!db->kept[i]->busy && (at == db->n || db->kept[i]->used < db->kept[at]->used))
				at = i;
		}
		if (at == db->n)
			return;
		drop(db->kept[at]);
	}
	db->kept[at] = s;
	s->kept = true;
}

static bool sqlite_prepare(struct db *base, const char *sql, struct db_stmt **ret, struct err *e)
{
	struct sqlite_db *db = own(base);
	uint64_t hash = hash_of(sql);
	struct sqlite_stmt *s = find_kept(db, sql, hash);
	if (!s) {
		sqlite3_stmt *handle = NULL;
		const char *tail = NULL;
		int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail);
		if (rc != SQLITE_OK)
			return sqlite_error(db->handle, base->name, rc, e);
		if (!handle || str_trim(str_of(tail)).n) {
			sqlite3_finalize(handle);
			return err_set(e, ERR_INTERNAL, NULL, "%s: not one statement: %.80s", base->name, sql);
		}
		s = mem_zalloc(sizeof *s);
		s->base.db = base;
		s->base.writes = !sqlite3_stmt_readonly(handle);
		s->handle = handle;
		s->sql = mem_strdup(sql);
		s->hash = hash;
		keep(db, s);
	}
	s->busy = true;
	s->used = ++db->turn;
	*ret = &s->base;
	return true;
}

static void note_bind(struct db_stmt *s, int rc)
{
	if (rc != SQLITE_OK)
		stmt(s)->misused = true;
}

static void sqlite_bind_i64(struct db_stmt *s, int pos, int64_t v)
{
	note_bind(s, sqlite3_bind_int64(stmt(s)->handle, pos, v));
}

static void sqlite_bind_f64(struct db_stmt *s, int pos, double v)
{
	note_bind(s, sqlite3_bind_double(stmt(s)->handle, pos, v));
}

static void sqlite_bind_text(struct db_stmt *s, int pos, struct str v, bool blob)
{
	sqlite3_stmt *h = stmt(s)->handle;
	if (!v.p)
		note_bind(s, sqlite3_bind_null(h, pos));
	else if (blob)
		note_bind(s, sqlite3_bind_blob64(h, pos, v.p, v.n, SQLITE_TRANSIENT));
	else
		note_bind(s, sqlite3_bind_text64(h, pos, v.p, v.n, SQLITE_TRANSIENT, SQLITE_UTF8));
}

static bool sqlite_step(struct db_stmt *base, bool *ret_row, struct err *e)
{
	struct sqlite_stmt *s = stmt(base);
	sqlite3 *handle = own(base->db)->handle;
	s->positioned = false;
	if (s->misused)
		return err_set(e, ERR_INTERNAL, NULL, "%s: a value for a parameter that is not there: %.80s",
			       base->db->name, s->sql);
	int rc = sqlite3_step(s->handle);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
		s->positioned = rc == SQLITE_ROW;
		*ret_row = s->positioned;
		if (rc == SQLITE_DONE)
			sqlite3_reset(s->handle); /* ends the implicit read transaction */
		return true;
	}
	sqlite_error(handle, base->db->name, rc, e);
	sqlite3_reset(s->handle);
	return false;
}

static void sqlite_reset(struct db_stmt *base)
{
	struct sqlite_stmt *s = stmt(base);
	sqlite3_reset(s->handle);
	sqlite3_clear_bindings(s->handle);
	s->misused = s->positioned = false;
}

static void sqlite_done(struct db_stmt *base)
{
	struct sqlite_stmt *s = stmt(base);
	s->busy = false;
	if (!s->kept)
		drop(s);
}

static int64_t sqlite_col_i64(struct db_stmt *s, int col)
{
	return stmt(s)->positioned ? sqlite3_column_int64(stmt(s)->handle, col) : 0;
}

static double sqlite_col_f64(struct db_stmt *s, int col)
{
	return stmt(s)->positioned ? sqlite3_column_double(stmt(s)->handle, col) : 0;
}

static bool sqlite_col_null(struct db_stmt *s, int col)
{
	return !stmt(s)->positioned || sqlite3_column_type(stmt(s)->handle, col) == SQLITE_NULL;
}

static struct str sqlite_col_text(struct db_stmt *s, int col, bool blob)
{
	sqlite3_stmt *h = stmt(s)->handle;
	if (sqlite_col_null(s, col))
		return str_n(NULL, 0);
	const char *p = blob ? sqlite3_column_blob(h, col) : (const char *)sqlite3_column_text(h, col);
	return p ? str_n(p, (size_t)sqlite3_column_bytes(h, col)) : STR("");
}

static int sqlite_col_count(struct db_stmt *s)
{
	return sqlite3_column_count(stmt(s)->handle);
}

static int64_t sqlite_changes(struct db *db)
{
	return sqlite3_changes64(own(db)->handle);
}

static bool sqlite_run(struct db *db, const char *sql, struct err *e)
{
	sqlite3 *handle = own(db)->handle;
	int rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK || sqlite_error(handle, db->name, rc, e);
}

static bool sqlite_alive(struct db *db)
{
	return !sqlite3_get_autocommit(own(db)->handle);
}

const struct db_driver db_sqlite = {
	.scheme = "sqlite",
	.id = "INTEGER PRIMARY KEY", /* the row's own number: one tree instead of two */
	.blob = "BLOB",
	.open = sqlite_open,
	.close = sqlite_close,
	.prepare = sqlite_prepare,
	.bind_i64 = sqlite_bind_i64,
	.bind_f64 = sqlite_bind_f64,
	.bind_text = sqlite_bind_text,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.done = sqlite_done,
	.col_i64 = sqlite_col_i64,
	.col_f64 = sqlite_col_f64,
	.col_text = sqlite_col_text,
	.col_null = sqlite_col_null,
	.col_count = sqlite_col_count,
	.changes = sqlite_changes,
	.run = sqlite_run,
	.begin_write = "BEGIN IMMEDIATE",
	.begin_read = "BEGIN",
	.alive = sqlite_alive,
	.backup = sqlite_backup,
	.check = sqlite_check,
};
