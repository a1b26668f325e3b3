/*
 * One open data folder: what everything above the store and the engine works with.
 *
 * Made by app/ (app/open.c) and handed down; nobody below app/ makes or frees its parts. All parts may be used from any
 * thread; a `struct db` is borrowed from `dbs` for the length of one piece of straight-line work.
 */
#pragma once

#include "base/err.h"
#include "crypt/keys.h"

struct db_pool;
struct engine_pool;
struct job_clock;
struct job_queue;
struct name_index_cache;
struct query_cache;
struct recommender_cache;
struct relations_cache;
struct segment_store;
struct spending_cache;
struct spool;
struct sender;

struct instance {
	const char *dir;                        /* the data folder */
	struct key master;                      /* from which every other key is derived */
	struct db_pool *dbs;                    /* the store */
	struct segment_store *segments;         /* sealed Parquet files (model/segment.h) */
	struct spool *spool;                    /* uploads in flight, sealed (model/spool.h) */
	struct engine_pool *engines;            /* DuckDB, one process an organisation */
	struct job_queue *jobs;                 /* NULL in a short-lived command */
	struct name_index_cache *names;         /* search by name (analysis/names.h) */
	struct relations_cache *relations;      /* what versions consist of (analysis/relations.h) */
	struct query_cache *results;            /* small answers (analysis/query.h) */
	struct recommender_cache *recommenders; /* trained next-product models (analysis/recommend.h) */
	struct spending_cache *spending;        /* what customers spent (analysis/spending.h) */
	struct sender *sender;                  /* empties the outbox (connect/sender.h); NULL in a command */
	struct job_clock *clock;                /* runs what is due at a time (job/clock.h); NULL in a command */
};
