/*
 * The files that a command line names, opened where it was typed, before the command runs here or in a server.
 */
#pragma once

#include "app/command.h"

struct command_files {
	int *fds; /* one an argument, in the arena; NULL when arguments are no files */
	size_t n;
	int input;       /* standard input for the command, else -1 */
	char *temporary; /* of ARGS_WRITE_FILE, in the arena */
	const char *target;
};

bool files_open(const struct command_line *l, struct arena *a, struct command_files *ret, struct err *e);
/* After the command: what was written gets its name when it succeeded, and vanishes when it did not. */
bool files_finish(struct command_files *f, bool succeeded, struct err *e);
