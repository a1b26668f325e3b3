/* What a version changes (analysis/changes.h), for a terminal. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdio.h>

/* text: the JSON of changes_text; "null" prints nothing. */
bool changes_print(FILE *out, struct str text, struct err *e);
