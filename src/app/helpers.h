/* What several commands need: a store connection, the organisation that is meant, common options, JSON output. */
#pragma once

#include "analysis/relations.h"
#include "app/command.h"
#include "db/pool.h"
#include "model/caller.h"
#include "model/dataset.h"

/* Options with one meaning everywhere. */
#define OPTION_ORG                                                                     \
	{                                                                              \
		.name = "org", .kind = OPTION_VALUE, .value = "NAME",                  \
		.help = "The organisation whose data are meant; the bank unless said." \
	}
#define OPTION_JSON                                                                      \
	{                                                                                \
		.name = "json", .kind = OPTION_FLAG, .help = "Print JSON, for programs." \
	}
#define OPTION_DATASET                                                                      \
	{                                                                                   \
		.name = "dataset", .kind = OPTION_VALUE, .value = "NAME", .required = true, \
		.help = "The data set, by name or id."                                      \
	}

/* A store connection for the length of a block, and what most commands look up first. */
struct command_scope {
	struct instance *inst;
	struct db *db;
	int64_t org;
	const char *org_name;
	struct caller caller; /* an administrator of that organisation */
};
/* To be initialised, because a command may end before it begins: COMMAND_SCOPE s = { 0 }; */
#define COMMAND_SCOPE CLEANUP(command_scope_end) struct command_scope
/* Takes a connection and finds the organisation of --org (the bank unless said). */
bool command_scope_begin(struct command *c, struct command_scope *ret, struct err *e);
void command_scope_end(struct command_scope *s);

/* The data set of --dataset, or of name when that is not NULL; it has a current version. */
bool command_dataset(struct command *c, struct command_scope *s, const char *name, struct dataset *ret, struct err *e);
/* One JSON value and a line end. */
bool command_print_json(struct command *c, const struct buf *b, struct err *e);
