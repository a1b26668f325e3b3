#include "http/workers.h"

#include "base/util.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct workers {
	void (*run)(struct work_task *);
	char name[12];
	pthread_mutex_t lock;
	pthread_cond_t work;
	/* under lock */
	struct work_task *first, **last;
	size_t waiting, queue_max;
	size_t idle, woken; /* threads that wait; of these, told that there is work */
	pthread_t *threads;
	size_t n, max;
	bool stopping;
};

static void *work(void *arg)
{
	struct workers *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->first && !p->stopping) {
			p->idle++;
			pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
			if (p->woken)
				p->woken--;
		}
		struct work_task *t = p->first;
		if (!t)
			break;
		p->first = t->next;
		if (!p->first)
			p->last = &p->first;
		p->waiting--;
		pthread_mutex_unlock(&p->lock);
		p->run(t);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are the main thread's business, so workers start with all of them blocked. */
static bool start_thread(struct workers *p)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool ok = pthread_create(&p->threads[p->n], NULL, work, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ok) {
		pthread_setname_np(p->threads[p->n], p->name);
		p->n++;
	}
	return ok;
}

struct workers *workers_new(const char *name, size_t threads, size_t queue, bool lazy, void (*run)(struct work_task *))
{
	struct workers *p = mem_zalloc(sizeof *p);
	p->run = run;
	snprintf(p->name, sizeof p->name, "%s", name);
	p->last = &p->first;
	p->queue_max = queue;
	p->max = threads;
	p->threads = mem_array(threads, sizeof *p->threads);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_mutex_lock(&p->lock);
	while (!lazy && p->n < p->max && start_thread(p))
		;
	pthread_mutex_unlock(&p->lock);
	return p;
}

bool workers_push(struct workers *p, struct work_task *t)
{
	pthread_mutex_lock(&p->lock);
	bool free_thread = p->idle > p->woken;
	if (!free_thread && p->n < p->max && !p->stopping)
		free_thread = start_thread(p);
	bool ok = !p->stopping && p->n && (free_thread || p->waiting < p->queue_max);
	if (ok) {
		t->next = NULL;
		*p->last = t;
		p->last = &t->next;
		p->waiting++;
		/* A thread that was told and has not come yet will find this task too, if the others are busy. */
		if (p->idle > p->woken) {
			p->woken++;
			pthread_cond_signal(&p->work);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void workers_stop(struct workers *p)
{
	pthread_mutex_lock(&p->lock);
	bool first = !p->stopping;
	p->stopping = true;
	size_t n = p->n;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; first && i < n; i++)
		pthread_join(p->threads[i], NULL);
}

void workers_free(struct workers *p)
{
	if (!p)
		return;
	workers_stop(p);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	free(p->threads);
	free(p);
}

void workers_counts(struct workers *p, size_t *ret_threads, size_t *ret_busy, size_t *ret_waiting)
{
	pthread_mutex_lock(&p->lock);
	*ret_threads = p->n;
	*ret_busy = p->n - p->idle;
	*ret_waiting = p->waiting;
	pthread_mutex_unlock(&p->lock);
}
