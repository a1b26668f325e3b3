/* A report as JSON, in and out. For this layer only. */
#pragma once

#include "api/api.h"
#include "report/send.h"

extern const struct json_table report_new_table, report_change_table;

/* The body over what *r already says; texts live in the request. */
bool report_body_read(struct request *q, const struct json_table *t, struct report *r, struct err *e);
/* ?dataset=&year=&per=&top=&language= over what *r already says. */
bool report_query_read(struct request *q, struct report *r, struct err *e);
void report_json(struct json_writer *w, const struct report *r);
/* What a report is unless said. */
struct report report_default(int64_t org);

/*
 * For ?send=telegram of other routes: to the chats of the management, waiting a moment for how it goes. Needs
 * PERM_REPORT, and a page of this server for a caller with a cookie. *ret_sent have arrived, *ret_waiting are still on
 * their way.
 */
bool management_send(struct request *q, const struct report *r, size_t *ret_sent, size_t *ret_waiting, struct err *e);
