#include "ingest/csv.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLED_ROWS 500
#define SURE_SCORE 0.8 /* most rows have the usual number of cells, and the first one, too */

/* "sep=;" is Excel's own way to say it. */
static bool said_by_file(struct str text, struct csv_dialect *d)
{
	if (text.n < 6 || !str_ieq(str_n(text.p, 4), STR("sep=")))
		return false;
	size_t at = text.p[5] == '\r' && text.n > 6 && text.p[6] == '\n' ? 7 : 6;
	if (text.p[5] != '\n' && text.p[5] != '\r')
		return false;
	d->delimiter = text.p[4];
	d->prefix = at;
	d->consistency = 1;
	return true;
}

static size_t usual_width(const struct rows *rows, size_t n, size_t *ret_rows)
{
	size_t best = 0, best_rows = 0;
	for (size_t i = 0; i < n; i++) {
		size_t width = rows_width(rows, i), same = 0;
		if (width == best)
			continue;
		for (size_t k = 0; k < n; k++)
			same += rows_width(rows, k) == width;
		if (same > best_rows || (same == best_rows && width > best)) {
			best = width;
			best_rows = same;
		}
	}
	*ret_rows = best_rows;
	return best;
}

/* How much a delimiter makes a table of the sample: the share of its rows that have the usual number of cells counts,
 * then that the first row has it too, then how many cells there are. */
static double score(struct csv_dialect *d, struct str text)
{
	struct rows rows = { 0 };
	struct err ignored;
	double score = 0;
	if (csv_index(d, text, false, &rows, &ignored) && rows.n_rows) {
		size_t n = MIN(rows.n_rows, (size_t)SAMPLED_ROWS), usual_rows, several = 0;
		size_t usual = usual_width(&rows, n, &usual_rows);
		for (size_t i = 0; i < n; i++)
			several += rows_width(&rows, i) > 1;
		d->width = usual;
		d->consistency = (double)usual_rows / (double)n;
		score = usual > 1 ? d->consistency * (1 + 0.1 * log2((double)usual)) : 0;
		if (rows_width(&rows, 0) != usual)
			score *= 0.6;
		if (usual <= 1 || score < 0.3)
			score = 0.3 * (double)several / (double)n;
	}
	rows_free(&rows);
	return score;
}

/* What the lines end with. Within quotes a break belongs to a cell: Excel for Macintosh writes it as the other one. */
static char line_end_of(struct str text)
{
	size_t ends[2] = { 0, 0 };
	bool quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		quoted ^= c == '"';
		if (c == '\n')
			ends[0] += !quoted;
		else if (c == '\r' && !(i + 1 < text.n && text.p[i + 1] == '\n'))
			ends[1] += !quoted;
	}
	if (ends[0] != ends[1])
		return ends[0] > ends[1] ? '\n' : '\r';
	return memchr(text.p, '\n', text.n) || !memchr(text.p, '\r', text.n) ? '\n' : '\r';
}

struct csv_dialect csv_dialect_find(struct str text)
{
	/* Of two that do as well, the one that is rarer in texts: 1,5 and a,b have commas of their own. */
	static const char candidates[] = { '\t', '|', ';', ',' };
	char line_end = line_end_of(text);
	struct csv_dialect best = { .delimiter = ',', .line_end = line_end };
	double best_score = 0;
	if (said_by_file(text, &best))
		return best;
	for (size_t i = 0; i < countof(candidates); i++) {
		struct csv_dialect d = { .delimiter = candidates[i], .line_end = line_end };
		double s = score(&d, text);
		if (s > best_score) {
			best_score = s;
			best = d;
		}
	}
	/* What programs write and people do not: only where every record has as many, the first one, too. */
	static const char of_programs[] = { '~', '^', '\x01', '\x1f' };
	for (size_t i = 0; i < countof(of_programs); i++) {
		struct csv_dialect d = { .delimiter = of_programs[i], .line_end = line_end };
		double s = memchr(text.p, d.delimiter, text.n) ? score(&d, text) : 0;
		if (s > best_score && d.consistency == 1) {
			best_score = s;
			best = d;
		}
	}
	/* A delimiter that the first row has as often as the others is one, however things are aligned. */
	struct csv_dialect fixed = { .delimiter = ' ', .line_end = line_end };
	return best_score < SURE_SCORE && csv_fixed_find(text, &fixed) ? fixed : best;
}
