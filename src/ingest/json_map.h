/* What the one object of a file is, told by its beginning. */
#pragma once

#include "base/str.h"

/* json_turned.c: whether it lists the values of each column, and not the records. */
bool json_is_turned(struct str head);
/* head: the first bytes of the text, after a mark. *ret_has_key: a record has a member "key" of its own. */
bool json_is_map(struct str head, bool *ret_has_key);
