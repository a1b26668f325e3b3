#include "net/internal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

struct net_config net_config_default(void)
{
	return (struct net_config){
		.loops = 1,
		.connections = LIMIT_CONNECTIONS,
		.connections_per_address = LIMIT_CONNECTIONS_PER_ADDRESS,
		.header_bytes = LIMIT_HEADER_BYTES,
		.header_count = LIMIT_HEADER_COUNT,
		.url_bytes = LIMIT_URL_BYTES,
		.body_rate_floor = LIMIT_BODY_RATE_FLOOR,
		.header_ms = LIMIT_HEADER_SECONDS * 1000,
		.idle_ms = LIMIT_IDLE_SECONDS * 1000,
		.body_rate_ms = LIMIT_BODY_RATE_SECONDS * 1000,
		.stop_ms = LIMIT_STOP_SECONDS * 1000,
		.sse_ms = LIMIT_SSE_SECONDS * 1000,
		.linger_ms = LIMIT_LINGER_SECONDS * 1000,
	};
}

bool net_new(const struct net_config *c, const struct net_handler *h, struct net **ret, struct err *e)
{
	struct tls_context *tls = NULL;
	if ((c->tls_cert || c->tls_key) && !(c->tls_cert && c->tls_key))
		return err_set(e, ERR_USAGE, NULL, "TLS needs a certificate and a key.");
	if (c->tls_cert && !tls_context_new(c->tls_cert, c->tls_key, &tls, e))
		return false;
	/* A client that goes away while we write is an ordinary error, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	struct net *n = mem_zalloc(sizeof *n);
	n->config = *c;
	n->handler = *h;
	n->tls = tls;
	n->config.loops = MAX(c->loops, (size_t)1);
	n->loops = mem_zalloc(n->config.loops * sizeof *n->loops);
	pthread_mutex_init(&n->peers_lock, NULL);
	*ret = n;
	return true;
}

const char *net_address(const struct net *n, size_t i)
{
	return i < n->n_listeners ? n->listeners[i].address : NULL;
}

/* The soft limit on descriptors is often 1024, of old for select(); ours are for epoll. */
static void raise_descriptors(size_t want)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > want ? want : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

bool net_start(struct net *n, struct err *e)
{
	raise_descriptors(n->config.connections + 512);
	for (size_t i = 0; i < n->config.loops; i++)
		if (!loop_init(&n->loops[i], n, e))
			return false;
	/* Loop 0 comes last: it deals connections out to the others. */
	for (size_t i = n->config.loops; i-- > 0;)
		if (!loop_start(&n->loops[i], e))
			return false;
	return true;
}

bool net_reload_tls(struct net *n, struct err *e)
{
	return !n->tls || tls_context_reload(n->tls, e);
}

void net_stop(struct net *n)
{
	atomic_store(&n->stopping, true);
	if (n->loops[0].started)
		uv_async_send(&n->loops[0].wake);
	for (size_t i = 0; i < n->config.loops; i++)
		loop_join(&n->loops[i]);
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n_listeners; i++)
		listen_free(&n->listeners[i]);
	tls_context_free(n->tls);
	pthread_mutex_destroy(&n->peers_lock);
	free(n->loops);
	free(n);
}

bool net_stopping(const struct net *n)
{
	return atomic_load(&n->stopping);
}

void net_counts(const struct net *n, struct net_counts *ret)
{
	*ret = (struct net_counts){
		.connections = atomic_load(&n->connections),
		.accepted = atomic_load(&n->accepted),
		.refused = atomic_load(&n->refused),
		.requests = atomic_load(&n->requests),
		.bytes_in = atomic_load(&n->bytes_in),
		.bytes_out = atomic_load(&n->bytes_out),
	};
}
