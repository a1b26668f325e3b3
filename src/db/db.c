#include "db/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct db_driver *const drivers[] = { &db_sqlite };

bool db_open(const char *url, const struct key *key, unsigned flags, struct db **ret, struct err *e)
{
	struct str u = str_of(url);
	size_t colon = str_find(u, ':');
	for (size_t i = 0; i < countof(drivers) && colon < u.n; i++) {
		if (str_is(str_n(url, colon), drivers[i]->scheme))
			return drivers[i]->open(url + colon + 1, key, flags, ret, e);
	}
	/* The whole address may hold a password. */
	return err_set(e, ERR_VALUE, "store_url", "A store's address begins with \"sqlite:\", not with \"%.*s\".",
		       colon < u.n ? (int)MIN(colon, (size_t)20) : 0, url);
}

void db_close(struct db **db)
{
	if (!*db)
		return;
	db_rollback_all(*db);
	char *name = (*db)->name;
	(*db)->driver->close(*db);
	free(name);
	*db = NULL;
}

const char *db_name(const struct db *db)
{
	return db->name;
}

static bool gate_enter(struct db *db, struct err *e)
{
	if (db->gate && db->gate_held == 0 && !db_gate_lock(db->gate, e))
		return false;
	db->gate_held++;
	return true;
}

static void gate_leave(struct db *db)
{
	if (--db->gate_held == 0 && db->gate)
		db_gate_unlock(db->gate);
}

static void stmt_leave(struct db_stmt *s)
{
	if (s->gated) {
		db_count_write();
		gate_leave(s->db);
	}
	s->gated = false;
}

bool db_prepare(struct db *db, const char *sql, struct db_stmt **ret, struct err *e)
{
	return db->driver->prepare(db, sql, ret, e);
}

void db_bind_i64(struct db_stmt *s, int pos, int64_t v)
{
	s->db->driver->bind_i64(s, pos, v);
}

void db_bind_f64(struct db_stmt *s, int pos, double v)
{
	s->db->driver->bind_f64(s, pos, v);
}

void db_bind_str(struct db_stmt *s, int pos, struct str v)
{
	s->db->driver->bind_text(s, pos, v, false);
}

void db_bind_cstr(struct db_stmt *s, int pos, const char *v)
{
	s->db->driver->bind_text(s, pos, str_of(v), false);
}

void db_bind_blob(struct db_stmt *s, int pos, struct str v)
{
	s->db->driver->bind_text(s, pos, v, true);
}

void db_bind_null(struct db_stmt *s, int pos)
{
	s->db->driver->bind_text(s, pos, str_n(NULL, 0), false);
}

bool db_step(struct db_stmt *s, bool *ret_row, struct err *e)
{
	bool row = false;
	if (s->writes && !s->gated && s->db->depth == 0) {
		if (!gate_enter(s->db, e))
			return false;
		s->gated = true;
	}
	bool ok = s->db->driver->step(s, &row, e);
	if (!ok || !row)
		stmt_leave(s);
	if (ok)
		*ret_row = row;
	return ok;
}

void db_stmt_reset(struct db_stmt *s)
{
	s->db->driver->reset(s);
	stmt_leave(s);
}

void db_stmt_done(struct db_stmt **s)
{
	if (!*s)
		return;
	struct db_stmt *done = *s;
	*s = NULL;
	done->db->driver->reset(done);
	stmt_leave(done);
	done->db->driver->done(done);
}

int64_t db_col_i64(struct db_stmt *s, int col)
{
	return s->db->driver->col_i64(s, col);
}

double db_col_f64(struct db_stmt *s, int col)
{
	return s->db->driver->col_f64(s, col);
}

struct str db_col_str(struct db_stmt *s, int col)
{
	return s->db->driver->col_text(s, col, false);
}

struct str db_col_blob(struct db_stmt *s, int col)
{
	return s->db->driver->col_text(s, col, true);
}

bool db_col_null(struct db_stmt *s, int col)
{
	return s->db->driver->col_null(s, col);
}

int db_col_count(struct db_stmt *s)
{
	return s->db->driver->col_count(s);
}

int64_t db_changes(struct db *db)
{
	return db->driver->changes(db);
}

static void bind_optional(struct db_stmt *s, int pos, int64_t v)
{
	if (v)
		db_bind_i64(s, pos, v);
	else
		db_bind_null(s, pos);
}

static bool query(struct db *db, struct db_stmt **ret, const char *sql, const char *types, va_list ap, struct err *e)
{
	struct db_stmt *s = NULL;
	if (!db->driver->prepare(db, sql, &s, e))
		return false;
	for (int i = 0; types[i]; i++) {
		int pos = i + 1;
		switch (types[i]) {
		case 'i':
			db_bind_i64(s, pos, va_arg(ap, int64_t));
			break;
		case 'o':
			bind_optional(s, pos, va_arg(ap, int64_t));
			break;
		case 'd':
			db_bind_f64(s, pos, va_arg(ap, double));
			break;
		case 's':
			db_bind_cstr(s, pos, va_arg(ap, const char *));
			break;
		case 'S':
			db_bind_str(s, pos, va_arg(ap, struct str));
			break;
		case 'b':
			db_bind_blob(s, pos, va_arg(ap, struct str));
			break;
		case 'n':
			db_bind_null(s, pos);
			break;
		default: /* a letter that does not exist: no such position either, so the step fails */
			db_bind_null(s, -1);
			break;
		}
	}
	*ret = s;
	return true;
}

bool db_query(struct db *db, struct db_stmt **ret, struct err *e, const char *sql, const char *types, ...)
{
	va_list ap;
	va_start(ap, types);
	bool ok = query(db, ret, sql, types, ap, e);
	va_end(ap);
	return ok;
}

bool db_exec(struct db *db, struct err *e, const char *sql, const char *types, ...)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row = true;
	va_list ap;
	va_start(ap, types);
	bool ok = query(db, &s, sql, types, ap, e);
	va_end(ap);
	while (ok && row)
		ok = db_step(s, &row, e);
	return ok;
}

bool db_query_i64(struct db *db, int64_t *ret, bool *ret_found, struct err *e, const char *sql, const char *types, ...)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	va_list ap;
	va_start(ap, types);
	bool ok = query(db, &s, sql, types, ap, e);
	va_end(ap);
	if (!ok || !db_step(s, &row, e))
		return false;
	if (row)
		*ret = db_col_i64(s, 0);
	if (ret_found)
		*ret_found = row;
	return true;
}
