#include "learn/questions.h"

#include <stdlib.h>

struct choosing {
	struct learn_questions *q;
	size_t all, want, seen;
};

/* Taken when the share taken so far has fallen behind. */
static void choose(struct choosing *c, const struct learn_question *question)
{
	if (c->q->n < c->want && c->seen * c->want / c->all >= c->q->n) {
		c->q->items[c->q->n++] = *question;
		c->q->n_counting += question->counts;
	}
	c->seen++;
}

static struct learn_row oldest_of(struct learn_row row, size_t n)
{
	size_t newer = row.n - n;
	return (struct learn_row){ row.product + newer, row.times + newer, row.first + newer, row.last + newer, n };
}

static void ask_list(struct choosing *c, uint32_t who, struct learn_row row)
{
	for (size_t known = 0; known <= row.n; known++) {
		struct learn_question question = { who, oldest_of(row, known), row.product, row.n - known,
						   known > 0 && known + 1 == row.n };
		choose(c, &question);
	}
}

static size_t list_questions(const struct learn_history *h)
{
	size_t n = 0;
	for (uint32_t c = 0; c < h->n_customers; c++)
		n += learn_holdout_asks(LEARN_HIDE_NEWEST, c) ? learn_history_row(h, c).n + 1 : 0;
	return n;
}

void learn_questions_make(const struct learn_history *h, const struct learn_holdout *o, size_t most,
			  struct learn_questions *ret)
{
	bool lists = o->how == LEARN_HIDE_NEWEST;
	size_t all = lists ? list_questions(h) : o->n_measured;
	*ret = (struct learn_questions){ 0 };
	size_t want = MIN(all, most);
	struct choosing c = { ret, all ? all : 1, want, 0 };
	ret->items = mem_array(c.want ? c.want : 1, sizeof *ret->items);
	for (uint32_t who = 0; who < h->n_customers; who++) {
		if (!learn_holdout_asks(o->how, who))
			continue;
		if (lists) {
			ask_list(&c, who, learn_history_row(h, who));
			continue;
		}
		size_t n = (size_t)(o->offset[who + 1] - o->offset[who]);
		struct learn_question question = { who, learn_history_row(&o->rest, who), o->hidden + o->offset[who], n,
						   true };
		if (n)
			choose(&c, &question);
	}
}

void learn_questions_free(struct learn_questions *q)
{
	free(q->items);
	*q = (struct learn_questions){ 0 };
}

bool learn_question_answered(const struct learn_question *q, uint32_t product)
{
	for (size_t i = 0; i < q->n_answers; i++) {
		if (q->answers[i] == product)
			return true;
	}
	return false;
}
