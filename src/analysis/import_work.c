#include "analysis/import_inner.h"

#include "analysis/changes.h"
#include "analysis/column_names.h"
#include "analysis/instance.h"
#include "analysis/roles.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/db.h"
#include "model/audit.h"

#include <inttypes.h>
#include <stdio.h>

static bool read_before(struct import *m, struct db *db, struct err *e)
{
	struct dataset d;
	if (m->mode == IMPORT_CREATE)
		return true;
	return dataset_find_ready(db, &m->arena, m->by.org, m->dataset, &d, e) &&
	       dataset_content(db, &m->arena, m->by.org, d.current, &m->before, e);
}

static bool read_files(struct import *m, struct db *db, struct err *e)
{
	for (size_t i = 0; i < m->n_sources; i++) {
		if (!watch_goes_on(m->watch, e))
			return false;
		if (!import_read_file(m, db, i, e))
			return m->n_sources > 1 ? err_prefix(e, "%s", m->sources[i].name) : false;
		m->bytes_before += m->sources[i].size;
	}
	return true;
}

/* Rejects were counted by output; what belongs to a dropped table falls away in version_fill. */
static void place_rejects(struct import *m, const size_t *place)
{
	for (size_t i = 0; i < m->rejects.n; i++) {
		size_t table = m->outputs[m->rejects.items[i].table].table;
		m->rejects.items[i].table = table == SIZE_MAX ? SIZE_MAX : place[table];
	}
}

/* Columns that a person renamed are found again; what could not be read of them goes by their names, too. */
static void follow_names(struct import *m)
{
	if (m->mode == IMPORT_CREATE)
		return;
	column_names_inherit(m->tables, m->n_tables, &m->before, m->mode == IMPORT_APPEND, m->relations,
			     m->n_relations);
	for (size_t i = 0; i < m->rejects.n; i++) {
		struct reject *r = &m->rejects.items[i].r;
		size_t table = m->outputs[m->rejects.items[i].table].table;
		for (size_t k = 0; table != SIZE_MAX && r->column[0] && k < m->tables[table].n_columns; k++)
			if (!strcmp(r->column, dataset_column_stored(&m->tables[table].columns[k]))) {
				r->column = m->tables[table].columns[k].name;
				break;
			}
	}
}

/* What was to be kept as text must be there: a name written wrongly is told, not passed over. */
static bool check_texts(const struct import *m, struct err *e)
{
	const char *only = m->before.n_tables == 1 ? m->before.tables[0].name : NULL;
	for (size_t i = 0; i < m->n_texts; i++) {
		const char *dot = strchr(m->texts[i], '.');
		struct str table = str_n(m->texts[i], dot ? (size_t)(dot - m->texts[i]) : 0);
		bool found = false;
		for (size_t t = 0; t < m->n_tables && !found; t++)
			found = dataset_column_said(&m->tables[t], str_of(m->texts[i])) ||
				(dot &&
				 (str_ieq(table, str_of(m->tables[t].name)) ||
				  (only && str_ieq(table, str_of(only)))) &&
				 dataset_column_said(&m->tables[t], str_of(dot + 1)));
		if (!found)
			return err_field(e, ERR_VALUE, "text", "There is no column \"%.100s\" to keep as text.",
					 m->texts[i]);
	}
	return true;
}

/* Where each table that was read now stands among those of the version. */
static bool join_tables(struct import *m, struct db *db, struct dataset_table **ret, size_t *ret_n, struct err *e)
{
	size_t *place = m->place = arena_array(&m->arena, m->n_tables + 1, sizeof *place);
	if (!place)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many tables.");
	struct dataset_table *tables = m->tables;
	size_t n = m->n_tables;
	for (size_t i = 0; i < m->n_tables; i++) {
		place[i] = i;
		m->new_rows += m->tables[i].rows;
		m->new_rejects += m->tables[i].rejects;
		m->new_left_out += m->tables[i].rows_left_out;
	}
	if (m->mode == IMPORT_REPLACE)
		roles_inherit(tables, n, &m->before);
	if (m->mode == IMPORT_APPEND && !import_merge(m, place, &tables, &n, e))
		return false;
	if (m->mode == IMPORT_UPSERT) {
		if (!import_place(m, place, e) || !import_upsert(m, db, place, e))
			return false;
		tables = m->before.tables;
		n = m->before.n_tables;
	}
	if (!roles_apply(tables, n, m->roles, m->n_roles, e))
		return false;
	place_rejects(m, place);
	*ret = tables;
	*ret_n = n;
	return true;
}

