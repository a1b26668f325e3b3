/*
 * A saved model as a file: what a training gives (analysis/forecast_model.h), "format" and "checksum".
 *
 * The checksum is of the values, whatever their order and blanks and however a program writes its numbers: SHA-256 over
 * the tree, each value a letter and its bytes, objects by the names of their members, every number an IEEE double. It
 * finds what was damaged or changed on the way; a file written by hand may leave it out.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define FORECAST_FILE_FORMAT 1

/* body: a training's JSON. */
MUST_CHECK bool forecast_file_write(struct str body, struct buf *ret, struct err *e);
/*
 * Everything that is told of a model is there, of the right type and size; the checksum holds. ERR_VALUE naming the
 * member; codes model_format, model_altered. Takes "format" and "checksum" out of body.
 */
MUST_CHECK bool forecast_file_check(json_t *body, struct err *e);
