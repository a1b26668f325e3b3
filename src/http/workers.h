/*
 * Threads that run tasks, with a bounded queue. A task is embedded in what it is about; it is freed by nobody here.
 * All functions may be called from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct workers;
struct work_task {
	struct work_task *next;
};

/* lazy: threads are started when there is work and none is free. */
struct workers *workers_new(const char *name, size_t threads, size_t queue, bool lazy, void (*run)(struct work_task *));
/* False: the queue is full or the pool is stopping; the task was not taken. */
bool workers_push(struct workers *p, struct work_task *t);
/* Runs what waits, then ends and joins the threads. */
void workers_stop(struct workers *p);
void workers_free(struct workers *p); /* stops first; NULL is fine */
void workers_counts(struct workers *p, size_t *ret_threads, size_t *ret_busy, size_t *ret_waiting);
