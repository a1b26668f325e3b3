/*
 * Reports: a figure with a name, what of it is sent, where to, and when by itself. Belongs to an organisation.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/caller.h"
#include "model/page.h"
#include "model/target.h"

struct db;

#define REPORT_NAME_BYTES 100
#define REPORTS_MOST 500 /* of an organisation */
#define REPORT_TOP_MOST 100

enum report_part { REPORT_TEXT = 1, REPORT_TABLE = 2, REPORT_CHART = 4 };
#define REPORT_PARTS_ALL 7

struct report {
	int64_t id, org;
	const char *name, *figure, *language;
	int64_t dataset; /* 0 = the newest */
	int64_t year;    /* 0 = all */
	bool per_customer;
	int64_t top;                 /* how many of a ranking */
	int64_t parts;               /* bits of enum report_part */
	const char *schedule, *zone; /* "" = by hand only */
	int64_t next_run, last_run;  /* 0 = none */
	const char *last_error,
		*last_error_code; /* the sentence, and its code (base/err.h); "" = the last run went well */
	int64_t created_at;
	const int64_t *targets;
	size_t n_targets;
};

/* Checks every field but the figure and the data set, which are the business of who makes figures; names the field. */
MUST_CHECK bool report_check(const struct report *r, struct err *e);
/* Fills *ret_id. Targets of another organisation are not found. */
MUST_CHECK bool report_create(struct db *db, const struct caller *by, const struct report *r, int64_t *ret_id,
			      struct err *e);
/* Everything but the id is replaced; the next run is computed anew. */
MUST_CHECK bool report_change(struct db *db, const struct caller *by, const struct report *r, struct err *e);
MUST_CHECK bool report_delete(struct db *db, const struct caller *by, int64_t id, struct err *e);
/* By name in any case, or by id. */
MUST_CHECK bool report_find(struct db *db, int64_t org, struct str name, struct arena *a, struct report *ret,
			    struct err *e);
MUST_CHECK bool report_list(struct db *db, int64_t org, struct page *page, struct arena *a, struct report **ret,
			    struct err *e);

/* -- for the clock -- */

/* One whose time has come, the longest overdue first; *ret_found false when there is none. */
MUST_CHECK bool report_due(struct db *db, int64_t now, struct arena *a, struct report *ret, bool *ret_found,
			   struct err *e);
/* When the next one is due; INT64_MAX = none. */
MUST_CHECK bool report_next_due(struct db *db, int64_t *ret, struct err *e);
/*
 * Takes the run that r->next_run stands for, and sets the next one after `now`: whatever was missed in between is this
 * one run. *ret_mine false: somebody else took it or changed the report. In the transaction that queues its messages.
 */
MUST_CHECK bool report_take_run(struct db *db, const struct report *r, int64_t now, const struct err *failed,
				bool *ret_mine, struct err *e);
