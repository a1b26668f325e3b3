/* Listening sockets and the limits on connections. Loop 0 accepts and deals the connections out in turn. */
#include "net/internal.h"

#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define ACCEPTS_AT_ONCE 64

/* -- counting by address */

static struct peer_count **find_peer(struct net *n, const unsigned char key[16])
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < 16; i++)
		h = (h ^ key[i]) * 16777619u;
	struct peer_count **p = &n->peers[h % PEER_BUCKETS];
	while (*p && memcmp((*p)->key, key, 16) != 0)
		p = &(*p)->next;
	return p;
}

static bool count_peer(struct net *n, const char *address, struct peer *peer)
{
	bool trusted = proxies_trust(n->config.proxies, str_of(address));
	bool ok = true;
	pthread_mutex_lock(&n->peers_lock);
	struct peer_count **p = find_peer(n, peer->key), *found = *p;
	if (!found) {
		found = *p = mem_zalloc(sizeof *found);
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array is never NULL */
		memcpy(found->key, peer->key, 16);
	}
	if (found->n >= n->config.connections_per_address && !trusted)
		ok = false; /* a proxy of ours brings everybody's connections */
	else
		found->n++;
	pthread_mutex_unlock(&n->peers_lock);
	peer->counted = ok;
	return ok;
}

void peer_gone(struct net *n, const struct peer *peer)
{
	if (!peer->counted)
		return;
	pthread_mutex_lock(&n->peers_lock);
	struct peer_count **p = find_peer(n, peer->key);
	if (*p && --(*p)->n == 0) {
		struct peer_count *empty = *p;
		*p = empty->next;
		free(empty);
	}
	pthread_mutex_unlock(&n->peers_lock);
}

static void describe(const struct sockaddr_storage *a, char *ret, size_t n, struct peer *peer)
{
	*peer = (struct peer){ 0 };
	snprintf(ret, n, "unix");
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)a;
		uv_ip4_name(v4, ret, n);
		peer->key[10] = peer->key[11] = 0xff;
		memcpy(peer->key + 12, &v4->sin_addr, 4);
	} else if (a->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)a;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
		uv_ip6_name(v6, ret, n);
		if (mapped)
			memmove(ret, ret + 7, strlen(ret + 7) + 1); /* "::ffff:" */
		/* One customer has a /64. */
		memcpy(peer->key, &v6->sin6_addr, mapped ? 16 : 8);
	}
}

/* -- accepting */

struct arrival {
	struct mail mail; /* first */
	struct loop *loop;
	int fd;
	bool is_unix;
	struct tls_context *tls;
	char address[64];
	struct peer peer;
};

static void arrive(struct mail *m, unsigned events)
{
	struct arrival *a = (struct arrival *)m;
	conn_open(a->loop, a->fd, a->is_unix, a->tls, a->address, &a->peer);
	free(a);
}

/* Told in one write without waiting; a TLS client just sees the end. */
static void turn_away(struct listener *l, int fd, const char *address)
{
	struct net *n = l->net;
	CLEANUP(buf_free) struct buf headers = BUF_INIT(4096);
	CLEANUP(buf_free) struct buf body = BUF_INIT(4096);
	CLEANUP(buf_free) struct buf text = BUF_INIT(16384);
	struct net_refusal f = { 503, "overloaded", "There are too many connections.", 1, address };
	atomic_fetch_add_explicit(&n->refused, 1, memory_order_relaxed);
	n->handler.refuse(n->handler.ctx, &f, &headers, &body);
	if (!l->tls) {
		buf_addf(&text, "HTTP/1.1 503 %s\r\nConnection: close\r\nContent-Length: %zu\r\n", exchange_reason(503),
			 body.n);
		buf_add_str(&text, buf_str(&headers));
		buf_adds(&text, "\r\n");
		buf_add_str(&text, buf_str(&body));
		ssize_t sent = send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)sent;
	}
	close(fd);
}

static void welcome(struct listener *l, int fd, const struct sockaddr_storage *from)
{
	struct net *n = l->net;
	struct arrival *a = mem_zalloc(sizeof *a);
	describe(from, a->address, sizeof a->address, &a->peer);
	bool few = atomic_load(&n->connections) < (int64_t)n->config.connections;
	if (!few || (!l->is_unix && !count_peer(n, a->address, &a->peer))) {
		turn_away(l, fd, a->address);
		free(a);
		return;
	}
	atomic_fetch_add(&n->connections, 1);
	atomic_fetch_add_explicit(&n->accepted, 1, memory_order_relaxed);
	a->loop = &n->loops[n->next_loop++ % n->config.loops];
	a->mail.deliver = arrive;
	a->fd = fd;
	a->is_unix = l->is_unix;
	a->tls = l->tls ? n->tls : NULL;
	if (a->loop == &n->loops[0])
		arrive(&a->mail, 0);
	else
		loop_post(a->loop, &a->mail, 1);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
	struct listener *l = p->data;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t n = sizeof from;
		int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(l, fd, &from);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			/* Out of descriptors: without a pause this would spin. The tick tries again. */
			log_event(LOG_ERROR, "accept_failed", "%s", strerror(errno));
			uv_poll_stop(p);
			l->open = false;
		}
		return;
	}
}

