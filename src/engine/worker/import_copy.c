/*
 * COPY (SELECT * FROM vitrina_rows()) TO '/proc/self/fd/N': DuckDB's threads call fill_chunk, each with its own struct
 * work, and write row groups as they are full. The descriptor is the end of a pipe, so nothing piles up here: the
 * server seals what comes out. _row, the first column, keeps the order of the file, which the row groups do not.
 */
#include "engine/worker/import_job.h"

#include "base/limits.h"
#include "engine/worker/duck.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(sizeof(struct ingest_string) == sizeof(duckdb_string_t), "texts are handed to DuckDB in place");

struct pull {
	struct work *work;
	struct column_out *out;
	uint64_t *valid; /* one bitmap a column */
	size_t words;    /* of a bitmap */
};

static duckdb_logical_type logical_type(const struct column_type *t)
{
	switch (t->type) {
	case TYPE_BOOLEAN:
		return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
	case TYPE_BIGINT:
		return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
	case TYPE_DECIMAL:
		return duckdb_create_decimal_type(18, t->scale);
	case TYPE_WIDE:
		return duckdb_create_decimal_type(NUMBER_DIGITS, t->scale);
	case TYPE_DOUBLE:
		return duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
	case TYPE_DATE:
		return duckdb_create_logical_type(DUCKDB_TYPE_DATE);
	case TYPE_TIMESTAMP:
		return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
	case TYPE_TIME:
		return duckdb_create_logical_type(DUCKDB_TYPE_TIME);
	case TYPE_VARCHAR:
		break;
	}
	return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
}

static void add_column(duckdb_bind_info info, const char *name, const struct column_type *t)
{
	duckdb_logical_type type = logical_type(t);
	duckdb_bind_add_result_column(info, name, type);
	duckdb_destroy_logical_type(&type);
}

static void bind_rows(duckdb_bind_info info)
{
	struct import_job *j = duckdb_bind_get_extra_info(info);
	const struct column_type whole = { .type = TYPE_BIGINT };
	add_column(info, "_row", &whole);
	for (size_t i = 0; i < j->table->n_columns; i++)
		add_column(info, j->table->columns[i].name, &j->table->columns[i].type);
}

static void init_rows(duckdb_init_info info)
{
	duckdb_init_set_max_threads(info, (idx_t)worker_config()->threads);
}

static void free_pull(void *p)
{
	struct pull *pull = p;
	free(pull->out);
	free(pull->valid);
	free(pull);
}

/* The work itself is freed after the pass, so that what it counted is there when the pass is judged. */
static void init_thread(duckdb_init_info info)
{
	struct import_job *j = duckdb_init_get_extra_info(info);
	struct pull *p = mem_zalloc(sizeof *p);
	size_t n = j->table->n_columns;
	p->work = work_new(j->table);
	p->words = (duckdb_vector_size() + 63) / 64;
	p->out = mem_array(n + 1, sizeof *p->out);
	p->valid = mem_array((n + 1) * p->words, sizeof *p->valid);
	pthread_mutex_lock(&j->works_lock);
	j->works = mem_realloc(j->works, (j->n_works + 1) * sizeof *j->works);
	j->works[j->n_works++] = p->work;
	pthread_mutex_unlock(&j->works_lock);
	duckdb_init_set_init_data(info, p, free_pull);
}

static void set_validity(duckdb_vector v, const uint64_t *valid, size_t words)
{
	bool all = true;
	for (size_t i = 0; i < words; i++)
		all = all && valid[i] == UINT64_MAX;
	if (all)
		return;
	duckdb_vector_ensure_validity_writable(v);
	memcpy(duckdb_vector_get_validity(v), valid, words * sizeof *valid);
}

static void fill_chunk(duckdb_function_info info, duckdb_data_chunk chunk)
{
	struct import_job *j = duckdb_function_get_extra_info(info);
	struct pull *p = duckdb_function_get_local_init_data(info);
	size_t columns = j->table->n_columns, n = 0;
	uint64_t row = 0;
	struct err e = { 0 };
	/* Known to be of no use: the pass ends here, and another follows. */
	if (atomic_load(&j->table->contradicted)) {
		duckdb_data_chunk_set_size(chunk, 0);
		return;
	}
	memset(p->valid, 0xff, columns * p->words * sizeof *p->valid);
	for (size_t i = 0; i < columns; i++) {
		p->out[i].data = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, i + 1));
		p->out[i].valid = p->valid + i * p->words;
	}
	if (!work_fill(p->work, duckdb_vector_size(), p->out, &n, &row, &e)) {
		duckdb_function_set_error(info, e.message);
		return;
	}
	int64_t *rows = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
	for (size_t i = 0; i < n; i++)
		rows[i] = j->row_base + (int64_t)work_number(p->work, i);
	for (size_t i = 0; i < columns; i++)
		set_validity(duckdb_data_chunk_get_vector(chunk, i + 1), p->out[i].valid, p->words);
	duckdb_data_chunk_set_size(chunk, n);
}

bool import_copy_begin(struct import_job *j, struct err *e)
{
	if (!duck_open_unordered(worker_config(), &j->db, e))
		return false;
	if (duckdb_connect(j->db, &j->conn) != DuckDBSuccess)
		return err_set(e, ERR_INTERNAL, NULL, "DuckDB does not connect");
	duckdb_table_function f = duckdb_create_table_function();
	duckdb_table_function_set_name(f, "vitrina_rows");
	duckdb_table_function_set_extra_info(f, j, NULL);
	duckdb_table_function_set_bind(f, bind_rows);
	duckdb_table_function_set_init(f, init_rows);
	duckdb_table_function_set_local_init(f, init_thread);
	duckdb_table_function_set_function(f, fill_chunk);
	bool ok = duckdb_register_table_function(j->conn, f) == DuckDBSuccess;
	duckdb_destroy_table_function(&f);
	return ok || err_set(e, ERR_INTERNAL, NULL, "DuckDB does not take the table function");
}

static void free_works(struct import_job *j)
{
	for (size_t i = 0; i < j->n_works; i++)
		work_free(j->works[i]);
	free(j->works);
	j->works = NULL;
	j->n_works = 0;
}

/* The table's own failure is the reason; DuckDB only passes it on. */
static bool copy_error(struct import_job *j, duckdb_result *r, struct err *e)
{
	if (j->table->failed) {
		*e = j->table->failure;
		return false;
	}
	duck_result_error(e, r);
	if (e->kind == ERR_LIMIT)
		return err_set(e, ERR_LIMIT, "memory_limit", "Reading the file needs more memory than it may use.");
	return err_set(e, ERR_UNAVAILABLE, "engine_failed", "The table could not be written.");
}

bool import_copy_table(struct import_job *j, int output, struct err *e)
{
	char sql[200];
	duckdb_result r;
	snprintf(sql, sizeof sql,
		 "COPY (SELECT * FROM vitrina_rows()) TO '/proc/self/fd/%d' (FORMAT parquet, COMPRESSION zstd, "
		 "COMPRESSION_LEVEL 1, USE_TMP_FILE false)",
		 output);
	bool ok = duckdb_query(j->conn, sql, &r) == DuckDBSuccess;
	if (!ok)
		copy_error(j, &r, e);
	duckdb_destroy_result(&r);
	free_works(j);
	fd_close(&output);
	return ok;
}
