/* Who made, checked and signed a form: rows below its table, which are none of it. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

#define SIGNED_CELLS 5 /* of such a row, at most */

/* Of a cell of the row, and of the row's first one (or an empty text): "________", "Директор", "Prepared by: …". */
bool text_signs(struct str first, struct str cell);
