#include "model/report.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "model/audit.h"
#include "model/cron.h"
#include "model/people.h"
#include "model/read.h"

bool report_check(const struct report *r, struct err *e)
{
	struct str name = str_of(r->name);
	int64_t next;
	static const char *const languages[] = { "en", "ru", "pl", "mk" };
	bool known = false;
	for (size_t i = 0; i < countof(languages); i++)
		known |= strcmp(r->language, languages[i]) == 0;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == '/' || name.p[i] == 127)
			return err_field(e, ERR_VALUE, "name", "A report's name has no line ends and no \"/\".");
	if (!str_trim(name).n || name.n > REPORT_NAME_BYTES || !utf8_valid(name))
		return err_field(e, ERR_VALUE, "name", "A name of at most %d bytes is needed.", REPORT_NAME_BYTES);
	if (!known)
		return err_field(e, ERR_VALUE, "language", "A report speaks en, ru, pl or mk.");
	if (r->parts < 1 || r->parts > REPORT_PARTS_ALL)
		return err_field(e, ERR_VALUE, "parts", "A report has at least one of text, table and chart.");
	if (!r->schedule[0])
		return zone_check(str_of(r->zone), e);
	return cron_next_text(r->schedule, r->zone, clock_now(), &next, e);
}

static bool fold(struct buf *b, struct str name, struct err *e)
{
	utf8_fold(b, str_trim(name));
	return b->n || err_field(e, ERR_VALUE, "name", "A name needs letters or digits.");
}

static bool name_taken(struct err *e)
{
	if (e->kind == ERR_CONFLICT)
		err_field(e, ERR_CONFLICT, "name", "There is a report of this name already.");
	return false;
}

static bool put_targets(struct db *db, int64_t org, const struct report *r, int64_t id, struct err *e)
{
	if (!db_exec(db, e, "DELETE FROM report_target WHERE report = ?1", "i", id))
		return false;
	for (size_t i = 0; i < r->n_targets; i++) {
		if (!db_exec(db, e,
			     "INSERT INTO report_target (report, target) SELECT ?1, t.id FROM target t "
			     "WHERE t.id = ?2 AND t.org = ?3 ON CONFLICT (report, target) DO NOTHING",
			     "iii", id, r->targets[i], org))
			return false;
		int64_t there;
		bool found;
		if (!db_query_i64(db, &there, &found, e, "SELECT 1 FROM target WHERE id = ?1 AND org = ?2", "ii",
				  r->targets[i], org))
			return false;
		if (!found)
			return err_field(e, ERR_VALUE, "targets", "There is no target %lld.", (long long)r->targets[i]);
	}
	return true;
}

bool report_create(struct db *db, const struct caller *by, const struct report *r, int64_t *ret_id, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(4 * KIB);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t id = id_new(), now = clock_now(), next, n;
	if (!caller_must(by, PERM_REPORT, e) || !report_check(r, e) || !fold(&folded, str_of(r->name), e) ||
	    !cron_next_text(r->schedule, r->zone, now, &next, e) || !db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &n, NULL, e, "SELECT count(*) FROM report WHERE org = ?1", "i", by->org))
		return false;
	if (n >= REPORTS_MOST)
		return err_set(e, ERR_LIMIT, NULL, "There are %d reports; no more fit.", REPORTS_MOST);
	if (!db_exec(db, e,
		     "INSERT INTO report (id, org, name, name_folded, figure, dataset, year, per_customer, top, "
		     "language, parts, schedule, zone, next_run, created_at, created_by) "
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
		     "iiSSsiiiisissoii", id, by->org, str_trim(str_of(r->name)), buf_str(&folded), r->figure,
		     r->dataset, r->year, (int64_t)r->per_customer, r->top, r->language, r->parts, r->schedule, r->zone,
		     next, now, by->user))
		return name_taken(e);
	if (!put_targets(db, by->org, r, id, e) || !audit_add(db, by, "report_create", "report", id, NULL, e) ||
	    !db_commit_tx(&tx, e))
		return false;
	*ret_id = id;
	return true;
}

bool report_change(struct db *db, const struct caller *by, const struct report *r, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(4 * KIB);
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t next;
	if (!caller_must(by, PERM_REPORT, e) || !report_check(r, e) || !fold(&folded, str_of(r->name), e) ||
	    !cron_next_text(r->schedule, r->zone, clock_now(), &next, e) || !db_begin_tx(db, &tx, e))
		return false;
	if (!db_exec(db, e,
		     "UPDATE report SET name = ?3, name_folded = ?4, figure = ?5, dataset = ?6, year = ?7, "
		     "per_customer = ?8, top = ?9, language = ?10, parts = ?11, schedule = ?12, zone = ?13, "
		     "next_run = ?14, last_error = '', last_error_code = '' WHERE org = ?1 AND id = ?2",
		     "iiSSsiiiisisso", by->org, r->id, str_trim(str_of(r->name)), buf_str(&folded), r->figure,
		     r->dataset, r->year, (int64_t)r->per_customer, r->top, r->language, r->parts, r->schedule, r->zone,
		     next))
		return name_taken(e);
	if (db_changes(db) != 1)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such report.");
	return put_targets(db, by->org, r, r->id, e) && audit_add(db, by, "report_change", "report", r->id, NULL, e) &&
	       db_commit_tx(&tx, e);
}

bool report_delete(struct db *db, const struct caller *by, int64_t id, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!caller_must(by, PERM_REPORT, e) || !db_begin_tx(db, &tx, e) ||
	    !db_exec(db, e,
		     "DELETE FROM report_target WHERE report = (SELECT id FROM report WHERE org = ?1 AND id = ?2)",
		     "ii", by->org, id) ||
	    !db_exec(db, e, "DELETE FROM report WHERE org = ?1 AND id = ?2", "ii", by->org, id))
		return false;
	if (db_changes(db) != 1)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such report.");
	return audit_add(db, by, "report_delete", "report", id, NULL, e) && db_commit_tx(&tx, e);
}

