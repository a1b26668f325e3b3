/* The server: everything that `vitrina serve` does between opening the folder and giving it back. */
#pragma once

#include "app/command.h"

bool command_serve(struct command *c, struct err *e);
