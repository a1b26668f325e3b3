#include "db/migrate.h"

#include "base/buf.h"
#include "base/clock.h"
#include "crypt/token.h"
#include "db/driver.h"

#include <stdio.h>
#include <string.h>

#define SQL_BYTES (1 * MIB) /* of one migration */

/* Puts the driver's words in the place of {id} and {blob}; an unknown one is refused. Other braces stay. */
static bool spell(const struct db *db, const struct migration *m, struct buf *ret, struct err *e)
{
	const struct {
		struct str word;
		const char *stands_for;
	} words[] = { { STR("{id}"), db->driver->id }, { STR("{blob}"), db->driver->blob } };
	struct str rest = str_of(m->sql);
	while (rest.n) {
		size_t at = str_find(rest, '{'), i = 0;
		buf_add(ret, rest.p, at);
		rest = str_n(rest.p + at, rest.n - at);
		while (i < countof(words) && !str_starts(rest, words[i].word))
			i++;
		if (i < countof(words)) {
			buf_adds(ret, words[i].stands_for);
			rest = str_n(rest.p + words[i].word.n, rest.n - words[i].word.n);
		} else if (rest.n > 1 && rest.p[1] >= 'a' && rest.p[1] <= 'z') {
			return err_set(e, ERR_INTERNAL, NULL, "migration %04d_%s has an unknown {word}", m->number,
				       m->name);
		} else if (rest.n) {
			buf_addc(ret, '{');
			rest = str_n(rest.p + 1, rest.n - 1);
		}
	}
	return !ret->failed || err_set(e, ERR_INTERNAL, NULL, "migration %04d_%s is too long", m->number, m->name);
}

static const struct migration *find(const struct migration *list, size_t n, int64_t number)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].number == number)
			return &list[i];
	}
	return NULL;
}

static bool compare(struct db *db, struct db_stmt *s, const struct migration *list, size_t n, struct err *e)
{
	char checksum[TOKEN_HASH];
	int64_t number = db_col_i64(s, 0);
	struct str name = db_col_str(s, 1);
	const struct migration *m = find(list, n, number);
	if (!m)
		return err_set(e, ERR_CONFLICT, "newer_store",
			       "%s is of version %lld (%.*s), this program knows versions up to %d (%s): use a newer "
			       "program",
			       db->name, (long long)number, STR_ARG(name), n ? list[n - 1].number : 0,
			       n ? list[n - 1].name : "none");
	hash_hex(str_of(m->sql), checksum);
	if (!str_is(db_col_str(s, 2), checksum) || !str_is(name, m->name))
		return err_set(e, ERR_CONFLICT, "migration_changed",
			       "%s: migration %04d_%s is not the one that this store was made with", db->name,
			       m->number, m->name);
	return true;
}

/* Everything that ran before must be the same text; *ret_last is the highest number. */
static bool compare_all(struct db *db, const struct migration *list, size_t n, int64_t *ret_last, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	int64_t last = 0;
	/* The newest first: of a newer store its own version is named. */
	if (!db_query(db, &s, e, "SELECT number, name, checksum FROM migration ORDER BY number DESC", ""))
		return false;
	for (;;) {
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			break;
		if (!compare(db, s, list, n, e))
			return false;
		last = MAX(last, db_col_i64(s, 0));
	}
	*ret_last = last;
	return true;
}

/* Runs m unless another process did since; the decision is made under the write lock. */
static bool apply(struct db *db, const struct migration *m, bool *ret_applied, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char checksum[TOKEN_HASH];
	bool there;
	int64_t number;
	if (!spell(db, m, &sql, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &number, &there, e, "SELECT number FROM migration WHERE number = ?1", "i",
			  (int64_t)m->number))
		return false;
	if (!there) {
		hash_hex(str_of(m->sql), checksum);
		if (!db->driver->run(db, sql.p ? sql.p : "", e))
			return err_prefix(e, "migration %04d_%s", m->number, m->name);
		if (!db_exec(db, e,
			     "INSERT INTO migration (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
			     "issi", (int64_t)m->number, m->name, checksum, clock_now()))
			return false;
	}
	if (!db_commit_tx(&tx, e))
		return false;
	*ret_applied = !there;
	return true;
}

bool db_migrate(struct db *db, const struct migration *list, size_t n, size_t *ret_applied, struct err *e)
{
	int64_t last = 0, noted;
	size_t applied = 0;
	for (size_t i = 0; i < n; i++) {
		if (list[i].number <= (i ? list[i - 1].number : 0))
			return err_set(e, ERR_INTERNAL, NULL, "the migrations are not in order at %04d_%s",
				       list[i].number, list[i].name);
	}
	if (!db->driver->run(db,
			     "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT "
			     "NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
			     e) ||
	    !compare_all(db, list, n, &last, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		bool there, ran = false;
		if (!db_query_i64(db, &noted, &there, e, "SELECT number FROM migration WHERE number = ?1", "i",
				  (int64_t)list[i].number))
			return false;
		if (there)
			continue;
		if (list[i].number < last)
			return err_set(e, ERR_CONFLICT, "migration_order",
				       "%s: migration %04d_%s was put in before one that ran already", db->name,
				       list[i].number, list[i].name);
		if (!apply(db, &list[i], &ran, e))
			return false;
		applied += ran;
	}
	if (ret_applied)
		*ret_applied = applied;
	return true;
}
