#include "model/dataset.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/read.h"

#define NO_DATASET "There is no such data set."

#define DATASET_COLUMNS                                                                                    \
	"id, org, name, current_version, building_version, created_at, created_by, (SELECT v.number FROM " \
	"dataset_version v WHERE v.id = dataset.building_version AND v.state IN ('ready', 'confirming'))"

const char *version_state_name(enum version_state s)
{
	switch (s) {
	case VERSION_BUILDING:
		return "building";
	case VERSION_READY:
		return "ready";
	case VERSION_CONFIRMING:
		return "confirming";
	case VERSION_CURRENT:
		return "current";
	case VERSION_OLD:
		return "old";
	}
	return "";
}

static bool read_dataset(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct dataset *)ret = (struct dataset){ .id = db_col_i64(s, 0),
						   .org = db_col_i64(s, 1),
						   .name = read_text(a, s, 2),
						   .current = db_col_i64(s, 3),
						   .building = db_col_i64(s, 4),
						   .created_at = db_col_i64(s, 5),
						   .created_by = db_col_i64(s, 6),
						   .waiting = db_col_i64(s, 7) };
	return read_fits(a, e);
}

bool dataset_find(struct db *db, struct arena *a, int64_t org, int64_t id, struct dataset *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT " DATASET_COLUMNS " FROM dataset WHERE id = ?1 AND org = ?2", "ii", id,
			org) &&
	       read_one(s, a, read_dataset, ret, NO_DATASET, e);
}

bool dataset_find_name(struct db *db, struct arena *a, int64_t org, struct str name, struct dataset *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(64 * LIMIT_DATASET_NAME_BYTES);
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (name.n > 4 * LIMIT_DATASET_NAME_BYTES)
		return err_set(e, ERR_NOT_FOUND, NULL, NO_DATASET);
	utf8_fold(&folded, name);
	return db_query(db, &s, e, "SELECT " DATASET_COLUMNS " FROM dataset WHERE org = ?1 AND name_folded = ?2", "iS",
			org, buf_str(&folded)) &&
	       read_one(s, a, read_dataset, ret, NO_DATASET, e);
}

static bool must_be_ready(const struct dataset *d, struct err *e)
{
	if (d->current)
		return true;
	if (d->waiting)
		return err_set(e, ERR_CONFLICT, "not_confirmed",
			       "The data set waits to be checked and confirmed; nothing reads it before.");
	return err_set(e, ERR_CONFLICT, "not_ready", "The data set is still being loaded.");
}

bool dataset_find_ready(struct db *db, struct arena *a, int64_t org, int64_t id, struct dataset *ret, struct err *e)
{
	struct dataset d;
	if (!dataset_find(db, a, org, id, &d, e) || !must_be_ready(&d, e))
		return false;
	*ret = d;
	return true;
}

bool dataset_resolve(struct db *db, struct arena *a, int64_t org, struct str id_or_name, struct dataset *ret,
		     struct err *e)
{
	struct dataset d;
	struct err ignored = { 0 };
	int64_t id;
	bool found = dataset_find_name(db, a, org, id_or_name, &d, &ignored);
	if (!found && ignored.kind != ERR_NOT_FOUND)
		return err_set(e, ignored.kind, ignored.code, "%s", ignored.message);
	if (!found && id_parse(id_or_name, &id))
		found = dataset_find(db, a, org, id, &d, &ignored);
	if (!found)
		return err_set(e, ERR_NOT_FOUND, NULL, NO_DATASET);
	if (!must_be_ready(&d, e))
		return false;
	*ret = d;
	return true;
}

bool dataset_list(struct db *db, struct arena *a, int64_t org, int64_t before, size_t limit, struct dataset **ret,
		  size_t *ret_n, int64_t *ret_total, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t total = 0;
	if (ret_total && !db_query_i64(db, &total, NULL, e, "SELECT count(*) FROM dataset WHERE org = ?1", "i", org))
		return false;
	if (!db_query(db, &s, e,
		      "SELECT " DATASET_COLUMNS " FROM dataset WHERE org = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
		      "iii", org, before ? before : INT64_MAX, (int64_t)MIN(limit, (size_t)LIMIT_PAGE)) ||
	    !read_rows(s, a, sizeof **ret, read_dataset, ret, ret_n, e))
		return false;
	if (ret_total)
		*ret_total = total;
	return true;
}

bool dataset_list_ready(struct db *db, struct arena *a, int64_t org, struct dataset **ret, size_t *ret_n, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT " DATASET_COLUMNS " FROM dataset WHERE org = ?1 AND current_version <> 0 ORDER BY id",
			"i", org) &&
	       read_rows(s, a, sizeof **ret, read_dataset, ret, ret_n, e);
}
