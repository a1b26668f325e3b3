/*
 * Figures: what a report shows. Made from one version of a data set; a table of texts ready to be read, and the points
 * of a chart. Everything is in the arena.
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "draw/chart.h"
#include "model/report.h"
#include "report/words.h"
#include "json/write.h"

struct db;

enum figure_kind { FIGURE_BY_AGE, FIGURE_TOTAL, FIGURE_TOP, FIGURE_STATISTICS, FIGURES };
const char *figure_name(enum figure_kind kind); /* "average_spending_by_age" … */
bool figure_parse(struct str s, enum figure_kind *ret);

#define FIGURE_COLUMNS 5
#define FIGURE_ROWS 300

struct figure {
	enum figure_kind kind;
	enum language language;
	const char *title, *note; /* note: data set, year, what is measured */
	size_t n_columns, n_rows;
	const char *columns[FIGURE_COLUMNS];
	bool numeric[FIGURE_COLUMNS];
	const char *(*rows)[FIGURE_COLUMNS];
	struct chart chart; /* n 0: there is nothing to draw */
	int64_t dataset, made_at;
};

/* Of what r asks for, in its language. ERR_VALUE: the figure is not known, or the data set does not say what it needs;
 * ERR_NOT_FOUND: there is no such data set. */
MUST_CHECK bool figure_make(struct instance *in, struct db *db, const struct report *r, struct arena *a,
			    struct figure *ret, struct err *e);

/* -- layout.c -- */

/* {"title","note","columns","rows","chart":{"kind","labels","values"},"made_at"} and more. */
void figure_json(struct json_writer *w, const struct figure *f);
/* Aligned columns. parts: bits of enum report_part. */
void figure_text(struct buf *b, const struct figure *f, int64_t parts);
void figure_telegram(struct buf *b, const struct figure *f, int64_t parts);
void figure_mail(struct buf *b, const struct figure *f, int64_t parts);
