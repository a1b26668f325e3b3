/*
 * A check of the store, page by page.
 *
 * The cipher authenticates each page when it is read, so reading them all finds every flipped byte; the virtual table
 * sqlite_dbpage gives them by number. A page that fails puts the pager into an error state until its locks are given
 * up, hence a fresh transaction after each. Which table a damaged page belongs to is asked by walking the tables one by
 * one (dbstat): the one whose walk fails has lost it. Only when every page reads is the structure verified.
 */
#include "base/arena.h"
#include "db/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_PAGES 1024
#define DAMAGED_SHOWN 1000 /* pages; more are counted */
#define OBJECTS 1024       /* tables and indexes */

struct checking {
	sqlite3 *handle;
	const char *name;
	db_damage_fn *report;
	void *ctx;
	db_progress_fn *progress;
	uint64_t damaged;
	int64_t first[DAMAGED_SHOWN]; /* the damaged pages */
};

static void finalize(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

static bool prepare(struct checking *c, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	int rc = sqlite3_prepare_v2(c->handle, sql, -1, ret, NULL);
	return rc == SQLITE_OK || sqlite_error(c->handle, c->name, rc, e);
}

static void tell(struct checking *c, int64_t page, const char *object, const char *what)
{
	struct db_damage d = { page, object, what };
	if (c->report)
		c->report(c->ctx, &d);
}

/* A view of the store that is read from the disk, not from what the connection remembers. */
static bool fresh_view(struct checking *c, struct err *e)
{
	if (!sqlite3_get_autocommit(c->handle))
		sqlite3_exec(c->handle, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_db_release_memory(c->handle);
	int rc = sqlite3_exec(c->handle, "BEGIN", NULL, NULL, NULL);
	return rc == SQLITE_OK || sqlite_error(c->handle, c->name, rc, e);
}

static bool page_count(struct checking *c, int64_t *ret, struct err *e)
{
	CLEANUP(finalize) sqlite3_stmt *s = NULL;
	if (!prepare(c, "PRAGMA page_count", &s, e))
		return false;
	int rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		return sqlite_error(c->handle, c->name, rc, e);
	*ret = sqlite3_column_int64(s, 0);
	return true;
}

static bool read_pages(struct checking *c, struct err *e)
{
	CLEANUP(finalize) sqlite3_stmt *s = NULL;
	int64_t pages = 0;
	if (!fresh_view(c, e) || !page_count(c, &pages, e) ||
	    !prepare(c, "SELECT length(data) FROM sqlite_dbpage WHERE pgno = ?1", &s, e))
		return false;
	for (int64_t page = 1; page <= pages; page++) {
		sqlite3_bind_int64(s, 1, page);
		int rc = sqlite3_step(s);
		sqlite3_reset(s);
		if (rc == SQLITE_NOMEM || rc == SQLITE_MISUSE)
			return sqlite_error(c->handle, c->name, rc, e);
		if (rc != SQLITE_ROW) {
			if (c->damaged < DAMAGED_SHOWN)
				c->first[c->damaged] = page;
			c->damaged++;
			if (!fresh_view(c, e))
				return false;
		}
		if (c->progress && page % PROGRESS_PAGES == 0 && !c->progress(c->ctx, (uint64_t)page, (uint64_t)pages))
			return err_set(e, ERR_CANCELLED, NULL, "The check was stopped.");
	}
	return true;
}

/* Walks every page of one table or index; false when one cannot be read. */
static bool walk(struct checking *c, const char *object)
{
	CLEANUP(finalize) sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(c->handle, "SELECT pageno FROM dbstat WHERE name = ?1", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, object, -1, SQLITE_TRANSIENT);
	while (rc == SQLITE_OK || rc == SQLITE_ROW)
		rc = sqlite3_step(s);
	return rc == SQLITE_DONE;
}

/* The names of all tables and indexes, in memory: walking one may put the pager into its error state. */
static bool list_objects(struct checking *c, struct arena *a, const char *names[OBJECTS], size_t *ret_n, struct err *e)
{
	CLEANUP(finalize) sqlite3_stmt *s = NULL;
	size_t n = 0;
	if (!fresh_view(c, e) || !prepare(c, "SELECT name FROM sqlite_master WHERE rootpage > 0", &s, e))
		return false;
	names[n++] = "sqlite_master";
	while (n < OBJECTS && sqlite3_step(s) == SQLITE_ROW)
		names[n++] = arena_strdup(a, (const char *)sqlite3_column_text(s, 0));
	*ret_n = n;
	return true;
}

/* One object lost pages: they are its. More than one: each is named, and the pages stand alone. */
static bool name_objects(struct checking *c, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 * MIB);
	const char *names[OBJECTS], *lost[OBJECTS];
	size_t n, losses = 0;
	if (!list_objects(c, &a, names, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!fresh_view(c, e))
			return false;
		if (!walk(c, names[i]))
			lost[losses++] = names[i];
	}
	for (size_t i = 0; i < losses && losses > 1; i++)
		tell(c, 0, lost[i], "some of its pages cannot be read");
	for (uint64_t i = 0; i < c->damaged && i < DAMAGED_SHOWN; i++)
		tell(c, c->first[i], losses == 1 ? lost[0] : "", "the page does not authenticate");
	return true;
}

static bool verify_structure(struct checking *c, struct err *e)
{
	CLEANUP(finalize) sqlite3_stmt *s = NULL;
	int rc;
	if (!prepare(c, "PRAGMA integrity_check(100)", &s, e))
		return false;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		if (!text || strcmp(text, "ok") == 0)
			continue;
		c->damaged++;
		tell(c, 0, "", text);
	}
	return rc == SQLITE_DONE || sqlite_error(c->handle, c->name, rc, e);
}

bool sqlite_check(struct db *db, db_damage_fn *report, void *ctx, db_progress_fn *progress, uint64_t *ret_damaged,
		  struct err *e)
{
	struct checking *c = mem_zalloc(sizeof *c);
	*c = (struct checking){ .handle = ((struct sqlite_db *)db)->handle,
				.name = db->name,
				.report = report,
				.ctx = ctx,
				.progress = progress };
	bool ok = !db_in_transaction(db) || err_set(e, ERR_INTERNAL, NULL, "a check inside a transaction");
	if (ok) {
		ok = read_pages(c, e);
		ok = ok && (c->damaged ? name_objects(c, e) : verify_structure(c, e));
		if (!sqlite3_get_autocommit(c->handle))
			sqlite3_exec(c->handle, "ROLLBACK", NULL, NULL, NULL);
		if (ok)
			*ret_damaged = c->damaged;
	}
	free(c);
	return ok;
}
