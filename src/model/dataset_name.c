#include "model/dataset.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Schemas that SQL or the engine has already, and ours for versions that are not current. */
static const char *const taken_schemas[] = { "main", "temp", "system", "pg_catalog", "information_schema", "_raw" };

bool dataset_name_check(struct str name, struct err *e)
{
	struct str t = str_trim(name);
	if (!t.n)
		return err_field(e, ERR_VALUE, "name", "A data set needs a name.");
	if (t.n > LIMIT_DATASET_NAME_BYTES)
		return err_field(e, ERR_VALUE, "name", "The name is longer than %d bytes.", LIMIT_DATASET_NAME_BYTES);
	if (!utf8_valid(t))
		return err_field(e, ERR_VALUE, "name", "The name is not valid UTF-8.");
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7f)
			return err_field(e, ERR_VALUE, "name", "The name holds a control character.");
	for (size_t i = 0; i < countof(taken_schemas); i++)
		if (str_ieq(t, str_of(taken_schemas[i])))
			return err_field(e, ERR_VALUE, "name", "\"%.*s\" is a name of SQL's own.", STR_ARG(t));
	if (t.n >= 9 && str_ieq(str_n(t.p, 9), STR("_version_")))
		return err_field(e, ERR_VALUE, "name", "Names beginning with _version_ are kept for the program.");
	return true;
}

/* Endings that say how a file is packed or written, and nothing of what is in it. */
static const char *const endings[] = { ".gz",   ".zip",    ".csv",   ".tsv",     ".tab",    ".txt",     ".xlsx",
				       ".xlsm", ".xls",    ".ods",   ".db",      ".sqlite", ".sqlite3", ".db3",
				       ".json", ".ndjson", ".jsonl", ".parquet", ".sql" };

static bool drop_ending(struct str *s)
{
	for (size_t i = 0; i < countof(endings); i++) {
		struct str end = str_of(endings[i]);
		if (s->n > end.n && str_ieq(str_n(s->p + s->n - end.n, end.n), end)) {
			s->n -= end.n;
			return true;
		}
	}
	return false;
}

char *dataset_name_from_file(struct arena *a, struct str file)
{
	for (size_t i = file.n; i > 0; i--)
		if (file.p[i - 1] == '/' || file.p[i - 1] == '\\') {
			file = str_n(file.p + i, file.n - i);
			break;
		}
	while (drop_ending(&file))
		;
	file = str_trim(file);
	if (file.n > LIMIT_DATASET_NAME_BYTES)
		file.n = LIMIT_DATASET_NAME_BYTES;
	file.n = utf8_valid_prefix(file);
	char *name = arena_strndup(a, file.p ? file.p : "", file.n);
	for (char *p = name; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '_';
	if (!name || !dataset_name_check(str_of(name), NULL))
		return arena_strdup(a, "data");
	return name;
}
