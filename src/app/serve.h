/* The server: everything that `vitrina serve` does between opening the folder and giving it back. */
#pragma once

#include "app/command.h"

bool command_serve(struct command *c, struct err *e);

/* From a command that the server runs: takes the folder made beside (datadir_new_path) instead of its own, and goes on.
 */
void serve_exchange(void);
