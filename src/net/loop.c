#include "net/internal.h"

#include <signal.h>
#include <stdlib.h>

void loop_post(struct loop *l, struct mail *m, unsigned events)
{
	pthread_mutex_lock(&l->lock);
	m->events |= events;
	bool first = !l->first;
	if (!m->queued) {
		m->queued = true;
		m->next = NULL;
		*l->last = m;
		l->last = &m->next;
	}
	/* Under the lock: a loop that has delivered its last mail may be gone right after. */
	if (first)
		uv_async_send(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

/* What was there at the start only: a thread that writes fast must not keep the loop from everybody else. */
static void deliver_mail(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	struct mail *m = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	while (m) {
		pthread_mutex_lock(&l->lock);
		struct mail *next = m->next;
		unsigned events = m->events;
		m->events = 0;
		m->queued = false;
		pthread_mutex_unlock(&l->lock);
		m->deliver(m, events);
		m = next;
	}
}

static void run_again(struct loop *l)
{
	struct conn *c = l->again;
	l->again = NULL;
	while (c) {
		struct conn *next = c->next_again;
		c->in_again = false;
		if (c->state != CONN_CLOSED)
			serve_input(c);
		c = next;
	}
}

static void begin_stop(struct loop *l)
{
	l->stopping = true;
	l->stop_at = (int64_t)uv_now(&l->uv) + l->net->config.stop_ms;
	if (l != &l->net->loops[0])
		return;
	for (size_t i = 0; i < l->net->n_listeners; i++)
		listen_stop(&l->net->listeners[i]);
	/* Only now may the other loops end: nothing is dealt out to them any more. */
	atomic_store(&l->net->accept_ended, true);
	for (size_t i = 1; i < l->net->config.loops; i++)
		uv_async_send(&l->net->loops[i].wake);
}

static bool should_stop(struct loop *l)
{
	return !l->stopping && atomic_load(l == &l->net->loops[0] ? &l->net->stopping : &l->net->accept_ended);
}

static void on_wake(uv_async_t *a)
{
	struct loop *l = a->data;
	deliver_mail(l);
	run_again(l);
	if (should_stop(l))
		begin_stop(l);
	loop_may_end(l);
}

static void on_tick(uv_timer_t *t)
{
	struct loop *l = t->data;
	int64_t now = (int64_t)uv_now(&l->uv);
	struct conn *next;
	for (struct conn *c = l->conns; c; c = next) {
		next = c->next;
		conn_tick(c, now);
	}
	if (!l->stopping && l == &l->net->loops[0])
		for (size_t i = 0; i < l->net->n_listeners; i++)
			listen_start(&l->net->listeners[i], l); /* those that had to pause */
	loop_may_end(l);
}

void loop_may_end(struct loop *l)
{
	if (!l->stopping || l->conns || l->held || uv_is_closing((uv_handle_t *)&l->wake))
		return;
	pthread_mutex_lock(&l->lock);
	bool mail = l->first != NULL;
	pthread_mutex_unlock(&l->lock);
	if (mail)
		return;
	uv_close((uv_handle_t *)&l->tick, NULL);
	uv_close((uv_handle_t *)&l->wake, NULL);
}

static void *run(void *arg)
{
	struct loop *l = arg;
	uv_run(&l->uv, UV_RUN_DEFAULT);
	return NULL;
}

bool loop_init(struct loop *l, struct net *n, struct err *e)
{
	l->net = n;
	l->last = &l->first;
	int code = uv_loop_init(&l->uv);
	if (code)
		return err_set(e, ERR_IO, NULL, "Loop: %s", uv_strerror(code));
	pthread_mutex_init(&l->lock, NULL);
	uv_async_init(&l->uv, &l->wake, on_wake);
	l->wake.data = l;
	uv_timer_init(&l->uv, &l->tick);
	l->tick.data = l;
	uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
	if (l == &n->loops[0])
		for (size_t i = 0; i < n->n_listeners; i++)
			listen_start(&n->listeners[i], l);
	return true;
}

/* Signals are the main thread's business. */
bool loop_start(struct loop *l, struct err *e)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code)
		return err_errno(e, code, "Loop thread");
	pthread_setname_np(l->thread, "loop");
	l->started = true;
	return true;
}

void loop_join(struct loop *l)
{
	if (!l->started)
		return;
	pthread_join(l->thread, NULL);
	uv_loop_close(&l->uv);
	arena_spares_free(&l->spares);
	pthread_mutex_destroy(&l->lock);
	l->started = false;
}
