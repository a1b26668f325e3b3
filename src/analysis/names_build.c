#include "analysis/names_index.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT UINT32_MAX /* bytes of all ids, or of all distinct words */
#define NAME_WORDS 32         /* words of one name that are indexed */

/* What is gathered while the cards are read: words by number of first sight. */
struct gathering {
	struct name_index *x;
	uint32_t cap;
	struct buf ids, words;
	uint32_t *word_at; /* starts of the words in `words`, terminated there */
	uint32_t n_words, cap_words;
	uint32_t *slots; /* hash → word + 1 */
	uint32_t n_slots;
	uint32_t *name; /* words of the names, in order */
	size_t n_name, cap_name;
};

static struct str word(const struct gathering *g, uint32_t w)
{
	uint32_t end = w + 1 < g->n_words ? g->word_at[w + 1] : (uint32_t)g->words.n;
	return str_n(g->words.p + g->word_at[w], end - g->word_at[w] - 1);
}

static void grow_slots(struct gathering *g)
{
	free(g->slots);
	g->n_slots = g->n_slots ? g->n_slots * 2 : 4096;
	g->slots = mem_zalloc((size_t)g->n_slots * sizeof *g->slots);
	for (uint32_t w = 0; w < g->n_words; w++) {
		uint32_t at = (uint32_t)hash_bytes(word(g, w), hash_secret()) & (g->n_slots - 1);
		while (g->slots[at])
			at = (at + 1) & (g->n_slots - 1);
		g->slots[at] = w + 1;
	}
}

static uint32_t word_number(struct gathering *g, struct str s)
{
	if (g->n_words >= g->n_slots / 2)
		grow_slots(g);
	uint32_t at = (uint32_t)hash_bytes(s, hash_secret()) & (g->n_slots - 1);
	for (; g->slots[at]; at = (at + 1) & (g->n_slots - 1)) {
		if (str_eq(word(g, g->slots[at] - 1), s))
			return g->slots[at] - 1;
	}
	if (g->n_words == g->cap_words) {
		g->cap_words = g->cap_words ? g->cap_words * 2 : 4096;
		g->word_at = mem_realloc(g->word_at, (size_t)g->cap_words * sizeof *g->word_at);
	}
	g->word_at[g->n_words] = (uint32_t)g->words.n;
	buf_add_str(&g->words, s);
	buf_addc(&g->words, '\n');
	g->slots[at] = g->n_words + 1;
	return g->n_words++;
}

static void grow(struct gathering *g)
{
	struct name_index *x = g->x;
	g->cap = g->cap ? g->cap * 2 : 1024;
	x->id_at = mem_realloc(x->id_at, ((size_t)g->cap + 1) * sizeof *x->id_at);
	x->name_at = mem_realloc(x->name_at, ((size_t)g->cap + 1) * sizeof *x->name_at);
	x->spend = mem_realloc(x->spend, (size_t)g->cap * sizeof *x->spend);
	x->purchases = mem_realloc(x->purchases, (size_t)g->cap * sizeof *x->purchases);
	x->last_day = mem_realloc(x->last_day, (size_t)g->cap * sizeof *x->last_day);
	x->age = mem_realloc(x->age, (size_t)g->cap * sizeof *x->age);
}

static void add_name(struct gathering *g, struct str folded)
{
	struct str part;
	for (int i = 0; i < NAME_WORDS && str_split(&folded, ' ', &part); i++) {
		if (!part.n)
			continue;
		if (g->n_name == g->cap_name) {
			g->cap_name = g->cap_name ? g->cap_name * 2 : 4096;
			g->name = mem_realloc(g->name, g->cap_name * sizeof *g->name);
		}
		g->name[g->n_name++] = word_number(g, part);
	}
}

static bool add_card(void *ctx, const struct customer *c, struct err *e)
{
	struct gathering *g = ctx;
	struct name_index *x = g->x;
	if (x->n == g->cap)
		grow(g);
	uint32_t i = x->n++;
	x->id_at[i] = (uint32_t)g->ids.n;
	utf8_fold(&g->ids, c->id);
	buf_addc(&g->ids, '\n');
	x->name_at[i] = (uint32_t)g->n_name;
	add_name(g, c->folded);
	x->spend[i] = c->spend;
	x->purchases[i] = (uint32_t)MIN(c->purchases, (int64_t)UINT32_MAX);
	x->last_day[i] = c->last_at == TIME_NONE ? DAY_NONE : (int32_t)(c->last_at / USEC_PER_DAY);
	x->age[i] = (int16_t)c->age;
	if (g->ids.failed || g->words.failed || g->n_name > UINT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "there are too many customers to search among");
	return true;
}

struct ranked {
	struct str text;
	uint32_t number;
};

static int by_text(const void *a, const void *b)
{
	return str_cmp(((const struct ranked *)a)->text, ((const struct ranked *)b)->text);
}

