/* One command from its parsed line to its exit status, in whichever process it runs. */
#pragma once

#include "app/command.h"
#include "app/settings.h"

/* Runs it, writes "vitrina: …" to c->err when it fails, flushes. Returns the exit status. */
int command_execute(struct command *c);
/* One line for a failure. */
void command_complain(FILE *err, const struct err *e);

/* The whole program for argv (without its name): what main returns. */
int program_run(size_t argc, const char *const *argv);
