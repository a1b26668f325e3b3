/* What columns mean and what they are called, as a body says it. */
#include "api/warehouse.h"

#include "base/limits.h"

struct roles_body {
	json_t *roles;
};
static const struct json_field roles_fields[] = {
	{ .name = "roles",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct roles_body, roles),
	  .required = true,
	  .doc = "[{\"table\",\"column\",\"role\"}], or {\"[table.]column\": role}; role null = none" },
};
const struct json_table roles_body_table = { "ColumnRoles", roles_fields, countof(roles_fields) };

struct role_body {
	struct str table, column, role;
};
static const struct json_field role_fields[] = {
	{ "table", JSON_FIELD_STR, offsetof(struct role_body, table), false, 0, 1024, NULL,
	  "Empty = every table that has it." },
	{ "column", JSON_FIELD_STR, offsetof(struct role_body, column), true, 1, 8192, NULL, NULL },
	{ "role", JSON_FIELD_STR, offsetof(struct role_body, role), false, 0, 100, NULL, NULL },
};
static const struct json_table role_table = { "ColumnRole", role_fields, countof(role_fields) };

static bool role_of_object(struct arena *a, const json_t *v, struct import_role *ret, struct err *e)
{
	struct role_body b = { 0 };
	if (!json_parse(v, &role_table, &b, e))
		return false;
	*ret = (struct import_role){ .table = b.table.n ? arena_strndup(a, b.table.p, b.table.n) : NULL,
				     .column = arena_strndup(a, b.column.p, b.column.n),
				     .role = arena_strndup(a, b.role.p ? b.role.p : "", b.role.n) };
	return true;
}

/* "table.column" or "column": what it is, is found out where the tables are known. */
static bool role_of_pair(struct arena *a, const char *key, const json_t *v, struct import_role *ret, struct err *e)
{
	const char *dot = strchr(key, '.');
	bool split = dot && dot != key && dot[1];
	if (!json_is_string(v) && !json_is_null(v))
		return err_field(e, ERR_VALUE, key, "A role is a string, or null for none.");
	*ret = (struct import_role){ .table = split ? arena_strndup(a, key, (size_t)(dot - key)) : NULL,
				     .column = arena_strdup(a, split ? dot + 1 : key),
				     .role = arena_strdup(a, json_is_string(v) ? json_string_value(v) : "") };
	return true;
}

bool roles_read(struct request *q, struct import_role **ret, size_t *ret_n, struct err *e)
{
	struct arena *a = request_arena(q);
	struct roles_body body = { 0 };
	if (!request_json(q, &roles_body_table, &body, e))
		return false;
	size_t n = json_is_array(body.roles) ? json_array_size(body.roles) : json_object_size(body.roles), i = 0;
	if (!n || n > LIMIT_COLUMNS)
		return err_field(e, ERR_VALUE, "roles", "There are 1 to %d roles to give.", LIMIT_COLUMNS);
	struct import_role *roles = arena_array(a, n, sizeof *roles);
	json_t *v;
	const char *key;
	size_t at;
	if (!roles)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
	json_array_foreach (body.roles, at, v)
		if (!role_of_object(a, v, &roles[i++], e))
			return false;
	json_object_foreach (body.roles, key, v)
		if (!role_of_pair(a, key, v, &roles[i++], e))
			return false;
	if (a->failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
	*ret = roles;
	*ret_n = n;
	return true;
}

/* -- names -- */

struct names_body {
	json_t *columns;
};
static const struct json_field names_fields[] = {
	{ .name = "columns",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct names_body, columns),
	  .required = true,
	  .doc = "[{\"table\",\"column\",\"name\"}]: what each is called from now on; the next file's column is found "
		 "by "
		 "its old name too." },
};
const struct json_table names_body_table = { "ColumnNames", names_fields, countof(names_fields) };

struct name_body {
	struct str table, column, name;
};
static const struct json_field name_fields[] = {
	{ "table", JSON_FIELD_STR, offsetof(struct name_body, table), false, 0, 1024, NULL,
	  "Empty = every table that has it." },
	{ "column", JSON_FIELD_STR, offsetof(struct name_body, column), true, 1, 8192, NULL, NULL },
	{ "name", JSON_FIELD_STR, offsetof(struct name_body, name), true, 0, 8192, NULL, NULL },
};
static const struct json_table name_table = { "ColumnName", name_fields, countof(name_fields) };

bool names_read(struct request *q, struct column_rename **ret, size_t *ret_n, struct err *e)
{
	struct arena *a = request_arena(q);
	struct names_body body = { 0 };
	if (!request_json(q, &names_body_table, &body, e))
		return false;
	size_t n = json_array_size(body.columns), i;
	if (!n || n > LIMIT_COLUMNS)
		return err_field(e, ERR_VALUE, "columns", "There are 1 to %d columns to rename.", LIMIT_COLUMNS);
	struct column_rename *names = arena_array(a, n, sizeof *names);
	json_t *v;
	json_array_foreach (body.columns, i, v) {
		struct name_body b = { 0 };
		if (!names || !json_parse(v, &name_table, &b, e))
			return names ? false : err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
		names[i] = (struct column_rename){ .table = b.table.n ? arena_strndup(a, b.table.p, b.table.n) : NULL,
						   .column = arena_strndup(a, b.column.p, b.column.n),
						   .name = arena_strndup(a, b.name.p, b.name.n) };
	}
	if (a->failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many columns.");
	*ret = names;
	*ret_n = n;
	return true;
}
