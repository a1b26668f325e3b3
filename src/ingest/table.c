#include "ingest/table.h"

#include "base/clock.h"
#include "base/limits.h"
#include "ingest/groups.h"
#include "ingest/unpivot.h"

#include <stdatomic.h>
#include <stdlib.h>

static void free_head(struct table *t)
{
	for (size_t i = t->next_head; i < t->n_head; i++)
		block_free(&t->head[i]);
	free(t->head);
	t->head = NULL;
	t->n_head = t->next_head = 0;
	if (t->has_ahead)
		block_free(&t->ahead);
	t->has_ahead = false;
}

static void free_columns(struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		free(t->columns[i].name);
		for (size_t k = 0; k < t->columns[i].n_samples; k++)
			free(t->columns[i].samples[k]);
	}
	free(t->columns);
	t->columns = NULL;
	t->n_columns = 0;
}

void table_close(struct table *t)
{
	if (!t)
		return;
	free_head(t);
	unpivot_free(t->unpivot);
	groups_free(t->groups);
	table_free_heads(t);
	free_columns(t);
	free(t->expected);
	table_forget_rejects(t);
	pthread_mutex_destroy(&t->reading);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->turn);
	free(t);
}

void table_closep(struct table **t)
{
	table_close(*t);
	*t = NULL;
}

static bool is_expected(const struct table_expected *x, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(str_of(x[i].header), str_of(name)))
			return true;
	}
	return false;
}

/* Columns without a name and without a value go: the space between what a form prints. */
static void drop_unnamed(struct table *t, const struct infer *infers, const struct table_expected *x, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		struct table_column *c = &t->columns[i];
		bool empty = c->unnamed && !infers[i].values && !infers[i].unread;
		bool last = kept == 0 && i + 1 == t->n_columns;
		if (empty && !last && !is_expected(x, n, c->name))
			free(c->name);
		else
			t->columns[kept++] = *c;
	}
	t->n_columns = kept;
}

bool table_open(struct reader *r, size_t index, const struct table_expected *expected, size_t n_expected,
		struct table **ret, struct err *e)
{
	struct table *t = mem_zalloc(sizeof *t);
	struct infer *infers = NULL;
	t->reader = r;
	t->index = index;
	t->name = r->tables[index].name;
	pthread_mutex_init(&t->reading, NULL);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->turn, NULL);
	bool ok = reader_start(r, index, e) && table_read_head(t, &infers, e);
	if (ok) {
		table_decide(t, infers);
		if (t->reader_ended)
			drop_unnamed(t, infers, expected, n_expected);
		ok = !expected || table_expect(t, expected, n_expected, e);
	}
	free(infers);
	if (!ok) {
		table_close(t);
		return false;
	}
	*ret = t;
	return true;
}

static bool fail(struct table *t, const struct err *e)
{
	pthread_mutex_lock(&t->lock);
	if (!t->failed)
		t->failure = *e;
	t->failed = true;
	pthread_cond_broadcast(&t->turn);
	pthread_mutex_unlock(&t->lock);
	return false;
}

static bool has_failed(struct table *t, struct err *e)
{
	pthread_mutex_lock(&t->lock);
	bool failed = t->failed;
	if (failed)
		*e = t->failure;
	pthread_mutex_unlock(&t->lock);
	return failed;
}

