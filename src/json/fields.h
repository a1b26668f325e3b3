/*
 * Field tables: one row a field of a JSON object; the rows parse and check a body into a struct, and
 * describe it in the OpenAPI document. A wrong value is ERR_VALUE (422) naming the field.
 */
#pragma once

#include "json/read.h"
#include "json/write.h"

#include <stddef.h>

enum json_type {
	JSON_FIELD_STR,  /* struct str: points into the parsed value, so keep that alive */
	JSON_FIELD_I64,  /* int64_t; a whole number */
	JSON_FIELD_ID,   /* int64_t; a string of decimal digits, as ids are in JSON */
	JSON_FIELD_F64,  /* double; finite */
	JSON_FIELD_BOOL, /* bool */
	JSON_FIELD_ANY,  /* json_t *, borrowed: an object, a list, or whatever the handler reads itself */
};

struct json_field {
	const char *name;
	enum json_type type;
	size_t offset; /* offsetof in the struct that is filled */
	bool required;
	int64_t min, max;          /* value of numbers, bytes of strings; both 0 = no bound (strings: 64 KiB) */
	const char *const *one_of; /* NULL-terminated list of allowed strings, or NULL */
	const char *doc;           /* one line, for OpenAPI */
};

struct json_table {
	const char *name; /* of the schema in OpenAPI */
	const struct json_field *fields;
	size_t n;
};

/*
 * Fills the struct at ret from object v. Fields that are absent or null stay as they are in *ret (so fill defaults
 * first). Refuses what is not an object, unknown keys, missing required ones, wrong types and values out of bounds.
 */
bool json_parse(const json_t *v, const struct json_table *t, void *ret, struct err *e);
/* The JSON Schema of the table. */
void json_schema(struct json_writer *w, const struct json_table *t);
