#include "learn/triples.h"

#include <stdlib.h>
#include <string.h>

struct mining {
	const struct learn_history *h;
	const struct learn_columns *columns;
	const struct learn_popularity *p;
	const struct learn_pairs *rules;
	const struct learn_triples_options *o;
	uint32_t *count, *touched;
	size_t n_touched;
	struct learn_both *both;
	size_t n_both, cap;
	struct learn_pair *found; /* o->keep + 1 */
	float *by_a, *by_b;       /* of each product, the confidence of a → it and b → it */
};

/* Of each customer the products with enough customers, as numbers among these, while they come in order. */
struct frequent {
	uint32_t *product; /* of each number, ascending */
	size_t n;
	uint64_t *end; /* of each customer: of its part of number[], which begins as its row does */
	uint32_t *number;
};

static void keep_both(struct mining *m, uint32_t a, uint32_t b, uint32_t customers)
{
	if (customers < m->o->min_both)
		return;
	if (m->n_both == m->cap)
		m->both = mem_realloc(m->both, (m->cap = MAX(1024U, m->cap * 2)) * sizeof *m->both);
	m->both[m->n_both++] = (struct learn_both){ .a = a, .b = b, .customers = customers };
}

/* Customers of product b with each a < b that has been seen; then b is seen. */
static void count_partners(struct mining *m, struct frequent *f, uint32_t b)
{
	for (uint64_t at = m->columns->offset[b]; at < m->columns->offset[b + 1]; at++) {
		uint32_t who = m->columns->customer[at];
		uint64_t begin = m->h->offset[who];
		for (uint64_t i = begin; i < f->end[who]; i++) {
			uint32_t a = f->number[i];
			m->touched[m->n_touched] = a;
			m->n_touched += m->count[a]++ == 0;
		}
		if (m->columns->entry[at] - begin < LEARN_PAIRS_ROW)
			f->number[f->end[who]++] = (uint32_t)f->n;
	}
	for (size_t i = 0; i < m->n_touched; i++) {
		uint32_t a = m->touched[i];
		keep_both(m, f->product[a], b, m->count[a]);
		m->count[a] = 0;
	}
	m->n_touched = 0;
	f->product[f->n++] = b;
}

static void find_both(struct mining *m)
{
	uint32_t customers = m->h->n_customers;
	uint64_t entries = learn_history_entries(m->h);
	struct frequent f = { mem_array(m->h->n_products ? m->h->n_products : 1, sizeof *f.product), 0,
			      mem_array(customers ? customers : 1, sizeof *f.end),
			      mem_array(entries ? entries : 1, sizeof *f.number) };
	for (uint32_t c = 0; c < customers; c++)
		f.end[c] = m->h->offset[c];
	for (uint32_t b = 0; b < m->h->n_products; b++) {
		if (m->p->customers[b] >= m->o->min_both)
			count_partners(m, &f, b);
	}
	free(f.product);
	free(f.end);
	free(f.number);
}

static int by_customers(const void *x, const void *y)
{
	const struct learn_both *p = x, *q = y;
	if (p->customers != q->customers)
		return p->customers > q->customers ? -1 : 1;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return p->b < q->b ? -1 : p->b > q->b;
}

static int by_products(const void *x, const void *y)
{
	const struct learn_both *p = x, *q = y;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return p->b < q->b ? -1 : p->b > q->b;
}

static bool follows(const struct mining *m, uint64_t first, uint64_t then)
{
	int32_t a = m->h->first[first], b = m->h->first[then];
	return a == LEARN_DAY_NONE || b == LEARN_DAY_NONE ? then < first : b >= a;
}

static void count_row(struct mining *m, uint64_t a, uint64_t b, uint32_t customer)
{
	uint64_t begin = m->h->offset[customer], end = m->h->offset[customer + 1];
	bool any = m->o->order == LEARN_PAIRS_TOGETHER;
	for (uint64_t i = begin; i < MIN(end, begin + LEARN_PAIRS_ROW); i++) {
		if (i == a || i == b || (!any && (!follows(m, a, i) || !follows(m, b, i))))
			continue;
		uint32_t c = m->h->product[i];
		m->touched[m->n_touched] = c; /* which counts when it is the first */
		m->n_touched += m->count[c]++ == 0;
	}
}

/* The confidences of the rules from one product, or 0 in their places again. */
static void lay_out(const struct learn_pairs *rules, uint32_t from, bool there, float *ret)
{
	for (uint64_t at = rules->offset[from]; at < rules->offset[from + 1]; at++)
		ret[rules->pair[at].to] = there ? rules->pair[at].score : 0;
}

static bool before(const struct learn_pair *x, const struct learn_pair *y)
{
	return x->score != y->score ? x->score > y->score : x->to < y->to;
}

/* Among the best o->keep of found[0..n), best first; returns how many there are then. */
static size_t insert(const struct mining *m, size_t n, struct learn_pair rule)
{
	size_t at = n;
	while (at > 0 && before(&rule, &m->found[at - 1]))
		at--;
	if (at >= m->o->keep)
		return n;
	n = MIN(n + 1, (size_t)m->o->keep);
	memmove(m->found + at + 1, m->found + at, (n - at - 1) * sizeof *m->found);
	m->found[at] = rule;
	return n;
}

