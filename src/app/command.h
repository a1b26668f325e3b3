/*
 * A command of the command line: what the tables say about it, and one invocation of it.
 *
 * A command that works on the data folder is written once. Without a server it runs in the process that was
 * started; while a server runs, the same function runs on a thread of the server, for the client that asked
 * through the control socket (app/control.h). So a command function touches only what its `struct command`
 * gives it: never stdin, stdout, the environment or the working directory of the process.
 *
 * The tables are constant; a `struct command` belongs to the thread that runs it.
 */
#pragma once

#include "analysis/instance.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>

struct command;
struct settings;

enum option_kind {
	OPTION_FLAG,  /* --json */
	OPTION_VALUE, /* --name NAME, once */
	OPTION_LIST,  /* --role COLUMN=ROLE, any number of times */
};

struct option_def {
	const char *name; /* without the dashes; one name has one kind in every command */
	enum option_kind kind;
	const char *value;   /* how the value is called in the help; NULL for a flag */
	const char *initial; /* the value when the option is absent; NULL = none */
	bool required;
	const char *const *one_of; /* NULL-terminated, or NULL */
	const char *help;
	bool setting; /* overrides the setting of this name ('-' for '_') */
};

enum command_args {
	ARGS_TEXT,       /* words */
	ARGS_READ_FILES, /* every word is a file; opened for reading where the command was typed */
	ARGS_WRITE_FILE, /* one file; written under another name and renamed when the command succeeded */
};

enum command_place {
	PLACE_FOLDER, /* needs the open data folder: here, or in the server that holds it */
	PLACE_HERE,   /* runs in this process and opens what it needs */
};

struct command_def {
	const char *name;      /* "user add" */
	const char *arg_names; /* "FILE...", for the synopsis; "" when it takes none */
	enum command_args args;
	size_t min_args, max_args;
	enum command_place place;
	bool also_in_server; /* a PLACE_HERE command that asks the server to do its part */
	bool makes_folder;   /* a PLACE_FOLDER command that makes the data folder when there is none */
	const struct option_def *options;
	size_t n_options;
	const char *stdin_option; /* with this option given, standard input belongs to the command; NULL = never, "" =
				     always */
	const char *summary;      /* one line */
	const char *description;  /* paragraphs divided by an empty line */
	const char *examples;     /* lines "command\n  what it does" */
	bool (*run)(struct command *c, struct err *e);
};

struct option_given {
	const struct option_def *def;
	const char *value; /* NULL for a flag */
};

/* A parsed command line. Strings point into argv. */
struct command_line {
	const struct command_def *def; /* NULL: only --help or --version, or nothing */
	bool help, version;
	size_t n_options, n_args;
	struct option_given *options;
	const char **args;
};

/* What the terminal of the one who typed can show. */
struct command_screen {
	bool out_tty, err_tty;
	int columns; /* 80 when unknown */
};

struct command {
	const struct command_line *line;
	const struct settings *settings;
	struct instance *inst; /* NULL for PLACE_HERE */
	struct command_screen screen;
	FILE *out, *err;
	int *files; /* one an argument with ARGS_READ_FILES and ARGS_WRITE_FILE */
	int input;  /* standard input when it belongs to the command, else -1 */
	uid_t uid;  /* of the one who typed, for the audit log */
	const _Atomic bool *cancel;
	struct arena *arena; /* freed after the command */
	bool in_server;
};

/* The options that every command takes: --data, --key-file, --help. */
extern const struct option_def command_common_options[];
extern const size_t command_common_options_n;

/* Value of an option: as given, or its initial value, or NULL. */
const char *command_option(const struct command_line *l, const char *name);
bool command_flag(const struct command_line *l, const char *name);
/* The i-th value of a list option; NULL when there are no more. */
const char *command_list(const struct command_line *l, const char *name, size_t i);
/* A whole number within bounds, ERR_USAGE otherwise; ret keeps its value when the option is absent. */
bool command_number(const struct command_line *l, const char *name, int64_t min, int64_t max, int64_t *ret,
		    struct err *e);
/* Reads the command's standard input to its end, at most max bytes. */
bool command_read_input(struct command *c, size_t max, struct buf *ret, struct err *e);