/* Serial: the next block of the pass. */
static bool take_block(struct table *t, struct block *ret, bool *ret_end, struct err *e)
{
	bool ok = true;
	*ret_end = false;
	if (has_failed(t, e))
		return false;
	pthread_mutex_lock(&t->reading);
	if (t->next_head < t->n_head) {
		*ret = t->head[t->next_head++];
	} else if (t->has_ahead) {
		*ret = t->ahead;
		t->has_ahead = false;
	} else if (t->reader_ended) {
		*ret_end = true;
	} else {
		ok = reader_next(t->reader, ret, ret_end, e);
		t->reader_ended = !ok || *ret_end;
	}
	if (ok && !*ret_end && t->next_head == t->n_head && !t->reader_ended) {
		ok = reader_next(t->reader, &t->ahead, &t->reader_ended, e);
		t->has_ahead = ok && !t->reader_ended;
		if (!ok)
			block_free(ret);
	}
	if (ok && !*ret_end) {
		ret->seq = t->next_seq++;
		ret->last = t->next_head == t->n_head && !t->has_ahead;
		if (t->groups && !ret->grouped && !groups_block(t, ret, true, e)) {
			block_free(ret);
			ok = false;
		}
	}
	pthread_mutex_unlock(&t->reading);
	return ok || fail(t, e);
}

/* Numbers the block's rows: waits until all blocks before it are numbered, which takes no longer than indexing them. */
static bool publish(struct work *w, size_t totals, struct err *e)
{
	struct table *t = w->t;
	bool ok = true;
	pthread_mutex_lock(&t->lock);
	while (!t->failed && t->published != w->block.seq)
		pthread_cond_wait(&t->turn, &t->lock);
	if (t->failed) {
		*e = t->failure;
		ok = false;
	} else {
		uint64_t before = t->rows_seen;
		size_t skip = table_skip(t);
		size_t header_rows = before < skip ? MIN(skip - before, w->rows.n_rows) : 0;
		w->at = header_rows;
		w->end = w->rows.n_rows;
		w->row = before < skip ? 0 : before - skip;
		t->rows_seen += w->rows.n_rows;
		t->rows_kept += w->end - w->at;
		t->rows_left_out += w->rows.rows_too_wide + w->rows.notes_left_out + totals;
		t->rows_hidden += w->rows.hidden;
		t->published++;
		pthread_cond_broadcast(&t->turn);
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}

static bool next_block(struct work *w, bool *ret_end, struct err *e)
{
	block_free(&w->block);
	w->at = w->end = 0;
	if (!take_block(w->t, &w->block, ret_end, e))
		return false;
	if (*ret_end)
		return true;
	if (!table_index(w->t, &w->block, &w->rows, e))
		return fail(w->t, e);
	w->scratch.max = w->block.n + 64;
	buf_clear(&w->scratch);
	buf_reserve(&w->scratch, w->block.n);
	w->mark_place = 0;
	w->mark_line = w->block.first_line;
	size_t from = w->block.seq ? 0 : table_skip(w->t);
	size_t left_out = w->block.seq || w->block.grouped ? 0 : work_reject_numbers(w);
	left_out += table_drop_totals(w->t, &w->block, &w->rows, from, w);
	if (!publish(w, left_out, e))
		return false;
	work_reject_faults(w);
	buf_clear(&w->scratch);
	return true;
}

struct work *work_new(struct table *t)
{
	struct work *w = mem_zalloc(sizeof *w);
	w->t = t;
	w->stats = mem_array(t->n_columns + 1, sizeof *w->stats);
	for (size_t i = 0; i < t->n_columns; i++)
		stats_init(&w->stats[i]);
	return w;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->t->lock);
	for (size_t i = 0; i < w->t->n_columns; i++)
		stats_merge(&w->t->columns[i].stats, &w->stats[i], w->t->columns[i].type.type);
	pthread_mutex_unlock(&w->t->lock);
	block_free(&w->block);
	rows_free(&w->rows);
	buf_free(&w->scratch);
	buf_free(&w->whole);
	free(w->picked);
	free(w->stats);
	free(w);
}

