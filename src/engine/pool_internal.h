/* What the files of the pool share; for nobody else. */
#pragma once

#include "engine/pool.h"

#include <pthread.h>

/* A relation as an engine process holds it. */
struct held {
	char *schema, *table;
	int64_t version;
	bool filled;   /* its segments are there; else its views are empty */
	int64_t bytes; /* of the segments */
	uint64_t used; /* number of the last request that mentioned it */
};

enum engine_state { ENGINE_STARTING, ENGINE_READY, ENGINE_DEAD };

struct engine {
	int64_t org;
	/* under the pool's lock */
	enum engine_state state;
	size_t refs; /* requests that use it */
	int64_t last_used;
	struct engine *next;
	struct engine_process proc; /* pid under the pool's lock; control under `control` */
	/* One conversation at a time on the control socket; `held` too. */
	pthread_mutex_t control;
	struct held *held;
	size_t n_held;
	uint64_t requests; /* so far */
};

/* A running engine for org with a reference, started when there is none. */
struct engine *pool_acquire(struct engine_pool *p, int64_t org, const _Atomic bool *cancel, struct err *e);
void pool_release(struct engine_pool *p, struct engine *en);
/* Kills it and takes it out of the pool; its memory goes with the last reference. */
void pool_bury(struct engine_pool *p, struct engine *en);
const struct engine_pool_options *pool_options(const struct engine_pool *p);

/* Makes the engine hold what q lists. The caller holds en->control. *ret_broken: the process no longer answers. */
bool relations_sync(struct engine_pool *p, struct engine *en, const struct engine_request *q, bool *ret_broken,
		    struct err *e);
void relations_forget(struct engine *en);
