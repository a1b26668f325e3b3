/*
 * The store's form, in numbered steps: migrations/NNNN_name.sql, put into the program at build time.
 *
 * Each step runs once, in a transaction of its own, and is noted with its checksum in the table `migration`. A step
 * whose text changed after it ran, and a store that is newer than the program, are refused and nothing is touched.
 *
 * The text is SQL of the common subset; what differs is written in braces and replaced by the driver:
 *	{id}    the 63-bit primary key of a table: INTEGER PRIMARY KEY / BIGINT PRIMARY KEY
 *	{blob}  BLOB / BYTEA
 * Statements end with a semicolon at the end of a line. Comments begin with --.
 */
#pragma once

#include "db/db.h"

struct migration {
	int number; /* from 1, without gaps */
	const char *name;
	const char *sql;
};

/* The program's own, in order. */
extern const struct migration program_migrations[];
extern const size_t program_migrations_count;

/* Brings the store up to the last of list; *ret_applied (may be NULL) steps were run. */
MUST_CHECK bool db_migrate(struct db *db, const struct migration *list, size_t n, size_t *ret_applied, struct err *e);
