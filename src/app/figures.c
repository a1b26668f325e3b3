#include "app/figures.h"

#include "analysis/instance.h"
#include "base/limits.h"
#include "engine/pool.h"
#include "http/metrics.h"
#include "http/server.h"
#include "job/job.h"

static void collect(void *ctx, struct buf *b)
{
	struct instance *in = ctx;
	struct engine_stat engines[LIMIT_ENGINES] = { 0 };
	size_t queued, running, active = 0;
	uint64_t rss = 0;
	size_t n = MIN(engine_pool_stats(in->engines, engines, countof(engines)), countof(engines));
	for (size_t i = 0; i < n; i++) {
		rss += engines[i].rss;
		active += engines[i].active;
	}
	job_queue_counts(in->jobs, &queued, &running);
	metrics_put_gauge(b, "vitrina_jobs_queued", "Jobs that wait for a thread.", (double)queued);
	metrics_put_gauge(b, "vitrina_jobs_running", "Jobs that run.", (double)running);
	metrics_put_gauge(b, "vitrina_engines", "Query engine processes.", (double)n);
	metrics_put_gauge(b, "vitrina_engine_queries", "Queries that run in them.", (double)active);
	metrics_put_gauge(b, "vitrina_engine_resident_bytes", "Memory of the engine processes.", (double)rss);
}

void figures_register(struct http_server *s, struct instance *inst)
{
	metrics_register(http_server_metrics(s), collect, inst);
}
