/* Whether the one object of a file is a map from numbers to records. */
#pragma once

#include "base/str.h"

/* head: the first bytes of the text, after a mark. *ret_has_key: a record has a member "key" of its own. */
bool json_is_map(struct str head, bool *ret_has_key);
