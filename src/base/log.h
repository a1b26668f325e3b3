/*
 * Log: logfmt, one line an event, to stderr. Never bodies, names, phones, tokens or other secrets.
 *
 *	struct log_line l;
 *	log_begin(&l, LOG_INFO, "import_done");
 *	log_id(&l, "dataset", id);
 *	log_i64(&l, "rows", rows);
 *	log_end(&l);
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

struct log_line {
	enum log_level level;
	size_t n;
	char text[1024];
};

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_level_parse(struct str s, enum log_level *ret);

void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, struct str value); /* quoted when it needs it */
void log_cstr(struct log_line *l, const char *key, const char *value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_id(struct log_line *l, const char *key, int64_t id);
void log_err(struct log_line *l, const struct err *e); /* code=… error="…" */
void log_end(struct log_line *l);
/* One event with one text. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
