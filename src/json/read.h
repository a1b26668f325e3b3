/*
 * Reading JSON that strangers send: jansson parses, after a pass that bounds bytes and depth (jansson recurses).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/*
 * Parses s: at most max_bytes and LIMIT_JSON_DEPTH levels, duplicate keys refused. Any kind of value at
 * the top. ERR_MALFORMED with the line and column, ERR_TOO_LARGE. The caller does json_decref.
 */
bool json_read(struct str s, size_t max_bytes, json_t **ret, struct err *e);

/* For CLEANUP. */
void json_decrefp_(json_t **v);
