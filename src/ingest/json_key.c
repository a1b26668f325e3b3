/*
 * By which column the rows of lists say what record they belong to.
 *
 * One whose header names records, that stands in every record, is never twice the same in the file, and comes early
 * enough that rows need not wait long for it. Whether it does takes a pass over the file, which only files with lists
 * in records need. Where there is none, records are numbered.
 */
#include "ingest/json_walk.h"

#include "base/hash.h"
#include "ingest/roles_words.h"

#include <stdlib.h>

#define CANDIDATES 8 /* a table */
#define LEAST_SLOTS ((size_t)64)

struct candidate {
	size_t table, column;
	double score;
	bool lost;
	uint64_t record; /* the last one that it was seen in, from 1 */
	uint64_t *slots; /* hashes of its values, 0 = free */
	size_t n_slots, n;
};

struct choosing {
	struct json_shape *shape;
	struct candidate *list;
	size_t n;
	uint64_t *records; /* of each table, so far */
	uint64_t *begun;   /* where the last one began */
	uint64_t secret;
	size_t bytes; /* of all slots */
};

static bool is_one_of(struct str normalized, const char *phrases)
{
	struct str rest = str_of(phrases), phrase;
	while (str_split(&rest, '|', &phrase)) {
		if (str_eq(normalized, phrase))
			return true;
	}
	return false;
}

double json_says_key(struct str path)
{
	CLEANUP(str_freep) char *dotted = json_dotted(path);
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	size_t steps = 0;
	for (size_t i = 0; i < path.n; i++)
		steps += path.p[i] == JSON_PATH;
	/* Numbers of other things stand in objects of their own; {"_id":{"$oid":…}} is how MongoDB writes its own. */
	if (steps > 1 && !str_ends(path, STR("$oid")))
		return 0;
	words_normalize(str_of(dotted), &b);
	struct str s = buf_str(&b);
	if (is_one_of(s, "id|uuid|guid|ид|идентификатор|ref key|ссылка|ссылка key|id oid|identyfikator"))
		return 1;
	if (words_match(WORD_INVOICE, s) >= 0.9)
		return 0.9;
	if (is_one_of(s, "number|no|num|code|key|номер|код|ключ|numer|nr|kod|klucz|број|шифра|sku|article|артикул"))
		return 0.8;
	if (is_one_of(s, "account|account number|account no|card number|iban|счет|номер счета|номер карты|numer "
			 "konta|nr konta|сметка"))
		return 0.75;
	if (words_match(WORD_INVOICE, s) >= 0.7 || is_one_of(s, "posting number|tracking number|номер отправления"))
		return 0.7;
	if (words_match(WORD_CUSTOMER_ID, s) >= 0.7)
		return 0.6;
	if (words_match(WORD_ID, s) >= 0.5 || str_ends(s, STR(" id")))
		return 0.5;
	return words_match(WORD_EMAIL, s) >= 0.9 ? 0.3 : 0;
}

/* The best few of a table, in the order of their worth; the earlier column first. */
static void add_candidate(struct choosing *c, size_t first, size_t table, size_t column, double score)
{
	size_t at = c->n;
	while (at > first && c->list[at - 1].score < score)
		at--;
	if (at == first + CANDIDATES)
		return;
	c->n += c->n < first + CANDIDATES;
	memmove(&c->list[at + 1], &c->list[at], (c->n - 1 - at) * sizeof *c->list);
	c->list[at] = (struct candidate){ .table = table, .column = column, .score = score };
}

static void add_candidates(struct choosing *c, size_t table)
{
	const struct json_file_table *t = &c->shape->tables[table];
	size_t first = c->n;
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct json_column *x = &t->columns.list[i];
		double score = x->has_value && !x->has_list && x->n < LIMIT_COLUMN_NAME_BYTES
				       ? json_says_key(str_n(x->path, x->n))
				       : 0;
		if (score > 0)
			add_candidate(c, first, table, i, score);
	}
}

static void lose(struct choosing *c, struct candidate *x)
{
	c->bytes -= x->n_slots * sizeof *x->slots;
	free(x->slots);
	x->slots = NULL;
	x->n_slots = x->n = 0;
	x->lost = true;
}

