/* The beginnings of the statements of a dump that hold tables and rows. */
#pragma once

#include "ingest/sql_lex.h"

enum sql_kind { SQL_PLAIN, SQL_BOOLEAN, SQL_BINARY };

struct sql_column {
	char *name;
	enum sql_kind kind;
};

/* What a statement says of its table. */
struct sql_head {
	struct buf schema, table; /* as written; schema may be empty */
	struct sql_column *columns;
	size_t n_columns;
	size_t cap;
	bool unreadable; /* COPY in another format than the text of pg_dump */
};

void sql_head_init(struct sql_head *h);
void sql_head_free(struct sql_head *h);

/* Each: the place after it, SQL_MORE, or SQL_NONE when the statement is another one. */
/* CREATE TABLE …, up to the end of its list of columns. */
size_t sql_head_create(const struct sql_text *t, size_t at, struct sql_head *ret);
/* INSERT or REPLACE, up to the bracket of the first row. */
size_t sql_head_insert(const struct sql_text *t, size_t at, struct sql_head *ret);
/* COPY … FROM stdin; up to the first line of rows. */
size_t sql_head_copy(const struct sql_text *t, size_t at, struct sql_head *ret);
