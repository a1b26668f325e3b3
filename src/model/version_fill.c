/* Writing what a version consists of: tables, columns, segments, rejects. */
#include "model/building.h"

#include "base/clock.h"
#include "base/ids.h"
#include "db/db.h"

static bool add_columns(struct db *db, const struct dataset_table *t, struct err *e)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *c = &t->columns[i];
		if (!db_exec(db, e,
			     "INSERT INTO dataset_column (table_id, position, name, type, non_null, distinct_count, "
			     "min_text, max_text, sample, role, confidence, reason, by_person, note, header, "
			     "stored_name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
			     "?16)",
			     "iissiissssdsisss", t->id, (int64_t)i, c->name, c->type, c->non_null, c->distinct, c->min,
			     c->max, c->sample_json ? c->sample_json : "[]", c->role ? c->role : "", c->confidence,
			     c->reason ? c->reason : "", (int64_t)c->by_person, c->note ? c->note : "",
			     c->header ? c->header : "", c->stored ? c->stored : ""))
			return false;
	}
	return true;
}

static bool add_table(struct db *db, int64_t version, size_t position, struct dataset_table *t, struct err *e)
{
	int64_t before = t->id;
	t->id = id_new();
	if (!db_exec(
		    db, e,
		    "INSERT INTO dataset_table (id, version, position, name, source, row_count, reject_count, "
		    "left_out_count, hidden_rows, hidden, row_groups) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
		    "?11)",
		    "iiissiiiiis", t->id, version, (int64_t)position, t->name, t->source, t->rows, t->rejects,
		    t->rows_left_out, t->rows_hidden, (int64_t)t->hidden, t->groups_json ? t->groups_json : "") ||
	    !add_columns(db, t, e))
		return false;
	for (size_t i = 0; i < t->n_segments; i++)
		if (!db_exec(db, e, "INSERT INTO table_segment (table_id, position, segment) VALUES (?1, ?2, ?3)",
			     "iii", t->id, (int64_t)i, t->segments[i]))
			return false;
	/* What an earlier version could not read, this one could not either. */
	return !before || db_exec(db, e,
				  "INSERT INTO reject (version, seq, table_id, line, column_name, cell, reason, "
				  "row_number, whole) SELECT ?1, seq, ?2, line, column_name, cell, reason, row_number, "
				  "whole FROM reject WHERE table_id = ?3",
				  "iii", version, t->id, before);
}

static bool add_rejects(struct db *db, int64_t version, const struct dataset_table *tables, size_t n_tables,
			const struct reject_list *l, struct err *e)
{
	int64_t seq = 0;
	if (!db_query_i64(db, &seq, NULL, e, "SELECT coalesce(max(seq), 0) FROM reject WHERE version = ?1", "i",
			  version))
		return false;
	for (size_t i = 0; i < l->n; i++) {
		const struct reject_item *it = &l->items[i];
		if (it->table >= n_tables)
			continue;
		if (!db_exec(db, e,
			     "INSERT INTO reject (version, seq, table_id, line, column_name, cell, reason, row_number, "
			     "whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
			     "iiiisssis", version, ++seq, tables[it->table].id, it->r.line, it->r.column, it->r.text,
			     it->r.reason, it->r.row, it->r.whole))
			return false;
	}
	return true;
}

static bool add_segments(struct db *db, int64_t org, const struct segment_row *fresh, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!db_exec(db, e,
			     "INSERT INTO segment (id, org, row_count, byte_count, created_at) VALUES (?1, ?2, ?3, ?4, "
			     "?5)",
			     "iiiii", fresh[i].id, org, fresh[i].rows, (int64_t)fresh[i].bytes, clock_now()))
			return false;
	return true;
}

bool version_relations(struct db *db, int64_t version, const struct dataset_relation *r, size_t from, size_t n,
		       struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!db_exec(db, e,
			     "INSERT INTO dataset_relation (version, position, from_table, from_column, to_table, "
			     "to_column, matched) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			     "iissssd", version, (int64_t)(from + i), r[i].from_table, r[i].from_column, r[i].to_table,
			     r[i].to_column, r[i].matched))
			return false;
	return true;
}

static bool add_totals(struct db *db, int64_t version, struct err *e)
{
	return db_exec(
		db, e,
		"UPDATE dataset_version SET row_count = (SELECT coalesce(sum(row_count), 0) FROM dataset_table WHERE "
		"version = ?1), reject_count = (SELECT coalesce(sum(reject_count), 0) FROM dataset_table WHERE version "
		"= ?1), left_out_count = (SELECT coalesce(sum(left_out_count), 0) FROM dataset_table WHERE version = "
		"?1), byte_count = (SELECT coalesce(sum(byte_count), 0) FROM segment WHERE id IN (SELECT ts.segment "
		"FROM table_segment ts JOIN dataset_table t ON t.id = ts.table_id WHERE t.version = ?1)) WHERE id = ?1",
		"i", version);
}

bool version_fill(struct db *db, int64_t org, int64_t version, struct dataset_table *tables, size_t n_tables,
		  const struct dataset_relation *relations, size_t n_relations, const struct segment_row *fresh,
		  size_t n_fresh, const struct reject_list *rejects, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	int64_t found_id = 0;
	bool found = false;
	if (!db_begin_tx(db, &tx, e) ||
	    !db_query_i64(db, &found_id, &found, e,
			  "SELECT id FROM dataset_version WHERE id = ?1 AND org = ?2 AND state = 'building'", "ii",
			  version, org))
		return false;
	if (!found)
		return err_set(e, ERR_CONFLICT, "version_gone", "The version that was being made is gone.");
	if (!add_segments(db, org, fresh, n_fresh, e))
		return false;
	for (size_t i = 0; i < n_tables; i++)
		if (!add_table(db, version, i, &tables[i], e))
			return false;
	return (!rejects || add_rejects(db, version, tables, n_tables, rejects, e)) &&
	       version_relations(db, version, relations, 0, n_relations, e) && add_totals(db, version, e) &&
	       db_commit_tx(&tx, e);
}

bool version_column_stats(struct db *db, int64_t version, const struct dataset_table *t, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!db_begin_tx(db, &tx, e))
		return false;
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *c = &t->columns[i];
		if (!db_exec(db, e,
			     "UPDATE dataset_column SET non_null = ?1, distinct_count = ?2, min_text = ?3, max_text = "
			     "?4 WHERE table_id = ?5 AND position = ?6 AND EXISTS (SELECT 1 FROM dataset_table t "
			     "JOIN dataset_version v ON v.id = t.version WHERE t.id = ?5 AND v.id = ?7 "
			     "AND v.state = 'building')",
			     "iissiii", c->non_null, c->distinct, c->min, c->max, t->id, (int64_t)i, version))
			return false;
	}
	return db_commit_tx(&tx, e);
}

bool version_column_roles(struct db *db, int64_t version, const struct dataset_table *t, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	if (!db_begin_tx(db, &tx, e))
		return false;
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *c = &t->columns[i];
		if (!db_exec(
			    db, e,
			    "UPDATE dataset_column SET role = ?1, confidence = ?2, reason = ?3 WHERE table_id = ?4 AND "
			    "position = ?5 AND EXISTS (SELECT 1 FROM dataset_table t JOIN dataset_version v ON v.id = "
			    "t.version WHERE t.id = ?4 AND v.id = ?6 AND v.state = 'building')",
			    "sdsiii", c->role, c->confidence, c->reason, t->id, (int64_t)i, version))
			return false;
	}
	return db_commit_tx(&tx, e);
}
