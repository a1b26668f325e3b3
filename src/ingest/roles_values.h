/* What the values of a column look like, whatever its header says. */
#pragma once

#include "ingest/roles.h"
#include "ingest/roles_words.h"

/*
 * Whether values can be what a word says: 0 = they cannot (a text where a number is needed), 1 = they may, more = they
 * look like it. The header's score is multiplied by it.
 */
double values_fit(enum word word, const struct role_column *c);
/* What the values alone say, and how surely: an e-mail address needs no header. WORD_NONE when they say nothing. */
enum word values_speak(const struct role_column *c, double *ret_confidence);
/* Share of samples that hold several things behind , ; or |. */
double values_listed(const struct role_column *c);
/* Share of samples that are two or more capitalized words. */
double values_several_names(const struct role_column *c);
/* Share of samples that are numbers of orders: #1001. */
double values_numbered(const struct role_column *c);
bool values_unique(const struct role_column *c);
bool values_numeric(const struct role_column *c);
bool values_dates(const struct role_column *c);
