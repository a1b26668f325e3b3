#include "learn/similar.h"

#include "learn/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void learn_attributes_init(struct learn_attributes *a, uint32_t n_customers, uint32_t n_numeric, uint32_t n_category)
{
	size_t n = n_customers ? n_customers : 1;
	*a = (struct learn_attributes){ .n_customers = n_customers, .n_numeric = n_numeric, .n_category = n_category };
	a->numeric = mem_array(n * MAX(n_numeric, 1U), sizeof *a->numeric);
	a->category = mem_array(n * MAX(n_category, 1U), sizeof *a->category);
	for (size_t i = 0; i < n * n_numeric; i++)
		a->numeric[i] = NAN;
	for (size_t i = 0; i < n * n_category; i++)
		a->category[i] = LEARN_CATEGORY_NONE;
}

void learn_attributes_free(struct learn_attributes *a)
{
	free(a->numeric);
	free(a->category);
	*a = (struct learn_attributes){ 0 };
}

/* Every step-th customer with products, so that the references are spread over the file. */
static uint32_t choose(const struct learn_history *h, uint32_t *ret)
{
	uint64_t with = 0, seen = 0;
	uint32_t n = 0;
	for (uint32_t c = 0; c < h->n_customers; c++)
		with += h->offset[c + 1] > h->offset[c];
	uint64_t want = MIN(with, (uint64_t)LEARN_REFERENCES);
	for (uint32_t c = 0; c < h->n_customers && n < want; c++) {
		if (h->offset[c + 1] == h->offset[c])
			continue;
		if (seen * want / with >= n)
			ret[n++] = c;
		seen++;
	}
	return n;
}

static void copy_rows(struct learn_similar *s, const struct learn_history *h, uint32_t n)
{
	uint64_t entries = 0, at = 0;
	for (uint32_t r = 0; r < n; r++)
		entries += learn_history_row(h, s->customer[r]).n;
	learn_history_init(&s->refs, n, h->n_products, entries);
	for (uint32_t r = 0; r < n; r++) {
		struct learn_row row = learn_history_row(h, s->customer[r]);
		memcpy(s->refs.product + at, row.product, row.n * sizeof *row.product);
		memcpy(s->refs.times + at, row.times, row.n * sizeof *row.times);
		memcpy(s->refs.first + at, row.first, row.n * sizeof *row.first);
		memcpy(s->refs.last + at, row.last, row.n * sizeof *row.last);
		at += row.n;
		s->refs.offset[r + 1] = at;
		s->norm[r] = 1 / sqrtf((float)row.n);
	}
}

static void copy_attributes(struct learn_similar *s, const struct learn_attributes *a, uint32_t n)
{
	learn_attributes_init(&s->attributes, n, a->n_numeric, a->n_category);
	for (uint32_t r = 0; r < n; r++) {
		memcpy(s->attributes.numeric + (size_t)r * a->n_numeric,
		       a->numeric + (size_t)s->customer[r] * a->n_numeric, a->n_numeric * sizeof *a->numeric);
		memcpy(s->attributes.category + (size_t)r * a->n_category,
		       a->category + (size_t)s->customer[r] * a->n_category, a->n_category * sizeof *a->category);
	}
}

void learn_similar_train(const struct learn_history *h, const struct learn_attributes *attributes,
			 const struct learn_similar_options *o, struct learn_similar *ret)
{
	*ret = (struct learn_similar){ .options = *o };
	ret->customer = mem_array(LEARN_REFERENCES, sizeof *ret->customer);
	ret->norm = mem_array(LEARN_REFERENCES, sizeof *ret->norm);
	uint32_t n = choose(h, ret->customer);
	copy_rows(ret, h, n);
	learn_columns_make(&ret->refs, &ret->columns);
	if (attributes && attributes->n_customers == h->n_customers)
		copy_attributes(ret, attributes, n);
	else
		learn_attributes_init(&ret->attributes, n, 0, 0);
	learn_weights(&ret->refs, &ret->columns, &ret->attributes, ret->weights, ret->spread);
}

void learn_similar_free(struct learn_similar *s)
{
	free(s->customer);
	free(s->norm);
	learn_history_free(&s->refs);
	learn_columns_free(&s->columns);
	learn_attributes_free(&s->attributes);
	*s = (struct learn_similar){ 0 };
}

size_t learn_similar_bytes(const struct learn_similar *s)
{
	return learn_history_bytes(&s->refs) * 2 + (size_t)LEARN_REFERENCES * 8 +
	       (size_t)s->refs.n_customers * (s->attributes.n_numeric + s->attributes.n_category) * 4;
}

void learn_similar_work_init(const struct learn_similar *s, struct learn_similar_work *w)
{
	w->resemblance = mem_array(s->refs.n_customers ? s->refs.n_customers : 1, sizeof *w->resemblance);
	w->near = mem_array(MAX(s->options.neighbours, 1U), sizeof *w->near);
	w->n_near = 0;
}

