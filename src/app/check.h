/* Reading and authenticating everything that a data folder holds. */
#pragma once

#include "app/command.h"

struct check_counts {
	size_t segments, damaged;
};

/* Each damaged page and segment is a line on the command's output. False only when the check itself could not run. */
bool check_instance(struct command *c, struct instance *in, struct check_counts *ret, struct err *e);
