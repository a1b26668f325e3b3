/*
 * What is known of a column after one pass over it: counts, bounds, an estimate of its distinct values (HyperLogLog,
 * Flajolet et al. 2007, 2048 registers: about 2 %), and its smallest hashes (bottom-k, Cohen 2007), by which two
 * columns are compared. One struct a thread and column; stats_merge joins them.
 */
#pragma once

#include "ingest/types.h"

#define STATS_REGISTERS 2048
#define STATS_SKETCH 256
#define STATS_TEXT 200 /* bytes of a bound that are kept */
#define STATS_RECENT 256

struct column_stats {
	uint64_t non_null, misfits;
	uint64_t filled;                 /* cells with the value of the merged cell above */
	uint64_t missing, missing_words; /* cells with a word that stands for no value; bits: which (types.h) */
	union value min, max;
	char min_text[STATS_TEXT], max_text[STATS_TEXT];
	uint16_t min_n, max_n;
	uint8_t registers[STATS_REGISTERS];
	uint64_t recent[STATS_RECENT]; /* hashes seen lately: most values repeat */
	uint64_t sketch[2 * STATS_SKETCH];
	size_t n_sketch;
	uint64_t sketch_bound; /* hashes from here on are too large */
};

void stats_init(struct column_stats *s);
/* The caller counts non_null. */
void stats_add_text(struct column_stats *s, struct str text);
void stats_add_value(struct column_stats *s, enum value_type type, union value v);
void stats_merge(struct column_stats *into, const struct column_stats *from, enum value_type type);
uint64_t stats_distinct(const struct column_stats *s);
/* Sorts the sketch; at most STATS_SKETCH hashes, ascending. */
const uint64_t *stats_sketch(struct column_stats *s, size_t *ret_n);
