/*
 * What a Parquet file says of itself at its end, gone through before a database is given the file: every list and text
 * must lie within the bytes that are there, and what is promised (rows, row groups, columns, nesting, unpacked bytes)
 * within the limits. Values are not looked at. Written from the format's own description (parquet.thrift, and Thrift's
 * compact protocol).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct parquet_footer {
	uint64_t rows, unpacked; /* unpacked: bytes of all pages, as the file says */
	uint32_t row_groups;
	uint32_t columns; /* leaves: what holds values */
};

/* file: all bytes. ERR_VALUE: truncated, damaged, encrypted, parts_elsewhere; ERR_LIMIT: which one the message says. */
bool parquet_footer_check(struct str file, struct parquet_footer *ret, struct err *e);