static void place(struct candidate *x, uint64_t hash)
{
	size_t i = hash & (x->n_slots - 1);
	while (x->slots[i])
		i = (i + 1) & (x->n_slots - 1);
	x->slots[i] = hash;
	x->n++;
}

static bool has_hash(const struct candidate *x, uint64_t hash)
{
	for (size_t i = hash; x->n_slots; i++) {
		uint64_t there = x->slots[i & (x->n_slots - 1)];
		if (!there || there == hash)
			return there != 0;
	}
	return false;
}

/* False: there is no more room. */
static bool grow(struct choosing *c, struct candidate *x)
{
	size_t had = x->n_slots, want = MAX(had * 2, LEAST_SLOTS);
	uint64_t *old = x->slots;
	if (c->bytes + want * sizeof *old > LIMIT_JSON_KEYS_BYTES)
		return false;
	x->slots = mem_zalloc(want * sizeof *old);
	x->n_slots = want;
	x->n = 0;
	c->bytes += (want - had) * sizeof *old;
	for (size_t i = 0; i < had; i++) {
		if (old[i])
			place(x, old[i]);
	}
	free(old);
	return true;
}

static void on_value(struct choosing *c, struct candidate *x, struct str text, uint64_t offset)
{
	uint64_t hash = hash_bytes(text, c->secret);
	hash += !hash;
	if (x->lost)
		return;
	bool again = x->record == c->records[x->table], late = offset - c->begun[x->table] > LIMIT_JSON_WAIT_BYTES;
	x->record = c->records[x->table];
	if (again || late || !text.n || text.n > LIMIT_COLUMN_NAME_BYTES || has_hash(x, hash) ||
	    (2 * (x->n + 1) > x->n_slots && !grow(c, x)))
		lose(c, x);
	else
		place(x, hash);
}

static void on_record_end(struct choosing *c, size_t table)
{
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *x = &c->list[i];
		if (x->table == table && !x->lost && x->record != c->records[table])
			lose(c, x);
	}
}

static bool look(struct choosing *c, struct json_walk *w, struct err *e)
{
	enum json_step step;
	if (!json_walk_start(w, e))
		return false;
	for (;;) {
		if (!json_walk_next(w, &step, e))
			return false;
		switch (step) {
		case JSON_STEP_RECORD:
			c->records[w->table]++;
			c->begun[w->table] = json_scan_offset(w->scan);
			break;
		case JSON_STEP_VALUE:
			on_value(c, &c->list[w->value], str_trim(w->text), json_scan_offset(w->scan));
			break;
		case JSON_STEP_RECORD_END:
			/* null is no row, and has nothing that would have to name it */
			if (w->token != JSON_TOKEN_NULL)
				on_record_end(c, w->table);
			break;
		case JSON_STEP_END:
			return true;
		}
	}
}

static void take_best(struct choosing *c)
{
	for (size_t i = c->n; i-- > 0;) {
		struct candidate *x = &c->list[i];
		if (!x->lost && x->n)
			c->shape->tables[x->table].key = x->column;
		free(x->slots);
	}
}

bool json_shape_keys(struct source *s, struct json_shape *shape, struct err *e)
{
	struct choosing c = { .shape = shape, .secret = hash_secret() };
	struct json_scan scan = { 0 };
	struct json_walk walk;
	c.list = mem_array(shape->n_tables * CANDIDATES + 1, sizeof *c.list);
	c.records = mem_zalloc((shape->n_tables + 1) * sizeof *c.records);
	c.begun = mem_zalloc((shape->n_tables + 1) * sizeof *c.begun);
	json_walk_begin(&walk, &scan, shape);
	for (size_t i = 0; i < shape->n_tables; i++) {
		if (shape->tables[i].has_lists)
			add_candidates(&c, i);
	}
	for (size_t i = 0; i < c.n; i++) {
		json_walk_add_table(&walk, c.list[i].table);
		json_walk_add_value(&walk, c.list[i].table, c.list[i].column, i);
	}
	bool ok = !c.n || (source_rewind(s, e) && json_begin(&scan, s, e) && look(&c, &walk, e));
	take_best(&c);
	json_walk_free(&walk);
	json_scan_free(&scan);
	free(c.list);
	free(c.records);
	free(c.begun);
	return ok;
}
