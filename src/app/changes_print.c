#include "app/changes_print.h"

#include "analysis/changes.h"
#include "json/read.h"

static const char *text_of(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));
	return s ? s : "";
}

static void print_names(FILE *out, const char *what, const json_t *names)
{
	size_t i;
	const json_t *v;
	if (!json_array_size(names))
		return;
	fprintf(out, "  %s:", what);
	json_array_foreach (names, i, v)
		fprintf(out, "%s %s", i ? "," : "", json_string_value(v));
	fputc('\n', out);
}

static void print_count(FILE *out, const json_t *rows, const char *key, const char *before)
{
	const json_t *v = json_object_get(rows, key);
	if (json_is_integer(v))
		fprintf(out, "%s%lld %s", before, (long long)json_integer_value(v), key);
}

static void print_columns(FILE *out, const json_t *columns)
{
	size_t i;
	const json_t *v;
	print_names(out, "new columns", json_object_get(columns, "new"));
	print_names(out, "columns that go", json_object_get(columns, "gone"));
	json_array_foreach (json_object_get(columns, "types"), i, v)
		fprintf(out, "  %s: %s becomes %s\n", text_of(v, "column"), text_of(v, "from"), text_of(v, "to"));
}

static void print_cells(FILE *out, const json_t *table)
{
	size_t i, k;
	const json_t *v, *part;
	json_array_foreach (json_object_get(table, "cells"), i, v)
		fprintf(out, "  %s changes in %lld rows\n", text_of(v, "column"),
			(long long)json_integer_value(json_object_get(v, "rows")));
	json_array_foreach (json_object_get(table, "sample"), i, v) {
		fputs("   ", out);
		json_array_foreach (json_object_get(v, "key"), k, part)
			fprintf(out, " %s", json_is_string(part) ? json_string_value(part) : "");
		fprintf(out, " %s: \"%s\" -> \"%s\"\n", text_of(v, "column"), text_of(v, "old"), text_of(v, "new"));
	}
}

static void print_table(FILE *out, const json_t *t)
{
	const json_t *rows = json_object_get(t, "rows");
	long long known = (long long)json_integer_value(json_object_get(t, "known_keys"));
	fprintf(out, "\nchanges in %s: %lld rows become %lld", text_of(t, "table"),
		(long long)json_integer_value(json_object_get(rows, "before")),
		(long long)json_integer_value(json_object_get(rows, "after")));
	print_count(out, rows, "added", " (");
	print_count(out, rows, "changed", ", ");
	print_count(out, rows, "gone", ", ");
	print_count(out, rows, "unchanged", ", ");
	fputs(json_is_integer(json_object_get(rows, "added")) ? ")\n" : "\n", out);
	print_names(out, "told apart by", json_object_get(t, "key"));
	if (known)
		fprintf(out, "  %lld of the added rows have a key that is there already\n", known);
	print_columns(out, json_object_get(t, "columns"));
	print_names(out, "columns that the file does not have, blank in its rows", json_object_get(t, "missing"));
	print_cells(out, t);
}

bool changes_print(FILE *out, struct str text, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *all = NULL;
	size_t i;
	const json_t *t;
	if (str_is(text, "null"))
		return true;
	if (!json_read(text, CHANGES_BYTES, &all, e))
		return false;
	print_names(out, "new tables", json_object_get(all, "tables_new"));
	print_names(out, "tables that go", json_object_get(all, "tables_gone"));
	json_array_foreach (json_object_get(all, "tables"), i, t)
		print_table(out, t);
	return true;
}
