#include "ingest/json_late.h"

#include <stdlib.h>

void json_late_begin(struct json_late *l)
{
	*l = (struct json_late){ .cells = BUF_INIT(4 * LIMIT_JSON_WAIT_BYTES),
				 .texts = BUF_INIT(4 * LIMIT_JSON_WAIT_BYTES) };
}

void json_late_free(struct json_late *l)
{
	buf_free(&l->cells);
	buf_free(&l->texts);
	free(l->rows);
	free(l->keys);
	*l = (struct json_late){ 0 };
}

void json_late_know(struct json_late *l, const struct json_parent *parent)
{
	if (parent->slot == JSON_LATE_NONE)
		return;
	l->keys[parent->slot] = (struct json_late_key){ l->texts.n, (uint32_t)parent->key.n };
	buf_add_str(&l->texts, buf_str(&parent->key));
}

static uint32_t slot_of(struct json_late *l, struct json_parent *parent)
{
	if (parent->slot != JSON_LATE_NONE)
		return parent->slot;
	if (l->n_keys == l->cap_keys) {
		l->cap_keys = MAX(l->cap_keys * 2, (size_t)16);
		l->keys = mem_realloc(l->keys, l->cap_keys * sizeof *l->keys);
	}
	parent->slot = (uint32_t)l->n_keys++;
	l->keys[parent->slot] = (struct json_late_key){ 0 };
	if (parent->known)
		json_late_know(l, parent);
	return parent->slot;
}

static void add_cell(struct json_late *l, struct json_late_row *row, struct str text)
{
	uint32_t n = (uint32_t)text.n;
	buf_add(&l->cells, &n, sizeof n);
	buf_add(&l->cells, text.p, n);
	row->cells++;
}

bool json_late_add(struct json_late *l, uint32_t line, struct str own, const struct json_record *r,
		   struct json_parent *parents, size_t n_parents, struct err *e)
{
	if (l->n == l->cap) {
		l->cap = MAX(l->cap * 2, (size_t)64);
		l->rows = mem_realloc(l->rows, l->cap * sizeof *l->rows);
	}
	struct json_late_row *row = &l->rows[l->n++];
	*row = (struct json_late_row){ .line = line, .at = l->cells.n };
	for (size_t i = 0; i < n_parents; i++)
		row->keys[i] = slot_of(l, &parents[i]);
	if (own.p)
		add_cell(l, row, own);
	for (size_t i = 0; i < r->used; i++)
		add_cell(l, row, str_n(r->values.p + r->cells[i].at, r->cells[i].n));
	return (!l->cells.failed && !l->texts.failed) ||
	       err_set(e, ERR_LIMIT, "row_too_long",
		       "The record around line %llu has more than %zu MiB of lists before the column that names it.",
		       (unsigned long long)r->scan->line, 4 * LIMIT_JSON_WAIT_BYTES / MIB);
}

static void forget(struct json_late *l)
{
	buf_clear(&l->cells);
	buf_clear(&l->texts);
	l->n = l->next = l->n_keys = 0;
}

bool json_late_take(struct json_late *l, size_t n_parents, struct packer *p, struct err *e)
{
	const struct json_late_row *row = &l->rows[l->next++];
	size_t at = row->at;
	pack_row(p, row->line);
	for (size_t i = 0; i < n_parents; i++) {
		const struct json_late_key *key = &l->keys[row->keys[i]];
		pack_cell(p, str_n(l->texts.p + key->at, key->n), 0);
	}
	p->any = false;
	for (uint32_t i = 0; i < row->cells; i++) {
		uint32_t n;
		memcpy(&n, l->cells.p + at, sizeof n);
		pack_cell(p, str_n(l->cells.p + at + sizeof n, n), 0);
		at += sizeof n + n;
	}
	if (l->next == l->n)
		forget(l);
	return pack_row_end(p, e);
}
