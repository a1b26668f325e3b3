#include "http/internal.h"

#include "base/log.h"
#include "base/rand.h"

#include <stdlib.h>
#include <unistd.h>

static bool answer_is_known(const struct http_config *c, const struct route *r, struct err *e)
{
	return !r->answer || json_shape_known(c->shapes, c->n_shapes, r->answer, e);
}

static bool add_routes(struct http_server *s, struct err *e)
{
	const struct http_config *c = &s->config;
	for (size_t i = 0; i < c->n_resources; i++)
		for (size_t j = 0; j < c->resources[i]->n; j++)
			if (!router_add(&s->router, &c->resources[i]->routes[j], e) ||
			    !answer_is_known(c, &c->resources[i]->routes[j], e))
				return false;
	return json_shapes_check(c->shapes, c->n_shapes, e);
}

static void add_metrics(struct http_server *s)
{
	static const char *const classes[STATUS_CLASSES] = { "1xx", "2xx", "3xx", "4xx", "5xx" };
	const struct http_config *c = &s->config;
	size_t n = 0;
	s->arena = ARENA_INIT(16 * MIB);
	s->stats = mem_zalloc((s->router.n + 1) * sizeof *s->stats);
	for (size_t i = 0; i < c->n_resources; i++)
		for (size_t j = 0; j < c->resources[i]->n; j++) {
			const struct route *r = &c->resources[i]->routes[j];
			struct route_stats *stats = &s->stats[n++];
			char *labels = arena_printf(&s->arena, "route=\"%s\",method=\"%s\"", r->path, r->method);
			stats->seconds = metrics_histogram(s->metrics, "vitrina_http_request_seconds", labels,
							   "Time from the whole header to the whole answer.");
			for (size_t k = 0; k < STATUS_CLASSES; k++)
				stats->classes[k] =
					metrics_counter(s->metrics, "vitrina_http_requests_total",
							arena_printf(&s->arena, "%s,class=\"%s\"", labels, classes[k]),
							"Requests answered.");
		}
	s->turned_away = metrics_counter(s->metrics, "vitrina_http_turned_away_total", NULL,
					 "Requests answered 503 because no worker was free.");
}

static void collect(void *ctx, struct buf *b)
{
	struct http_server *s = ctx;
	struct net_counts n;
	size_t threads, busy, waiting;
	net_counts(s->net, &n);
	metrics_put_gauge(b, "vitrina_connections", "Open connections.", (double)n.connections);
	metrics_put_counter(b, "vitrina_connections_total", "Connections accepted.", (double)n.accepted);
	metrics_put_counter(b, "vitrina_refused_total", "Requests and connections refused before a handler.",
			    (double)n.refused);
	metrics_put_counter(b, "vitrina_bytes_received_total", "Bytes received.", (double)n.bytes_in);
	metrics_put_counter(b, "vitrina_bytes_sent_total", "Bytes sent.", (double)n.bytes_out);
	workers_counts(s->workers, &threads, &busy, &waiting);
	metrics_put_gauge(b, "vitrina_workers_busy", "Workers with a request.", (double)busy);
	metrics_put_gauge(b, "vitrina_workers_waiting", "Requests waiting for a worker.", (double)waiting);
	workers_counts(s->streams, &threads, &busy, &waiting);
	metrics_put_gauge(b, "vitrina_streams_busy", "Stream threads with a request.", (double)busy);
}

bool http_server_new(const struct http_config *c, struct http_server **ret, struct err *e)
{
	struct http_server *s = mem_zalloc(sizeof *s);
	s->config = *c;
	s->openapi = BUF_INIT(16 * MIB);
	s->id_secret = rand_u64();
	router_init(&s->router);
	struct net_handler handler = { s, dispatch_head, dispatch_ready, dispatch_done, dispatch_refuse };
	if (!add_routes(s, e) || !net_new(&c->net, &handler, &s->net, e)) {
		http_server_free(s);
		return false;
	}
	s->metrics = metrics_new();
	add_metrics(s);
	metrics_register(s->metrics, collect, s);
	struct openapi_info info = { .title = c->title ? c->title : "Vitrina",
				     .version = c->version ? c->version : "0",
				     .session_cookie = c->session_cookie,
				     .resources = c->resources,
				     .n = c->n_resources,
				     .shapes = c->shapes,
				     .n_shapes = c->n_shapes };
	openapi_write(&s->openapi, &info);
	*ret = s;
	return true;
}

bool http_server_listen(struct http_server *s, const char *where, bool tls, struct err *e)
{
	return net_listen(s->net, where, tls, e);
}

const char *http_server_address(const struct http_server *s, size_t i)
{
	return net_address(s->net, i);
}

bool http_server_start(struct http_server *s, struct err *e)
{
	const struct http_config *c = &s->config;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t workers = c->workers ? c->workers : processors > 2 ? 2 * (size_t)processors : 4;
	s->workers = workers_new("worker", workers, c->queue ? c->queue : LIMIT_QUEUE, false, dispatch_run);
	s->streams = workers_new("stream", c->stream_threads ? c->stream_threads : LIMIT_STREAM_THREADS,
				 LIMIT_STREAM_QUEUE, true, dispatch_run);
	if (!c->no_access_log)
		s->log = access_log_new();
	return net_start(s->net, e);
}

bool http_server_reload_tls(struct http_server *s, struct err *e)
{
	return net_reload_tls(s->net, e);
}

void http_server_stop(struct http_server *s)
{
	net_stop(s->net);
	if (s->workers)
		workers_stop(s->workers);
	if (s->streams)
		workers_stop(s->streams);
	access_log_free(s->log);
	s->log = NULL;
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	workers_free(s->workers);
	workers_free(s->streams);
	access_log_free(s->log);
	net_free(s->net);
	router_free(&s->router);
	metrics_free(s->metrics);
	arena_free(&s->arena);
	buf_free(&s->openapi);
	free(s->stats);
	free(s);
}

struct metrics *http_server_metrics(struct http_server *s)
{
	return s->metrics;
}
