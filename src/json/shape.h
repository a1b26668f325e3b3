/*
 * The shape of what we answer, for the OpenAPI document: one line of text an object.
 *
 *	{ "Job", "id:id kind:text progress:number error:ErrorBody? result:any~ created_at:time" }
 *
 * A field is NAME:TYPE, TYPE one of id, text, number, integer, bool, time, any, the name of another shape, or a list of
 * one of these ("tables:[Table]"). "?" behind it: may be null; "~": may be absent. Answers may gain fields, so others
 * are not excluded.
 */
#pragma once

#include "base/err.h"
#include "json/write.h"

struct json_shape {
	const char *name, *fields;
};

/* The JSON Schema of one. */
void json_shape_schema(struct json_writer *w, const struct json_shape *s);
/* What a route answers: "Job", or "Page:Job" for a list of {"items":[…],"next":…,"total":…}. */
void json_shape_answer(struct json_writer *w, const char *answer);
/* Every name that shapes and answers refer to must be one of `all`; ERR_INTERNAL names the one that is not. */
bool json_shape_known(const struct json_shape *all, size_t n, const char *answer, struct err *e);
bool json_shapes_check(const struct json_shape *all, size_t n, struct err *e);