static void count_both(struct mining *m, const struct learn_both *both)
{
	const struct learn_columns *k = m->columns;
	uint64_t i = k->offset[both->a], j = k->offset[both->b];
	while (i < k->offset[both->a + 1] && j < k->offset[both->b + 1]) {
		if (k->customer[i] < k->customer[j]) {
			i++;
		} else if (k->customer[i] > k->customer[j]) {
			j++;
		} else {
			count_row(m, k->entry[i], k->entry[j], k->customer[i]);
			i++;
			j++;
		}
	}
}

/* The rules of one beginning into found, best first; returns how many. */
static size_t mine(struct mining *m, const struct learn_both *both)
{
	size_t n = 0;
	lay_out(m->rules, both->a, true, m->by_a);
	lay_out(m->rules, both->b, true, m->by_b);
	count_both(m, both);
	for (size_t t = 0; t < m->n_touched; t++) {
		uint32_t c = m->touched[t], count = m->count[c];
		double share = count / ((double)both->customers + (double)m->o->shrink);
		float confidence = (float)share;
		m->count[c] = 0;
		bool lifts = share * m->p->n_customers > (double)m->p->customers[c];
		if (count >= m->o->min_count && lifts && confidence > MAX(m->by_a[c], m->by_b[c]))
			n = insert(m, n, (struct learn_pair){ c, count, confidence });
	}
	m->n_touched = 0;
	lay_out(m->rules, both->a, false, m->by_a);
	lay_out(m->rules, both->b, false, m->by_b);
	return n;
}

static void mine_all(struct mining *m, struct learn_triples *ret)
{
	uint64_t used = 0, kept = 0;
	ret->rule = mem_array(MAX((size_t)1, m->n_both * m->o->keep), sizeof *ret->rule);
	for (size_t k = 0; k < m->n_both; k++) {
		struct learn_both both = m->both[k];
		size_t n = mine(m, &both);
		if (!n)
			continue;
		memcpy(ret->rule + used, m->found, n * sizeof *m->found);
		both.from = used;
		both.to = used += n;
		m->both[kept++] = both;
		ret->offset[both.a + 1]++;
	}
	m->n_both = kept;
	for (uint32_t a = 0; a < ret->n_products; a++)
		ret->offset[a + 1] += ret->offset[a];
}

void learn_triples_train(const struct learn_history *h, const struct learn_columns *columns,
			 const struct learn_popularity *p, const struct learn_pairs *rules,
			 const struct learn_triples_options *o, struct learn_triples *ret)
{
	size_t n = h->n_products ? h->n_products : 1;
	struct mining m = { .h = h, .columns = columns, .p = p, .rules = rules, .o = o };
	*ret = (struct learn_triples){ .n_products = h->n_products };
	ret->offset = mem_zalloc((n + 1) * sizeof *ret->offset);
	m.count = mem_zalloc(n * sizeof *m.count);
	m.touched = mem_array(n + 1, sizeof *m.touched);
	m.found = mem_array((size_t)o->keep + 1, sizeof *m.found);
	m.by_a = mem_zalloc(n * sizeof *m.by_a);
	m.by_b = mem_zalloc(n * sizeof *m.by_b);
	find_both(&m);
	if (m.n_both > o->pairs) {
		qsort(m.both, m.n_both, sizeof *m.both, by_customers);
		m.n_both = o->pairs;
	}
	if (m.n_both)
		qsort(m.both, m.n_both, sizeof *m.both, by_products);
	mine_all(&m, ret);
	ret->both = m.both;
	free(m.count);
	free(m.touched);
	free(m.found);
	free(m.by_a);
	free(m.by_b);
}

void learn_triples_free(struct learn_triples *t)
{
	free(t->offset);
	free(t->both);
	free(t->rule);
	*t = (struct learn_triples){ 0 };
}

size_t learn_triples_bytes(const struct learn_triples *t)
{
	if (!t->offset)
		return 0;
	uint64_t n = t->offset[t->n_products], rules = n ? t->both[n - 1].to : 0;
	return ((size_t)t->n_products + 1) * 8 + (size_t)n * sizeof *t->both + (size_t)rules * sizeof *t->rule;
}

void learn_triples_score(const struct learn_triples *t, struct learn_row row, const uint8_t *has,
			 struct learn_scores *s)
{
	for (size_t i = 0; i < row.n; i++) {
		for (uint64_t k = t->offset[row.product[i]]; k < t->offset[row.product[i] + 1]; k++) {
			const struct learn_both *both = &t->both[k];
			for (uint64_t r = both->from; r < both->to && has[both->b]; r++)
				learn_scores_max(s, t->rule[r].to, t->rule[r].score);
		}
	}
}

static bool row_has(struct learn_row row, uint32_t product)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			return true;
	}
	return false;
}

const struct learn_pair *learn_triples_find(const struct learn_triples *t, struct learn_row row, uint32_t product,
					    const struct learn_both **ret_both)
{
	const struct learn_pair *best = NULL;
	for (size_t i = 0; i < row.n; i++) {
		for (uint64_t k = t->offset[row.product[i]]; k < t->offset[row.product[i] + 1]; k++) {
			const struct learn_both *both = &t->both[k];
			for (uint64_t r = both->from; r < both->to; r++) {
				const struct learn_pair *rule = &t->rule[r];
				if (rule->to != product || (best && rule->score <= best->score) ||
				    !row_has(row, both->b))
					continue;
				best = rule;
				*ret_both = both;
			}
		}
	}
	return best;
}
