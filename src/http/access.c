#include "http/access.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ACCESS_BYTES (1 * MIB) /* waiting to be written */
#define ACCESS_SOON (32 * KIB)
#define ACCESS_WAIT_MS 200

struct access_log {
	pthread_mutex_t lock;
	pthread_cond_t change;
	pthread_t thread;
	/* under lock */
	struct buf lines;
	uint64_t dropped;
	bool stopping;
};

static void write_all(struct str s)
{
	while (s.n) {
		ssize_t n = write(STDERR_FILENO, s.p, s.n);
		if (n <= 0)
			return; /* nobody listens */
		s = str_n(s.p + n, s.n - (size_t)n);
	}
}

static void *run(void *arg)
{
	struct access_log *l = arg;
	struct buf mine = BUF_INIT(ACCESS_BYTES);
	bool last = false;
	pthread_mutex_lock(&l->lock);
	while (!last) {
		if (!l->stopping && l->lines.n < ACCESS_SOON) {
			/* Lines that come singly are written within ACCESS_WAIT_MS; without any, the thread sleeps. */
			struct timespec until;
			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec += ACCESS_WAIT_MS * 1000000L;
			until.tv_sec += until.tv_nsec / 1000000000L;
			until.tv_nsec %= 1000000000L;
			if (l->lines.n)
				pthread_cond_timedwait(&l->change, &l->lock, &until);
			else
				pthread_cond_wait(&l->change, &l->lock);
			if (!l->stopping && l->lines.n < ACCESS_SOON && l->lines.n)
				pthread_cond_timedwait(&l->change, &l->lock, &until);
		}
		last = l->stopping;
		struct buf swap = mine;
		mine = l->lines;
		l->lines = swap;
		uint64_t dropped = l->dropped;
		l->dropped = 0;
		pthread_mutex_unlock(&l->lock);
		write_all(buf_str(&mine));
		buf_clear(&mine);
		if (dropped)
			log_event(LOG_WARN, "access_lines_dropped", "%llu", (unsigned long long)dropped);
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	buf_free(&mine);
	return NULL;
}

struct access_log *access_log_new(void)
{
	struct access_log *l = mem_zalloc(sizeof *l);
	sigset_t all, before;
	l->lines = BUF_INIT(ACCESS_BYTES);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->change, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code) {
		free(l);
		return NULL;
	}
	return l;
}

void access_log_line(struct access_log *l, struct log_line *line)
{
	if (!l || line->level < log_get_level())
		return;
	line->text[line->n++] = '\n'; /* log keeps room for it */
	pthread_mutex_lock(&l->lock);
	size_t before = l->lines.n;
	buf_add(&l->lines, line->text, line->n);
	if (l->lines.failed) {
		l->lines.failed = false;
		l->dropped++;
	} else if (before == 0 || (before < ACCESS_SOON && l->lines.n >= ACCESS_SOON)) {
		pthread_cond_signal(&l->change);
	}
	pthread_mutex_unlock(&l->lock);
}

void access_log_put(struct access_log *l, const struct access_entry *a)
{
	struct log_line line;
	if (!l || log_get_level() > LOG_INFO)
		return;
	log_begin(&line, LOG_INFO, "request");
	log_cstr(&line, "id", a->id);
	log_cstr(&line, "from", a->address);
	log_str(&line, "method", a->method);
	log_cstr(&line, "route", a->route);
	log_i64(&line, "status", a->status);
	log_i64(&line, "bytes", (int64_t)a->bytes);
	log_i64(&line, "us", a->usec);
	access_log_line(l, &line);
}

void access_log_free(struct access_log *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_signal(&l->change);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->change);
	buf_free(&l->lines);
	free(l);
}