/* The next rows, at most max; *ret_n of them are kept, which may be none. *ret_end when there are no more. */
static bool fill_some(struct work *w, size_t max, struct column_out *out, size_t *ret_n, bool *ret_end, struct err *e)
{
	while (w->at == w->end && !*ret_end) {
		if (!next_block(w, ret_end, e))
			return false;
	}
	size_t n = MIN(max, w->end - w->at);
	*ret_n = n;
	w->filled_row = w->row;
	if (n && w->t->reader->drop_rejected) {
		*ret_n = work_pick(w, n);
		pthread_mutex_lock(&w->t->lock);
		w->t->rows_kept -= n - *ret_n;
		w->t->rows_left_out += n - *ret_n;
		pthread_mutex_unlock(&w->t->lock);
	}
	if (*ret_n)
		work_convert(w, *ret_n, out);
	w->at += n;
	w->row += n;
	return true;
}

bool work_fill(struct work *w, size_t max, struct column_out *out, size_t *ret_n, uint64_t *ret_row, struct err *e)
{
	bool end = false;
	*ret_n = 0;
	while (!*ret_n && !end) {
		if (!fill_some(w, max, out, ret_n, &end, e))
			return false;
	}
	*ret_row = w->filled_row;
	return true;
}

static bool types_are_wrong(struct table *t)
{
	bool wrong = atomic_load(&t->contradicted);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column_stats *s = &t->columns[i].stats;
		/* A column without a value in the head was taken as text: values may have come later. */
		wrong = wrong || s->misfits > infer_tolerated(s->non_null + s->misfits, t->columns[i].said) ||
			(t->columns[i].type.untyped && s->non_null);
	}
	return wrong;
}

/* What other tables of the file say of its rows must be of the type that is said here. */
static void keep_key_type(struct table *t)
{
	struct reader_table *said = &t->reader->tables[t->index];
	for (size_t i = 0; i < t->n_columns; i++) {
		if (t->columns[i].cell == said->key) {
			said->key_type = t->columns[i].type;
			said->has_key_type = true;
		}
	}
}

bool table_settle(struct table *t, bool *ret_again, struct err *e)
{
	*ret_again = false;
	keep_key_type(t);
	if (t->failed) {
		*e = t->failure;
		return false;
	}
	table_sort_rejects(t);
	if (t->groups && t->groups->broken) {
		*ret_again = !t->expected;
		return *ret_again || groups_refuse(t, e);
	}
	*ret_again = !t->fixed_types && types_are_wrong(t);
	return *ret_again || !t->expected || table_check_expected(t, e);
}

static void begin_pass(struct table *t)
{
	table_forget_rejects(t);
	for (size_t i = 0; i < t->n_columns; i++)
		stats_init(&t->columns[i].stats);
	t->rows_kept = t->rows_left_out = t->rows_hidden = t->next_seq = t->published = t->rows_seen = 0;
	t->failed = t->reader_ended = false;
	atomic_store(&t->contradicted, false);
	if (t->groups)
		groups_rewind(t->groups);
}

/* What was taken for groups is none: the table is opened again as it stands in the file. */
static bool open_again(struct table *t, struct err *e)
{
	struct infer *infers = NULL;
	t->grouped = GROUPED_DOUBT;
	t->group_line = t->groups->broken_line;
	t->no_groups = true;
	groups_free(t->groups);
	t->groups = NULL;
	table_free_heads(t);
	free_columns(t);
	begin_pass(t);
	bool ok = reader_start(t->reader, t->index, e) && table_read_head(t, &infers, e);
	if (ok) {
		table_decide(t, infers);
		if (t->reader_ended)
			drop_unnamed(t, infers, NULL, 0);
	}
	free(infers);
	return ok;
}

bool table_again(struct table *t, struct err *e)
{
	free_head(t);
	if (t->groups && t->groups->broken)
		return open_again(t, e);
	struct infer *infers = mem_zalloc((t->n_columns + 1) * sizeof *infers);
	bool ok = table_infer_all(t, infers, e);
	if (ok) {
		table_decide(t, infers);
		table_fit_types(t);
	}
	free(infers);
	begin_pass(t);
	t->fixed_types = true;
	return ok && reader_start(t->reader, t->index, e);
}
