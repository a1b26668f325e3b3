/*
 * The command line: one table of commands (commands.c), a parser over it, and the help made from it.
 *
 * Options may stand anywhere and are written `--name value` or `--name=value`; `--` ends them.
 * Parsing keeps no state, so any thread may parse.
 */
#pragma once

#include "app/command.h"

/* The table, in the order of the help. */
extern const struct command_def *const cli_commands[];
extern const size_t cli_commands_n;

/* Parses argv (without the program's name) into *ret, with memory of the arena. ERR_USAGE with a suggestion. */
bool cli_parse(struct arena *a, size_t argc, const char *const *argv, struct command_line *ret, struct err *e);

/* Synopsis, description, options, examples, exit status; def NULL = of the program. */
void cli_help(FILE *out, const struct command_def *def);

/* The candidate nearest to word, or NULL when none is near enough to be meant. */
const char *cli_nearest(const char *word, const char *const *candidates, size_t n);