/* Whole and on the disk, but nobody's to read before it is confirmed. */
static bool hold(struct import *m, struct db *db, const char *detail, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t until = clock_now() + LIMIT_UNCONFIRMED_DAYS * INT64_C(86400) * USEC_PER_SEC;
	if (!watch_goes_on(m->watch, e) || !db_begin_tx(db, &tx, e) ||
	    !version_hold(db, m->by.org, m->version, until, e) ||
	    !audit_add(db, &m->by, "dataset_upload", "dataset", m->dataset, detail, e) || !db_commit_tx(&tx, e))
		return false;
	m->kept = true;
	watch_progress(m->watch, 1, "done");
	return true;
}

static bool publish(struct import *m, struct db *db, struct err *e)
{
	char detail[160];
	snprintf(detail, sizeof detail, "{\"files\":%zu,\"tables\":%zu,\"rows\":%" PRId64 ",\"rejects\":%" PRId64 "}",
		 m->n_sources, m->n_tables, m->new_rows, m->new_rejects);
	if (m->later)
		return hold(m, db, detail, e);
	struct publish p = { .by = &m->by,
			     .dataset = m->dataset,
			     .version = m->version,
			     .action = publish_action(import_mode_name(m->mode)),
			     .detail = detail,
			     .from = IMPORT_READ_UNTIL,
			     .watch = m->watch };
	if (!publish_version(m->in, db, &p, e))
		return false;
	m->kept = true;
	return true;
}

static bool rename_columns(struct import *m, struct db *db, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	struct dataset_content c;
	return !m->n_renames || (dataset_content(db, &a, m->by.org, m->version, &c, e) &&
				 column_names_set(db, &a, &c, m->renames, m->n_renames, NULL, e));
}

/* What a person is shown before it is confirmed; and columns that an append did not find as they were, in any case. */
static bool note_changes(struct import *m, struct db *db, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	CLEANUP(buf_free) struct buf text = BUF_INIT(CHANGES_BYTES);
	struct dataset_content old;
	int64_t rejects = 0;
	if (m->mode == IMPORT_CREATE || (!m->later && !m->told))
		return true;
	if (!reject_last(db, m->by.org, m->before.version.id, &rejects, e))
		return false;
	struct changes_of of = { .mode = m->mode,
				 .keys = m->keys,
				 .n_keys = m->n_keys,
				 .only_columns = !m->later,
				 .read = m->tables,
				 .n_read = m->n_tables,
				 .place = m->place,
				 .first = m->first,
				 .rejects_before = rejects };
	watch_progress(m->watch, IMPORT_READ_UNTIL + 0.1, "comparing");
	/* The content that was read before has become the joined one. */
	return dataset_content(db, &a, m->by.org, m->before.version.id, &old, e) &&
	       ask_open(&q, m->in, db, m->by.org, m->version, m->watch ? m->watch->cancel : NULL, e) &&
	       changes_json(&q, m->name, &old, &of, &text, e) &&
	       version_set_changes(db, m->by.org, m->version, buf_str(&text), e);
}

bool import_all(struct import *m, struct db *db, struct err *e)
{
	struct dataset_table *tables = NULL;
	size_t n = 0;
	bool joined = m->mode == IMPORT_APPEND || m->mode == IMPORT_UPSERT;
	if (!read_before(m, db, e) || !read_files(m, db, e))
		return false;
	if (!m->n_tables)
		return err_set(e, ERR_VALUE, "no_tables", "There is no table in what was sent.");
	follow_names(m);
	if (!check_texts(m, e) || !join_tables(m, db, &tables, &n, e))
		return false;
	watch_progress(m->watch, IMPORT_READ_UNTIL, "noting tables and columns");
	return version_fill(db, m->by.org, m->version, tables, n, m->relations, m->n_relations, m->fresh, m->n_fresh,
			    &m->rejects, e) &&
	       (!joined || import_recount(m, db, tables, n, e)) &&
	       (m->n_sources == 1 || joined || import_relate(m, db, tables, n, e)) && rename_columns(m, db, e) &&
	       note_changes(m, db, e) && publish(m, db, e);
}
