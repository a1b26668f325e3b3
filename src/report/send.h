/* Reports into the outbox. A report is made once and sent to all its targets. */
#pragma once

#include "report/figure.h"

struct db;

#define SEND_MOST 200 /* targets at a time */

struct send_result {
	int64_t ids[SEND_MOST]; /* deliveries */
	struct target targets[SEND_MOST];
	size_t n;
};

/* cause: "now", "figure". To r->targets, or to these when some are given. Wakes the sender. */
MUST_CHECK bool report_send(struct instance *in, struct db *db, const struct report *r, int64_t user, const char *cause,
			    struct arena *a, struct send_result *ret, struct err *e);
/* A short message to one target, to see whether it arrives. */
MUST_CHECK bool target_test(struct instance *in, struct db *db, int64_t org, int64_t user, int64_t target,
			    enum language language, struct arena *a, int64_t *ret_id, struct err *e);
/* Takes one run of the clock whose time has come; *ret_found false when there is none. */
MUST_CHECK bool report_run_due(struct instance *in, struct db *db, bool *ret_found, struct err *e);
/* The figure's chart; ERR_VALUE when there is nothing to draw. */
MUST_CHECK bool figure_chart(const struct figure *f, struct buf *ret, struct err *e);
