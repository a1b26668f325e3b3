#include "db/backup.h"

#include "db/driver.h"

bool db_backup(struct db *db, const char *path, const struct key *key, db_progress_fn *progress, void *ctx,
	       struct err *e)
{
	return db->driver->backup(db, path, key, progress, ctx, e);
}

bool db_check(struct db *db, db_damage_fn *report, void *ctx, db_progress_fn *progress, uint64_t *ret_damaged,
	      struct err *e)
{
	return db->driver->check(db, report, ctx, progress, ret_damaged, e);
}
