#include "engine/worker/policy.h"

#include "base/str.h"
#include "engine/worker/duck.h"

#include <string.h>

static const char *const table_functions[] = {
	"range",
	"generate_series",
	"unnest",
	"repeat",
	"repeat_row",
	"json_each",
	"json_tree",
	"summary",
	"histogram",
	"histogram_values",
	"duckdb_columns",
	"duckdb_tables",
	"duckdb_schemas",
	"duckdb_functions",
	"duckdb_types",
	"duckdb_keywords",
	"pragma_table_info",
	"pragma_version",
	"icu_calendar_names",
	"pg_timezone_names",
};

static const char *const refused_functions[] = { "write_log", "getenv", "nextval", "currval" };

static bool listed(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(name, str_of(list[i])))
			return true;
	return false;
}

/*
 * Walks over the text of the serialized statement. Quotes inside its strings are escaped, so the marks found here are
 * keys of the tree; the first name after a TABLE_FUNCTION mark is that of the function itself.
 */
static bool check_tree(struct str tree, struct err *e)
{
	static const struct str table = STR("\"type\":\"TABLE_FUNCTION\""), function = STR("\"function_name\":\"");
	bool is_table = false;
	for (size_t at = 0; at < tree.n; at++) {
		struct str rest = str_n(tree.p + at, tree.n - at);
		if (rest.p[0] != '"')
			continue;
		if (str_starts(rest, table))
			is_table = true;
		if (!str_starts(rest, function))
			continue;
		struct str name = str_n(rest.p + function.n, rest.n - function.n);
		name.n = str_find(name, '"');
		bool good = is_table ? listed(table_functions, countof(table_functions), name)
				     : !listed(refused_functions, countof(refused_functions), name);
		if (!good)
			return err_set(e, ERR_VALUE, "not_allowed_in_sql",
				       "The function %.*s cannot be used: a query reads the data sets only.",
				       (int)MIN(name.n, (size_t)100), name.p);
		is_table = false;
	}
	return true;
}

static bool check_row(duckdb_data_chunk chunk, struct err *e)
{
	if (!chunk || duckdb_data_chunk_get_size(chunk) != 1)
		return err_set(e, ERR_VALUE, "wrong_sql", "The query could not be read.");
	duckdb_string_t *text = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
	struct str tree = str_n(duckdb_string_t_data(text), duckdb_string_t_length(*text));
	if (!str_starts(tree, STR("{\"error\":false")))
		return err_set(e, ERR_VALUE, "not_a_select",
			       "Only a SELECT can be run: the data sets are read here, not changed.");
	return check_tree(tree, e);
}

bool policy_check(duckdb_connection conn, const char *sql, struct err *e)
{
	duckdb_prepared_statement stmt = NULL;
	duckdb_result result;
	bool good = duckdb_prepare(conn, "SELECT json_serialize_sql(?::VARCHAR)", &stmt) == DuckDBSuccess &&
		    duckdb_bind_varchar(stmt, 1, sql) == DuckDBSuccess;
	if (!good) {
		duck_text_error(e, stmt ? duckdb_prepare_error(stmt) : NULL);
	} else if (duckdb_execute_prepared(stmt, &result) != DuckDBSuccess) {
		good = duck_result_error(e, &result);
		duckdb_destroy_result(&result);
	} else {
		duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
		good = check_row(chunk, e);
		duckdb_destroy_data_chunk(&chunk);
		duckdb_destroy_result(&result);
	}
	duckdb_destroy_prepare(&stmt);
	return good;
}
