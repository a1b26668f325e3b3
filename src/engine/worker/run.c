#include "engine/worker/run.h"

#include "base/limits.h"
#include "engine/worker/duck.h"
#include "engine/worker/policy.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static bool bind_one(duckdb_prepared_statement stmt, idx_t i, const json_t *v, struct err *e)
{
	duckdb_state state = DuckDBError;
	switch (json_typeof(v)) {
	case JSON_NULL:
		state = duckdb_bind_null(stmt, i);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		state = duckdb_bind_boolean(stmt, i, json_is_true(v));
		break;
	case JSON_INTEGER:
		state = duckdb_bind_int64(stmt, i, json_integer_value(v));
		break;
	case JSON_REAL:
		state = duckdb_bind_double(stmt, i, json_real_value(v));
		break;
	case JSON_STRING:
		state = duckdb_bind_varchar_length(stmt, i, json_string_value(v), json_string_length(v));
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		return err_field(e, ERR_VALUE, "params",
				 "Parameter %" PRIu64 " is neither a string, a number, a "
				 "boolean nor null.",
				 i);
	}
	if (state != DuckDBSuccess)
		return err_field(e, ERR_VALUE, "params", "Parameter %" PRIu64 " could not be bound.", i);
	return true;
}

static bool bind_params(duckdb_prepared_statement stmt, const json_t *params, struct err *e)
{
	idx_t wanted = duckdb_nparams(stmt), given = json_array_size(params);
	if (wanted != given)
		return err_field(e, ERR_VALUE, "params",
				 "The query has %" PRIu64 " parameters, and %" PRIu64 " were given.", wanted, given);
	for (idx_t i = 0; i < given; i++)
		if (!bind_one(stmt, i + 1, json_array_get(params, i), e))
			return false;
	return true;
}

/* Prepares sql, which must be one statement of the wanted type; a SELECT is a stranger's and is looked over first. */
static bool prepare(duckdb_connection conn, const char *sql, duckdb_statement_type type, duckdb_prepared_statement *ret,
		    struct err *e)
{
	duckdb_extracted_statements all = NULL;
	duckdb_prepared_statement stmt = NULL;
	bool good = false;
	idx_t n = duckdb_extract_statements(conn, sql, &all);
	const char *why = n == 0 ? duckdb_extract_statements_error(all) : NULL;
	if (why && *why) {
		duck_text_error(e, why);
	} else if (n != 1) {
		err_field(e, ERR_VALUE, "sql", n ? "Only one statement can be run at a time." : "The query is empty.");
	} else if (type == DUCKDB_STATEMENT_TYPE_SELECT && !policy_check(conn, sql, e)) {
		good = false;
	} else if (duckdb_prepare_extracted_statement(conn, all, 0, &stmt) != DuckDBSuccess) {
		duck_text_error(e, stmt ? duckdb_prepare_error(stmt) : NULL);
	} else if (duckdb_prepared_statement_type(stmt) != type) {
		err_set(e, ERR_VALUE, "not_a_select",
			"Only a SELECT can be run: the data sets are read here, not changed.");
	} else {
		good = true;
	}
	if (good)
		*ret = stmt;
	else if (stmt)
		duckdb_destroy_prepare(&stmt);
	if (all)
		duckdb_destroy_extracted(&all);
	return good;
}

static bool stream(struct result *r, duckdb_result *result, const _Atomic bool *stopping, struct err *e)
{
	if (!result_begin(r, result, e))
		return false;
	while (!r->full) {
		if (atomic_load(stopping))
			return duck_error(e, DUCKDB_ERROR_INTERRUPT, NULL);
		duckdb_data_chunk chunk = duckdb_fetch_chunk(*result);
		bool last = !chunk || duckdb_data_chunk_get_size(chunk) == 0;
		bool good = last || result_chunk(r, chunk, e);
		if (chunk)
			duckdb_destroy_data_chunk(&chunk);
		const char *why = last ? duckdb_result_error(result) : NULL;
		if (why && *why)
			return duck_result_error(e, result);
		if (!good || last)
			return good;
	}
	return true;
}

