#include "analysis/forecast_read.h"

#include "model/dataset.h"

#include <math.h>

#define SQL_BYTES (16 * MIB)
/*
 * What the engine holds for one statement is an invoice's sum for each row and, where each row has a customer of its
 * own, a customer's sums for each row and cut-off: of this many of both it holds some 700 MiB at the worst, which
 * LIMIT_ENGINE_MEMORY has room for.
 */
#define PART_SUMS (6 * 1000 * 1000)
#define SUMS_OF_ROW 2
#define PARTS_MOST 4096

static bool on_span(void *ctx, const struct columns_batch *b, struct err *e)
{
	int64_t *span = ctx;
	for (size_t c = 0; b->rows && c < 3; c++) {
		if (column_valid(&b->columns[c], 0))
			span[c] = b->columns[c].i64[0];
	}
	return true;
}

/* Customers stand in one table and what they did in others; a list in one row is several purchases. */
static int64_t rows_of(const struct features_source *s, int64_t purchases)
{
	int64_t rows = 0;
	for (size_t t = 0; t < s->content->n_tables; t++)
		rows += s->content->tables[t].rows;
	return MAX(rows, purchases);
}

unsigned features_parts(const struct features_span *span, size_t n)
{
	double sums = (double)span->rows * (double)(n + SUMS_OF_ROW);
	return (unsigned)MAX(MIN(ceil(sums / PART_SUMS), PARTS_MOST), 1.0);
}

bool features_span_read(struct ask *q, const struct features_source *s, struct features_span *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	int64_t span[3] = { 0, -1, 0 };
	features_days_sql(s, &sql);
	if (!ask_run(q, sql.p, NULL, on_span, span, e))
		return false;
	*ret = (struct features_span){ span[0], span[1], rows_of(s, span[2]) };
	return true;
}

static bool read_part(struct ask *q, const struct features_source *s, enum forecast_preset preset, const int64_t *days,
		      size_t n, struct features_part part, struct panel *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	features_sql(s, days, n, forecast_preset_horizon(preset), preset == PRESET_SALES, part, &sql);
	return sql.failed ? err_set(e, ERR_LIMIT, NULL, "the data set has too many columns")
			  : panel_add(ret, q, sql.p, NULL, e);
}

bool features_panel(struct ask *q, const struct features_source *s, enum forecast_preset preset,
		    const struct features_span *span, const int64_t *days, size_t n, struct panel *ret, struct err *e)
{
	const char *names[FEATURES_FIXED + CUSTOMER_FEATURES] = { "cut" };
	size_t columns = FEATURES_FIXED;
	unsigned parts = features_parts(span, n);
	bool done = true;
	for (enum customer_feature f = 0; f < CUSTOMER_FEATURES; f++) {
		if (s->has[f])
			names[columns++] = customer_feature_name(f);
	}
	panel_begin(ret, names, columns);
	for (unsigned i = 0; i < parts && done; i++)
		done = read_part(q, s, preset, days, n, (struct features_part){ i, parts }, ret, e);
	if (done && panel_finish(ret, e))
		return true;
	panel_free(ret);
	return false;
}