bool listen_start(struct listener *l, struct loop *loop)
{
	if (l->open || l->fd < 0)
		return l->open;
	if (!l->poll.data) {
		if (uv_poll_init(&loop->uv, &l->poll, l->fd) != 0)
			return false;
		l->poll.data = l;
	}
	l->open = uv_poll_start(&l->poll, UV_READABLE, on_readable) == 0;
	return l->open;
}

void listen_stop(struct listener *l)
{
	if (l->poll.data && !uv_is_closing((uv_handle_t *)&l->poll)) {
		uv_poll_stop(&l->poll);
		uv_close((uv_handle_t *)&l->poll, NULL);
	}
	listen_free(l);
}

void listen_free(struct listener *l)
{
	l->open = false;
	fd_close(&l->fd);
	if (l->path)
		unlink(l->path);
	str_freep(&l->path);
}

/* -- opening */

/* Hands the descriptor on, out of the care of CLEANUP. */
static int fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static bool open_unix(struct listener *l, const char *path, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof a.sun_path)
		return err_set(e, ERR_USAGE, NULL, "The path of the socket is too long: %s", path);
	memcpy(a.sun_path, path, strlen(path));
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A socket that nobody answers on was left behind by a process that died. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0 && errno == ECONNREFUSED)
		unlink(path);
	fd_close(&fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || chmod(path, 0600) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return err_errno(e, errno, "Listening on %s", path);
	l->fd = fd_take(&fd);
	l->is_unix = true;
	l->path = mem_strdup(path);
	snprintf(l->address, sizeof l->address, "unix:%s", path);
	return true;
}

static bool split_host(const char *where, char *host, size_t n, const char **ret_port)
{
	const char *colon = strrchr(where, ':');
	if (!colon || !colon[1] || colon == where)
		return false;
	struct str h = str_n(where, (size_t)(colon - where));
	if (h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = str_n(h.p + 1, h.n - 2);
	else if (str_find(h, ':') < h.n)
		return false; /* an IPv6 address needs its brackets */
	if (h.n == 0 || h.n >= n)
		return false;
	memcpy(host, h.p, h.n);
	host[h.n] = 0;
	*ret_port = colon + 1;
	return true;
}

static int open_address(const struct addrinfo *a)
{
	int on = 1;
	CLEANUP(fd_close) int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
		return -1;
	return fd_take(&fd);
}

static bool open_tcp(struct listener *l, const char *where, struct err *e)
{
	char host[256], text[64];
	const char *port;
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
	uint64_t number;
	if (!split_host(where, host, sizeof host, &port) || !str_to_u64(str_of(port), &number) || number > 65535)
		return err_set(e, ERR_USAGE, NULL, "Not HOST:PORT or [IPV6]:PORT: %s", where);
	int code = getaddrinfo(host, port, &want, &found);
	if (code)
		return err_set(e, ERR_USAGE, NULL, "Listening on %s: %s", where, gai_strerror(code));
	int error = EADDRNOTAVAIL;
	for (struct addrinfo *a = found; a && l->fd < 0; a = a->ai_next) {
		l->fd = open_address(a);
		error = errno;
	}
	freeaddrinfo(found);
	if (l->fd < 0)
		return err_errno(e, error, "Listening on %s", where);
	union {
		struct sockaddr_storage any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} own = { 0 };
	socklen_t n = sizeof own.any;
	struct peer unused;
	getsockname(l->fd, (struct sockaddr *)&own, &n);
	describe(&own.any, text, sizeof text, &unused);
	bool v6 = own.any.ss_family == AF_INET6;
	int actual = ntohs(v6 ? own.v6.sin6_port : own.v4.sin_port);
	snprintf(l->address, sizeof l->address, v6 ? "%s://[%s]:%d" : "%s://%s:%d", l->tls ? "https" : "http", text,
		 actual);
	return true;
}

bool net_listen(struct net *n, const char *where, bool tls, struct err *e)
{
	if (n->n_listeners == LISTENERS_MAX)
		return err_set(e, ERR_USAGE, NULL, "There are too many addresses to listen on.");
	if (tls && !n->tls)
		return err_set(e, ERR_USAGE, NULL, "TLS needs a certificate and a key.");
	struct listener *l = &n->listeners[n->n_listeners];
	*l = (struct listener){ .net = n, .fd = -1, .tls = tls };
	bool ok = strncmp(where, "unix:", 5) == 0 ? open_unix(l, where + 5, e) : open_tcp(l, where, e);
	if (ok)
		n->n_listeners++;
	return ok;
}
