/*
 * Which cells of two tables differ, where a key tells their rows apart: how many of each column, and some of them to
 * look at. The part of changes.c that looks into rows.
 */
#pragma once

#include "analysis/pair.h"
#include "json/read.h"
#include "json/write.h"

#define CHANGES_ANSWER_BYTES (4 * MIB) /* of the engine, to one statement */

struct changes_counted {
	const struct pair_column *column;
	int64_t rows; /* in which it differs */
};

/* One table, its rows before and now. */
struct comparing {
	struct ask *q;
	struct json_writer *w;
	struct pair p;
	enum import_mode mode;
	struct changes_counted *cells; /* most first, n_cells of them differ */
	size_t n_cells;
};

/* The error of a statement that would be too long; false. */
bool changes_too_long(struct err *e);

/* Fills cells. */
bool changes_count_cells(struct comparing *c, struct err *e);
/* Rows of the columns that change most: their key, then of each column whether it differs, old and new. Needs n_cells.
 */
bool changes_read_sample(struct comparing *c, json_t **ret, struct err *e);

/* "cells":[{"column","rows"}] */
void changes_write_cells(struct comparing *c);
/* What changes_read_sample read, as elements of an open array: {"key":[…],"column","old","new"}. */
void changes_write_sample(struct comparing *c, const json_t *rows);