/* Words in alphabetical order, so that a word's number is its rank; the names' numbers follow. */
static void sort_words(struct gathering *g)
{
	struct name_index *x = g->x;
	size_t n = g->n_words ? g->n_words : 1;
	struct ranked *r = mem_array(n, sizeof *r);
	uint32_t *rank = mem_array(n, sizeof *rank);
	for (uint32_t w = 0; w < g->n_words; w++)
		r[w] = (struct ranked){ word(g, w), w };
	qsort(r, g->n_words, sizeof *r, by_text);
	x->n_words = g->n_words;
	x->words = mem_alloc(g->words.n + 1);
	x->word_at = mem_array(n + 1, sizeof *x->word_at);
	uint32_t at = 0;
	for (uint32_t w = 0; w < g->n_words; w++) {
		rank[r[w].number] = w;
		x->word_at[w] = at;
		memcpy(x->words + at, r[w].text.p, r[w].text.n);
		at += (uint32_t)r[w].text.n;
		x->words[at++] = '\n';
	}
	x->word_at[x->n_words] = at;
	for (size_t i = 0; i < g->n_name; i++)
		g->name[i] = rank[g->name[i]];
	free(r);
	free(rank);
}

/* The customers of each word, from the words of each customer. */
static void invert(struct name_index *x)
{
	uint32_t *at = mem_zalloc(((size_t)x->n_words + 2) * sizeof *at);
	uint32_t total = x->name_at[x->n];
	x->customer = mem_array(total ? total : 1, sizeof *x->customer);
	for (uint32_t i = 0; i < total; i++)
		at[x->name[i] + 2]++;
	for (uint32_t w = 0; w < x->n_words; w++)
		at[w + 2] += at[w + 1];
	for (uint32_t c = 0; c < x->n; c++) {
		for (uint32_t i = x->name_at[c]; i < x->name_at[c + 1]; i++)
			x->customer[at[x->name[i] + 1]++] = c;
	}
	x->customer_at = at;
}

static size_t bytes_of(const struct name_index *x)
{
	return sizeof *x + x->id_at[x->n] + x->word_at[x->n_words] + (size_t)x->n_words * 8 +
	       (size_t)x->name_at[x->n] * 8 + (size_t)x->n * (8 + 8 + 4 + 4 + 2 + 4 * NAME_SORTS) +
	       (size_t)x->n * (NAME_VALUES * 8 + 1) + (size_t)NAMES_REMEMBERED * x->n / 8;
}

static void finish(struct gathering *g)
{
	struct name_index *x = g->x;
	if (!g->cap)
		grow(g);
	x->id_at[x->n] = (uint32_t)g->ids.n;
	x->name_at[x->n] = (uint32_t)g->n_name;
	sort_words(g);
	x->name = g->name ? g->name : mem_alloc(1);
	g->name = NULL;
	x->ids = buf_take(&g->ids, NULL);
	if (!x->ids)
		x->ids = mem_alloc(1);
	invert(x);
	for (uint32_t i = 0; i < x->id_at[x->n]; i++)
		x->in_ids[(unsigned char)x->ids[i]] = true;
	for (uint32_t i = 0; i < x->word_at[x->n_words]; i++)
		x->in_words[(unsigned char)x->words[i]] = true;
	x->kept.bytes = bytes_of(x);
}

bool name_index_build(struct db *db, const struct card_set *set, struct name_index **ret, struct err *e)
{
	struct name_index *x = mem_zalloc(sizeof *x);
	struct gathering g = { .x = x, .ids = BUF_INIT(TEXT_LIMIT), .words = BUF_INIT(TEXT_LIMIT) };
	x->kept.version = set->version;
	pthread_rwlock_init(&x->lock, NULL);
	pthread_mutex_init(&x->once, NULL);
	pthread_mutex_init(&x->loading, NULL);
	bool done = customer_scan_light(db, set, add_card, &g, e);
	if (done)
		finish(&g);
	else
		name_index_free(x);
	buf_free(&g.ids);
	buf_free(&g.words);
	free(g.word_at);
	free(g.slots);
	free(g.name);
	if (done)
		*ret = x;
	return done;
}

void name_index_free(struct name_index *x)
{
	if (!x)
		return;
	free(x->ids);
	free(x->id_at);
	free(x->words);
	free(x->word_at);
	free(x->customer_at);
	free(x->customer);
	free(x->name_at);
	free(x->name);
	free(x->spend);
	free(x->purchases);
	free(x->last_day);
	free(x->age);
	for (size_t i = 0; i < NAME_SORTS; i++)
		free(x->order[i]);
	for (size_t i = 0; i < NAME_VALUES; i++)
		name_values_free(&x->values[i]);
	for (size_t i = 0; i < x->n_overlay; i++)
		free(x->overlay[i].text);
	for (size_t i = 0; i < NAMES_REMEMBERED; i++)
		free(x->common[i].bits);
	pthread_rwlock_destroy(&x->lock);
	pthread_mutex_destroy(&x->once);
	pthread_mutex_destroy(&x->loading);
	free(x);
}