void learn_similar_work_free(struct learn_similar_work *w)
{
	free(w->resemblance);
	free(w->near);
	*w = (struct learn_similar_work){ 0 };
}

static void add_history(const struct learn_similar *s, struct learn_row row, float *resemblance)
{
	if (!row.n)
		return;
	float mine = 1 / sqrtf((float)row.n);
	for (size_t i = 0; i < row.n; i++) {
		uint64_t end = s->columns.offset[row.product[i] + 1];
		for (uint64_t at = s->columns.offset[row.product[i]]; at < end; at++)
			resemblance[s->columns.customer[at]] += 1;
	}
	for (uint32_t r = 0; r < s->refs.n_customers; r++)
		resemblance[r] *= mine * s->norm[r] * (1 - s->options.blend);
}

/* Weighted mean of the attributes that both sides know. */
static float compare(const struct learn_similar *s, uint32_t ref, const float *numeric, const uint32_t *category)
{
	const struct learn_attributes *a = &s->attributes;
	float sum = 0, weights = 0;
	for (uint32_t k = 0; k < a->n_numeric; k++) {
		float other = a->numeric[(size_t)ref * a->n_numeric + k];
		if (isnan(other) || isnan(numeric[k]))
			continue;
		float distance = s->spread[k] > 0 ? fabsf(other - numeric[k]) / s->spread[k] : 0;
		sum += s->weights[k] * (distance < 1 ? 1 - distance : 0);
		weights += s->weights[k];
	}
	for (uint32_t k = 0; k < a->n_category; k++) {
		uint32_t other = a->category[(size_t)ref * a->n_category + k];
		if (other == LEARN_CATEGORY_NONE || category[k] == LEARN_CATEGORY_NONE)
			continue;
		sum += s->weights[a->n_numeric + k] * (other == category[k]);
		weights += s->weights[a->n_numeric + k];
	}
	return weights > 0 ? sum / weights : 0;
}

static void sift_down(struct learn_neighbour *heap, size_t n, size_t i)
{
	for (;;) {
		size_t least = i, l = 2 * i + 1, r = l + 1;
		if (l < n && heap[l].resemblance < heap[least].resemblance)
			least = l;
		if (r < n && heap[r].resemblance < heap[least].resemblance)
			least = r;
		if (least == i)
			return;
		struct learn_neighbour t = heap[i];
		heap[i] = heap[least];
		heap[least] = t;
		i = least;
	}
}

static void nearest(const struct learn_similar *s, uint32_t self, struct learn_similar_work *w)
{
	size_t n = 0, keep = s->options.neighbours;
	for (uint32_t r = 0; r < s->refs.n_customers && keep; r++) {
		float x = w->resemblance[r];
		if (x <= 0 || s->customer[r] == self)
			continue;
		if (n < keep) {
			w->near[n++] = (struct learn_neighbour){ r, x };
			for (size_t i = n / 2; n == keep && i-- > 0;)
				sift_down(w->near, n, i);
		} else if (x > w->near[0].resemblance) {
			w->near[0] = (struct learn_neighbour){ r, x };
			sift_down(w->near, n, 0);
		}
	}
	w->n_near = n;
}

void learn_similar_score(const struct learn_similar *s, struct learn_row row, const float *numeric,
			 const uint32_t *category, uint32_t self, struct learn_similar_work *w,
			 struct learn_scores *ret)
{
	memset(w->resemblance, 0, s->refs.n_customers * sizeof *w->resemblance);
	/* Who has bought nothing can be compared by metadata alone, however much they are worth beside a history. */
	float blend = row.n ? s->options.blend : 1;
	add_history(s, row, w->resemblance);
	if (blend > 0 && numeric && category) {
		for (uint32_t r = 0; r < s->refs.n_customers; r++)
			w->resemblance[r] += blend * compare(s, r, numeric, category);
	}
	nearest(s, self, w);
	float sum = 0;
	for (size_t i = 0; i < w->n_near; i++)
		sum += powf(w->near[i].resemblance, s->options.sharpen);
	uint64_t additions = 0;
	for (size_t i = 0; i < w->n_near; i++)
		additions += learn_history_row(&s->refs, w->near[i].ref).n;
	bool many = learn_scores_many(ret, additions);
	for (size_t i = 0; i < w->n_near && sum > 0; i++) {
		float vote = powf(w->near[i].resemblance, s->options.sharpen) / sum;
		struct learn_row their = learn_history_row(&s->refs, w->near[i].ref);
		for (size_t k = 0; k < their.n && many; k++)
			ret->score[their.product[k]] += vote;
		for (size_t k = 0; k < their.n && !many; k++)
			learn_scores_add(ret, their.product[k], vote);
	}
	if (many)
		learn_scores_list(ret);
}