#define COLUMNS                                                                                                \
	"id, org, name, figure, dataset, year, per_customer, top, language, parts, schedule, zone, next_run, " \
	"last_run, "                                                                                           \
	"last_error, created_at, last_error_code"

static bool read_row(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct report *)ret = (struct report){ .id = db_col_i64(s, 0),
						 .org = db_col_i64(s, 1),
						 .name = read_text(a, s, 2),
						 .figure = read_text(a, s, 3),
						 .dataset = db_col_i64(s, 4),
						 .year = db_col_i64(s, 5),
						 .per_customer = db_col_i64(s, 6) != 0,
						 .top = db_col_i64(s, 7),
						 .language = read_text(a, s, 8),
						 .parts = db_col_i64(s, 9),
						 .schedule = read_text(a, s, 10),
						 .zone = read_text(a, s, 11),
						 .next_run = db_col_i64(s, 12),
						 .last_run = db_col_i64(s, 13),
						 .last_error = read_text(a, s, 14),
						 .created_at = db_col_i64(s, 15),
						 .last_error_code = read_text(a, s, 16) };
	return read_fits(a, e);
}

static bool read_targets(struct db *db, struct arena *a, struct report *r, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t *list = arena_array(a, TARGETS_MOST, sizeof *list);
	bool row = true;
	size_t n = 0;
	if (!list || !db_query(db, &s, e, "SELECT target FROM report_target WHERE report = ?1 ORDER BY target LIMIT ?2",
			       "ii", r->id, (int64_t)TARGETS_MOST))
		return list ? false : read_fits(a, e);
	while (row && n < TARGETS_MOST) {
		if (!db_step(s, &row, e))
			return false;
		if (row)
			list[n++] = db_col_i64(s, 0);
	}
	r->targets = list;
	r->n_targets = n;
	return true;
}

bool report_find(struct db *db, int64_t org, struct str name, struct arena *a, struct report *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(64 * KIB);
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t id = 0;
	bool row;
	utf8_fold(&folded, str_trim(name));
	if (!id_parse(name, &id))
		id = 0;
	if (!db_query(db, &s, e,
		      "SELECT " COLUMNS " FROM report WHERE org = ?1 AND (name_folded = ?2 OR id = ?3) "
		      "ORDER BY CASE WHEN name_folded = ?2 THEN 0 ELSE 1 END LIMIT 1",
		      "iSi", org, buf_str(&folded), id) ||
	    !db_step(s, &row, e))
		return false;
	if (!row)
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such report.");
	if (!read_row(s, a, ret, e))
		return false;
	db_stmt_done(&s);
	return read_targets(db, a, ret, e) && read_fits(a, e);
}

bool report_list(struct db *db, int64_t org, struct page *page, struct arena *a, struct report **ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct report *list = page_alloc(page, a, sizeof *list, e);
	if (!list || !db_query_i64(db, &page->total, NULL, e, "SELECT count(*) FROM report WHERE org = ?1", "i", org) ||
	    !db_query(db, &s, e, "SELECT " COLUMNS " FROM report WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
		      "iii", org, page->after, page->limit + 1))
		return false;
	if (!read_page(s, a, page, list, sizeof *list, read_row, e))
		return false;
	for (size_t i = 0; i < page->n; i++)
		if (!read_targets(db, a, &list[i], e))
			return false;
	*ret = list;
	return read_fits(a, e);
}

bool report_due(struct db *db, int64_t now, struct arena *a, struct report *ret, bool *ret_found, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	bool row;
	if (!db_query(db, &s, e,
		      "SELECT " COLUMNS " FROM report WHERE next_run <= ?1 AND NOT EXISTS (SELECT 1 FROM org o WHERE "
		      "o.id = report.org AND o.closed_at IS NOT NULL) ORDER BY next_run LIMIT 1",
		      "i", now) ||
	    !db_step(s, &row, e))
		return false;
	*ret_found = row;
	if (!row)
		return true;
	if (!read_row(s, a, ret, e))
		return false;
	db_stmt_done(&s);
	return read_targets(db, a, ret, e) && read_fits(a, e);
}

bool report_next_due(struct db *db, int64_t *ret, struct err *e)
{
	int64_t due = INT64_MAX;
	if (!db_query_i64(db, &due, NULL, e,
			  "SELECT next_run FROM report WHERE next_run IS NOT NULL AND NOT EXISTS (SELECT 1 FROM org o "
			  "WHERE o.id = report.org AND o.closed_at IS NOT NULL) ORDER BY next_run LIMIT 1",
			  ""))
		return false;
	*ret = due;
	return true;
}

bool report_take_run(struct db *db, const struct report *r, int64_t now, const struct err *failed, bool *ret_mine,
		     struct err *e)
{
	int64_t next = 0;
	struct err why;
	/* A zone that the machine no longer knows ends the schedule; the report says so. */
	if (!cron_next_text(r->schedule, r->zone, now, &next, &why))
		failed = &why;
	if (!db_exec(db, e,
		     "UPDATE report SET next_run = ?3, last_run = ?4, last_error = ?5, last_error_code = ?6 "
		     "WHERE id = ?1 AND next_run = ?2",
		     "iioiss", r->id, r->next_run, next, now, failed ? failed->message : "",
		     failed ? err_code(failed) : ""))
		return false;
	*ret_mine = db_changes(db) == 1;
	return true;
}
