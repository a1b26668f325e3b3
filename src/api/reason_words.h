/* What the import says of a cell that could not be read, in the languages of the page: for files that are given out. */
#pragma once

#include "api/api.h"
#include "report/words.h"

enum reason_word {
	REASON_LEFT_OUT,
	REASON_LINE,
	REASON_COLUMN, /* the head of the column of reasons; see ingest/remarks.h */
	REASON_HEAD,   /* of the list of rejects as CSV */
	REASON_WORDS
};

/* The parameter `language`; English unless said. */
bool reason_language(struct request *q, enum language *ret, struct err *e);
/* A sentence that has no other text stays as it is. */
const char *reason_text(enum language l, const char *reason);
const char *reason_word(enum language l, enum reason_word w);

#define REASON_PARAM                                                                             \
	{                                                                                        \
		"language", ROUTE_PARAM_STR, "Of the reasons: en, ru, pl or mk; en unless said." \
	}
