/*
 * The import mode from inside: one file, one process.
 *
 *	import.c	the conversation with the server, and the order of things
 *	import_copy.c	a table through DuckDB into Parquet
 *	import_report.c	rejects, and what was found, as JSON
 *
 * The main thread talks to the server and starts passes; DuckDB's threads pull blocks, convert them and write; the
 * watching thread reports progress and ends the process when the server is gone.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "engine/protocol.h"
#include "ingest/table.h"
#include "json/read.h"

#include <duckdb.h>
#include <pthread.h>
#include <stdatomic.h>

struct import_job {
	int control;
	pthread_mutex_t sending; /* frames of the two threads do not mix */
	json_t *options;         /* the payload of IMPORT */
	struct source *source;
	struct reader *reader;
	const char **texts;         /* of reader */
	_Atomic unsigned questions; /* odd while the main thread waits for an answer on the socket */
	_Atomic bool done;
	pthread_t watcher;
	bool watching;

	size_t notes_told;     /* of the reader's */
	struct table **tables; /* those that have columns */
	size_t n_tables;
	size_t n_columns; /* of all tables */

	duckdb_database db;
	duckdb_connection conn;
	struct table *table; /* the one being written */
	int64_t row_base;
	struct work **works; /* of the pass, one a thread; under works_lock */
	size_t n_works;
	pthread_mutex_t works_lock;
};

bool import_send(struct import_job *j, enum frame_type type, struct str payload, struct err *e);

bool import_copy_begin(struct import_job *j, struct err *e);
/* One pass over j->table into the descriptor, which it closes. */
bool import_copy_table(struct import_job *j, int output, struct err *e);

bool import_report_rejects(struct import_job *j, size_t table, struct err *e);
bool import_report_done(struct import_job *j, struct err *e);
