#include "http/metrics.h"

#include "base/util.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

static const int64_t bounds[] = { 500,    1000,   2500,    5000,    10000,   25000,    50000,   100000,
				  250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000 }; /* microseconds */

struct metric {
	struct metric *next;
	enum metric_kind kind;
	const char *name, *labels, *help;
	_Atomic int64_t value; /* of a histogram: the sum in microseconds */
	_Atomic int64_t buckets[countof(bounds) + 1];
};

struct collector {
	struct collector *next;
	metrics_collect *collect;
	void *ctx;
};

struct metrics {
	pthread_mutex_t lock;
	struct metric *first, **last;
	struct collector *collectors, **last_collector;
};

struct metrics *metrics_new(void)
{
	struct metrics *m = mem_zalloc(sizeof *m);
	pthread_mutex_init(&m->lock, NULL);
	m->last = &m->first;
	m->last_collector = &m->collectors;
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	while (m->first) {
		struct metric *next = m->first->next;
		free(m->first);
		m->first = next;
	}
	while (m->collectors) {
		struct collector *next = m->collectors->next;
		free(m->collectors);
		m->collectors = next;
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Those of one name are kept together, whatever the order of registering: the format asks for it. */
static struct metric *add(struct metrics *m, enum metric_kind kind, const char *name, const char *labels,
			  const char *help)
{
	struct metric *fresh = mem_zalloc(sizeof *fresh);
	fresh->kind = kind;
	fresh->name = name;
	fresh->labels = labels;
	fresh->help = help;
	pthread_mutex_lock(&m->lock);
	struct metric **at = &m->first;
	struct metric **after = NULL;
	for (; *at; at = &(*at)->next)
		if (str_is(str_of((*at)->name), name))
			after = &(*at)->next;
	if (!after)
		after = at;
	fresh->next = *after;
	*after = fresh;
	pthread_mutex_unlock(&m->lock);
	return fresh;
}

struct metric *metrics_counter(struct metrics *m, const char *name, const char *labels, const char *help)
{
	return add(m, METRIC_COUNTER, name, labels, help);
}

struct metric *metrics_gauge(struct metrics *m, const char *name, const char *labels, const char *help)
{
	return add(m, METRIC_GAUGE, name, labels, help);
}

struct metric *metrics_histogram(struct metrics *m, const char *name, const char *labels, const char *help)
{
	return add(m, METRIC_HISTOGRAM, name, labels, help);
}

void metric_add(struct metric *c, int64_t n)
{
	atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}

void metric_set(struct metric *g, int64_t value)
{
	atomic_store_explicit(&g->value, value, memory_order_relaxed);
}

int64_t metric_value(const struct metric *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

void metric_observe(struct metric *h, int64_t usec)
{
	size_t i = 0;
	while (i < countof(bounds) && usec > bounds[i])
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->value, usec, memory_order_relaxed);
}

void metrics_register(struct metrics *m, metrics_collect *collect, void *ctx)
{
	struct collector *c = mem_zalloc(sizeof *c);
	c->collect = collect;
	c->ctx = ctx;
	pthread_mutex_lock(&m->lock);
	*m->last_collector = c;
	m->last_collector = &c->next;
	pthread_mutex_unlock(&m->lock);
}

static void put(struct buf *b, const char *type, const char *name, const char *help, double value)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type, name);
	buf_add_f64(b, value);
	buf_addc(b, '\n');
}

void metrics_put_gauge(struct buf *b, const char *name, const char *help, double value)
{
	put(b, "gauge", name, help, value);
}

void metrics_put_counter(struct buf *b, const char *name, const char *help, double value)
{
	put(b, "counter", name, help, value);
}

static void write_histogram(const struct metric *h, struct buf *b)
{
	const char *labels = h->labels ? h->labels : "", *comma = h->labels ? "," : "";
	int64_t n = 0;
	for (size_t i = 0; i <= countof(bounds); i++)
		n += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
	if (n == 0)
		return; /* a route that nobody asked for yet */
	n = 0;
	for (size_t i = 0; i < countof(bounds); i++) {
		n += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
		buf_addf(b, "%s_bucket{%s%sle=\"", h->name, labels, comma);
		buf_add_f64(b, (double)bounds[i] / 1e6);
		buf_addf(b, "\"} %" PRId64 "\n", n);
	}
	n += atomic_load_explicit(&h->buckets[countof(bounds)], memory_order_relaxed);
	buf_addf(b, "%s_bucket{%s%sle=\"+Inf\"} %" PRId64 "\n%s_sum{%s} ", h->name, labels, comma, n, h->name, labels);
	buf_add_f64(b, (double)metric_value(h) / 1e6);
	buf_addf(b, "\n%s_count{%s} %" PRId64 "\n", h->name, labels, n);
}

void metrics_write(struct metrics *m, struct buf *b)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	const char *name = "";
	pthread_mutex_lock(&m->lock);
	for (const struct metric *i = m->first; i; i = i->next) {
		if (!str_is(str_of(i->name), name))
			buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", i->name, i->help, i->name, types[i->kind]);
		name = i->name;
		if (i->kind == METRIC_HISTOGRAM)
			write_histogram(i, b);
		else if (i->labels)
			buf_addf(b, "%s{%s} %" PRId64 "\n", i->name, i->labels, metric_value(i));
		else
			buf_addf(b, "%s %" PRId64 "\n", i->name, metric_value(i));
	}
	for (const struct collector *c = m->collectors; c; c = c->next)
		c->collect(c->ctx, b);
	pthread_mutex_unlock(&m->lock);
}
