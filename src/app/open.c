#include "app/open.h"

#include "analysis/backup.h"
#include "analysis/names.h"
#include "analysis/query.h"
#include "analysis/recommend.h"
#include "analysis/relations.h"
#include "analysis/spending.h"
#include "analysis/versions.h"
#include "base/limits.h"
#include "base/log.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "engine/pool.h"
#include "job/job.h"
#include "model/retrain.h"
#include "model/segment.h"
#include "model/spool.h"

#include <stdlib.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define STORE_WAIT_MS 10000

static bool open_key(const struct settings *s, struct key *ret, struct err *e)
{
	char path[FOLDER_PATH];
	setting_key_path(s, path, sizeof path);
	if (access(path, F_OK) != 0)
		return err_set(
			e, ERR_NOT_FOUND, "no_key",
			"the key file %s is missing; without it nothing in the data folder can be read (--key-file "
			"names another)",
			path);
	return key_load(path, ret, e);
}

static bool open_store(struct instance *in, const struct settings *s, unsigned flags, struct err *e)
{
	char url[FOLDER_PATH + 32];
	struct key key;
	struct db *db = NULL;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t threads = (size_t)setting_number(s, SETTING_THREADS);
	/* A connection for each worker, job, stream and command that may hold one at the same time; opened as needed.
	 */
	size_t most = (threads ? threads : (size_t)(cpus > 2 ? 2 * cpus : 4)) + LIMIT_STREAM_THREADS + LIMIT_COMMANDS +
		      (size_t)setting_number(s, SETTING_JOB_THREADS) + 8;
	if (strcmp(setting_text(s, SETTING_STORE), "sqlite") != 0)
		return err_field(e, ERR_USAGE, "store", "store: this build has the embedded store only ('sqlite')");
	snprintf(url, sizeof url, "sqlite:%s/store.db", in->dir);
	key_derive(&in->master, KEY_STORE, 0, &key);
	bool good = db_pool_open(url, &key, flags & INSTANCE_NEW ? DB_CREATE : 0, most, &in->dbs, e);
	key_wipe(&key);
	if (!good)
		return false;
	good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
	       db_migrate(db, program_migrations, program_migrations_count, NULL, e);
	db_pool_give(in->dbs, &db);
	return good;
}

static bool start_jobs(struct instance *in, const struct settings *s, struct err *e)
{
	struct db *db = NULL;
	int64_t interrupted = 0;
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && job_recover(db, &interrupted, e) &&
		    retrain_recover(db, e);
	db_pool_give(in->dbs, &db);
	if (!good)
		return false;
	if (interrupted)
		log_event(LOG_WARN, "jobs_interrupted", "%lld jobs did not end when the server last stopped",
			  (long long)interrupted);
	in->jobs = job_queue_new(in->dbs, (size_t)setting_number(s, SETTING_JOB_THREADS));
	return true;
}

/* The store says whose a segment is before its bytes go to an engine. */
static bool open_segment(void *ctx, int64_t org, int64_t segment, int *ret_fd, struct err *e)
{
	struct instance *in = ctx;
	struct db *db = NULL;
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		    segment_open_owned(in->segments, db, org, segment, ret_fd, e);
	db_pool_give(in->dbs, &db);
	return good;
}

static void open_memory(struct instance *in, const struct settings *s)
{
	struct engine_pool_options engines = {
		.spawn = { .memory = setting_number(s, SETTING_ENGINE_MEMORY_MB) * (int64_t)MIB },
		.idle_seconds = (int)setting_number(s, SETTING_ENGINE_IDLE_SECONDS),
		.ctx = in,
		.open_segment = open_segment,
	};
	in->engines = engine_pool_new(&engines);
	in->relations = relations_cache_new();
	in->results = query_cache_new(QUERY_CACHE_BYTES);
	in->names = name_index_cache_new(LIMIT_NAMES_BYTES);
	in->recommenders = recommender_cache_new(LIMIT_RECOMMENDERS_BYTES);
	in->spending = spending_cache_new(LIMIT_SPENDING_BYTES);
}

/* What a killed process left half done goes before anything else works. */
static bool sweep(struct instance *in, struct err *e)
{
	struct db *db = NULL;
	size_t versions = 0, files = 0;
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && versions_sweep(in, db, &versions, &files, e);
	db_pool_give(in->dbs, &db);
	if (good && (versions || files))
		log_event(LOG_WARN, "swept", "%zu versions and %zu files that were not finished", versions, files);
	return good;
}

bool instance_open(const struct settings *s, const char *dir, unsigned flags, struct instance **ret, struct err *e)
{
	struct instance *in = mem_zalloc(sizeof *in);
	in->dir = mem_strdup(dir);
	backup_sweep(dir);
	bool good = open_key(s, &in->master, e) && open_store(in, s, flags, e) &&
		    segment_store_open(dir, &in->master, &in->segments, e) && spool_open(dir, &in->spool, e);
	if (good) {
		open_memory(in, s);
		good = sweep(in, e) && (!(flags & INSTANCE_SERVE) || start_jobs(in, s, e));
	}
	if (!good) {
		instance_close(&in);
		return false;
	}
	*ret = in;
	return true;
}

void instance_close(struct instance **inp)
{
	struct instance *in = *inp;
	if (!in)
		return;
	*inp = NULL;
	job_queue_free(&in->jobs);
	engine_pool_free(in->engines);
	query_cache_free(&in->results);
	relations_cache_free(&in->relations);
	recommender_cache_free(&in->recommenders);
	name_index_cache_free(&in->names);
	spending_cache_free(&in->spending);
	spool_free(&in->spool);
	segment_store_free(&in->segments);
	if (in->dbs)
		db_pool_close(&in->dbs);
	key_wipe(&in->master);
	free((char *)(uintptr_t)in->dir);
	free(in);
}
