/*
 * Figures for Prometheus (text format 0.0.4).
 *
 * The server counts requests by route and status class and measures their time; anybody else registers a counter, which
 * it adds to from any thread, or a callback that writes what it knows when /metrics is asked. Registering happens
 * before the server starts; names and help texts must outlive the registry.
 */
#pragma once

#include "base/buf.h"

struct metrics;
struct metric; /* one counter or histogram */

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* NULL is fine */

/* labels: `kind="csv"` or NULL. The same name may be registered with several labels, one after the other. */
struct metric *metrics_counter(struct metrics *m, const char *name, const char *labels, const char *help);
struct metric *metrics_gauge(struct metrics *m, const char *name, const char *labels, const char *help);
/* Seconds, in buckets from 0.5 ms to 30 s. */
struct metric *metrics_histogram(struct metrics *m, const char *name, const char *labels, const char *help);

void metric_add(struct metric *c, int64_t n);        /* counter, gauge; any thread */
void metric_set(struct metric *g, int64_t value);    /* gauge; any thread */
void metric_observe(struct metric *h, int64_t usec); /* histogram; any thread */
int64_t metric_value(const struct metric *c);

/* Called when the text is written, on that thread. */
typedef void metrics_collect(void *ctx, struct buf *b);
void metrics_register(struct metrics *m, metrics_collect *collect, void *ctx);
/* For collectors: "# HELP", "# TYPE … gauge" and one sample. */
void metrics_put_gauge(struct buf *b, const char *name, const char *help, double value);
void metrics_put_counter(struct buf *b, const char *name, const char *help, double value);

void metrics_write(struct metrics *m, struct buf *b);