static bool execute(duckdb_prepared_statement stmt, duckdb_result *ret, struct err *e)
{
	duckdb_pending_result pending = NULL;
	bool good = true;
	if (duckdb_pending_prepared_streaming(stmt, &pending) != DuckDBSuccess) {
		good = duck_text_error(e, pending ? duckdb_pending_error(pending) : NULL);
	} else if (duckdb_execute_pending(pending, ret) != DuckDBSuccess) {
		good = duck_result_error(e, ret);
		duckdb_destroy_result(ret);
	}
	duckdb_destroy_pending(&pending);
	return good;
}

static bool run_select(duckdb_prepared_statement stmt, struct result *r, const _Atomic bool *stopping, struct err *e)
{
	duckdb_result result;
	if (!execute(stmt, &result, e))
		return false;
	bool good = stream(r, &result, stopping, e) && result_end(r, e);
	duckdb_destroy_result(&result);
	return good;
}

/*
 * The rows as one Parquet file. The SELECT stood alone as one statement before, so its brackets balance and nothing
 * of it can end the brackets of COPY.
 */
static bool run_parquet(duckdb_connection conn, struct result *r, int out_fd, struct err *e)
{
	const struct query_spec *s = r->spec;
	struct str sql = str_trim(s->sql);
	while (sql.n && sql.p[sql.n - 1] == ';')
		sql = str_trim(str_n(sql.p, sql.n - 1));
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES + KIB);
	buf_adds(&b, "COPY (SELECT * FROM (\n");
	buf_add_str(&b, sql);
	buf_addf(&b,
		 "\n) LIMIT %" PRId64 ") TO '/proc/self/fd/%d' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
		 s->max_rows == INT64_MAX ? INT64_MAX : s->max_rows + 1, out_fd);
	duckdb_prepared_statement stmt = NULL;
	duckdb_result result;
	if (!prepare(conn, b.p, DUCKDB_STATEMENT_TYPE_COPY, &stmt, e))
		return false;
	bool good = bind_params(stmt, s->params, e);
	if (good) {
		good = duckdb_execute_prepared(stmt, &result) == DuckDBSuccess;
		if (!good)
			duck_result_error(e, &result);
		else
			r->rows = (int64_t)duckdb_rows_changed(&result);
		duckdb_destroy_result(&result);
	}
	duckdb_destroy_prepare(&stmt);
	if (good && r->rows > s->max_rows)
		return err_set(e, ERR_LIMIT, "too_many_rows", "The result has more than %" PRId64 " rows.",
			       s->max_rows);
	return good && result_end(r, e);
}

bool run_query(duckdb_connection conn, const struct query_spec *spec, int sock, int out_fd,
	       const _Atomic bool *stopping, const _Atomic int *stop, struct err *e)
{
	struct result r = { .spec = spec, .sock = sock, .wait = { .cancel = stopping } };
	duckdb_prepared_statement stmt = NULL;
	char *sql = mem_alloc(spec->sql.n + 1);
	memcpy(sql, spec->sql.p, spec->sql.n);
	sql[spec->sql.n] = '\0';
	bool good = prepare(conn, sql, DUCKDB_STATEMENT_TYPE_SELECT, &stmt, e) && bind_params(stmt, spec->params, e);
	if (good)
		good = spec->format == ENGINE_PARQUET ? run_parquet(conn, &r, out_fd, e)
						      : run_select(stmt, &r, stopping, e);
	duckdb_destroy_prepare(&stmt);
	result_free(&r);
	free(sql);
	if (!good && e->kind == ERR_CANCELLED && atomic_load(stop) == QUERY_TIMED_OUT)
		return err_set(e, ERR_LIMIT, "time_limit", "The query ran longer than %" PRId64 " seconds.",
			       spec->seconds);
	return good;
}
