#include "engine/worker/cell.h"

#include <stdlib.h>

static const char *const names[] = {
	[DUCKDB_TYPE_BOOLEAN] = "BOOLEAN",
	[DUCKDB_TYPE_TINYINT] = "TINYINT",
	[DUCKDB_TYPE_SMALLINT] = "SMALLINT",
	[DUCKDB_TYPE_INTEGER] = "INTEGER",
	[DUCKDB_TYPE_BIGINT] = "BIGINT",
	[DUCKDB_TYPE_UTINYINT] = "UTINYINT",
	[DUCKDB_TYPE_USMALLINT] = "USMALLINT",
	[DUCKDB_TYPE_UINTEGER] = "UINTEGER",
	[DUCKDB_TYPE_UBIGINT] = "UBIGINT",
	[DUCKDB_TYPE_HUGEINT] = "HUGEINT",
	[DUCKDB_TYPE_UHUGEINT] = "UHUGEINT",
	[DUCKDB_TYPE_FLOAT] = "FLOAT",
	[DUCKDB_TYPE_DOUBLE] = "DOUBLE",
	[DUCKDB_TYPE_TIMESTAMP] = "TIMESTAMP",
	[DUCKDB_TYPE_TIMESTAMP_S] = "TIMESTAMP_S",
	[DUCKDB_TYPE_TIMESTAMP_MS] = "TIMESTAMP_MS",
	[DUCKDB_TYPE_TIMESTAMP_NS] = "TIMESTAMP_NS",
	[DUCKDB_TYPE_TIMESTAMP_TZ] = "TIMESTAMP WITH TIME ZONE",
	[DUCKDB_TYPE_DATE] = "DATE",
	[DUCKDB_TYPE_TIME] = "TIME",
	[DUCKDB_TYPE_TIME_TZ] = "TIME WITH TIME ZONE",
	[DUCKDB_TYPE_INTERVAL] = "INTERVAL",
	[DUCKDB_TYPE_VARCHAR] = "VARCHAR",
	[DUCKDB_TYPE_BLOB] = "BLOB",
	[DUCKDB_TYPE_UUID] = "UUID",
	[DUCKDB_TYPE_ENUM] = "ENUM",
	[DUCKDB_TYPE_MAP] = "MAP",
	[DUCKDB_TYPE_STRUCT] = "STRUCT",
	[DUCKDB_TYPE_DECIMAL] = "DECIMAL",
	[DUCKDB_TYPE_UNION] = "UNION",
	[DUCKDB_TYPE_BIT] = "BIT",
	[DUCKDB_TYPE_BIGNUM] = "BIGNUM",
	[DUCKDB_TYPE_SQLNULL] = "NULL",
};

static const char *plain_name(duckdb_type id)
{
	return (size_t)id < countof(names) && names[id] ? names[id] : "UNKNOWN";
}

static void struct_name(struct buf *b, duckdb_logical_type type)
{
	buf_adds(b, "STRUCT(");
	for (idx_t i = 0; i < duckdb_struct_type_child_count(type); i++) {
		char *name = duckdb_struct_type_child_name(type, i);
		duckdb_logical_type child = duckdb_struct_type_child_type(type, i);
		buf_addf(b, "%s\"%s\" ", i ? ", " : "", name);
		cell_type_name(b, child);
		duckdb_destroy_logical_type(&child);
		duckdb_free(name);
	}
	buf_addc(b, ')');
}

void cell_type_name(struct buf *b, duckdb_logical_type type)
{
	duckdb_type id = duckdb_get_type_id(type);
	duckdb_logical_type child;
	if (id == DUCKDB_TYPE_DECIMAL) {
		buf_addf(b, "DECIMAL(%d,%d)", duckdb_decimal_width(type), duckdb_decimal_scale(type));
	} else if (id == DUCKDB_TYPE_LIST) {
		child = duckdb_list_type_child_type(type);
		cell_type_name(b, child);
		buf_adds(b, "[]");
		duckdb_destroy_logical_type(&child);
	} else if (id == DUCKDB_TYPE_ARRAY) {
		child = duckdb_array_type_child_type(type);
		cell_type_name(b, child);
		buf_addf(b, "[%d]", (int)duckdb_array_type_array_size(type));
		duckdb_destroy_logical_type(&child);
	} else if (id == DUCKDB_TYPE_STRUCT) {
		struct_name(b, type);
	} else {
		buf_adds(b, plain_name(id));
	}
}

static bool unprintable(struct err *e, duckdb_type id, const char *name)
{
	return err_set(e, ERR_VALUE, "wrong_sql",
		       "Column %s is of type %s, which cannot be answered: cast it to VARCHAR.", name, plain_name(id));
}

static bool init_child(struct cell_type *t, size_t i, duckdb_logical_type child, const char *name, struct err *e)
{
	bool good = cell_type_init(&t->children[i], child, name, e);
	duckdb_destroy_logical_type(&child);
	return good;
}

static bool init_struct(struct cell_type *t, duckdb_logical_type type, const char *name, struct err *e)
{
	t->n_children = t->n_names = (size_t)duckdb_struct_type_child_count(type);
	t->children = mem_array(t->n_children, sizeof *t->children);
	t->names = mem_array(t->n_names, sizeof *t->names);
	bool good = true;
	for (size_t i = 0; i < t->n_children && good; i++) {
		char *child = duckdb_struct_type_child_name(type, i);
		t->names[i] = mem_strdup(child);
		duckdb_free(child);
		good = init_child(t, i, duckdb_struct_type_child_type(type, i), name, e);
	}
	return good;
}

/* A MAP's vector is a list of structures of a key and a value. */
static bool init_map(struct cell_type *t, duckdb_logical_type type, const char *name, struct err *e)
{
	t->n_children = 1;
	t->children = mem_zalloc(sizeof *t->children);
	struct cell_type *entry = t->children;
	entry->id = DUCKDB_TYPE_STRUCT;
	entry->n_children = entry->n_names = 2;
	entry->children = mem_array(2, sizeof *entry->children);
	entry->names = mem_array(2, sizeof *entry->names);
	entry->names[0] = mem_strdup("key");
	entry->names[1] = mem_strdup("value");
	return init_child(entry, 0, duckdb_map_type_key_type(type), name, e) &&
	       init_child(entry, 1, duckdb_map_type_value_type(type), name, e);
}

static void init_enum(struct cell_type *t, duckdb_logical_type type)
{
	t->storage = duckdb_enum_internal_type(type);
	t->n_names = duckdb_enum_dictionary_size(type);
	t->names = mem_array(t->n_names, sizeof *t->names);
	for (size_t i = 0; i < t->n_names; i++) {
		char *value = duckdb_enum_dictionary_value(type, i);
		t->names[i] = mem_strdup(value);
		duckdb_free(value);
	}
}

static bool init_nested(struct cell_type *t, duckdb_logical_type type, const char *name, struct err *e)
{
	if (t->id == DUCKDB_TYPE_STRUCT)
		return init_struct(t, type, name, e);
	if (t->id == DUCKDB_TYPE_MAP)
		return init_map(t, type, name, e);
	t->n_children = 1;
	t->children = mem_zalloc(sizeof *t->children);
	if (t->id == DUCKDB_TYPE_LIST)
		return init_child(t, 0, duckdb_list_type_child_type(type), name, e);
	t->array_size = duckdb_array_type_array_size(type);
	return init_child(t, 0, duckdb_array_type_child_type(type), name, e);
}

bool cell_type_init(struct cell_type *t, duckdb_logical_type type, const char *name, struct err *e)
{
	*t = (struct cell_type){ .id = duckdb_get_type_id(type) };
	switch ((int)t->id) {
	case DUCKDB_TYPE_DECIMAL:
		t->storage = duckdb_decimal_internal_type(type);
		t->scale = duckdb_decimal_scale(type);
		return true;
	case DUCKDB_TYPE_ENUM:
		init_enum(t, type);
		return true;
	case DUCKDB_TYPE_LIST:
	case DUCKDB_TYPE_ARRAY:
	case DUCKDB_TYPE_STRUCT:
	case DUCKDB_TYPE_MAP:
		if (init_nested(t, type, name, e))
			return true;
		cell_type_free(t);
		return false;
	case DUCKDB_TYPE_UNION:
	case DUCKDB_TYPE_BIT:
	case DUCKDB_TYPE_BIGNUM:
	case DUCKDB_TYPE_TIME_NS:
		return unprintable(e, t->id, name);
	default: /* DuckDB's enum, not ours */
		if ((size_t)t->id < countof(names) && names[t->id])
			return true;
		return unprintable(e, t->id, name);
	}
}

void cell_type_free(struct cell_type *t)
{
	for (size_t i = 0; t->children && i < t->n_children; i++)
		cell_type_free(&t->children[i]);
	for (size_t i = 0; t->names && i < t->n_names; i++)
		free(t->names[i]);
	free(t->children);
	free(t->names);
	*t = (struct cell_type){ 0 };
}

void cell_vector_init(struct cell_vector *v, const struct cell_type *t)
{
	*v = (struct cell_vector){ .type = t };
	if (!t->n_children)
		return;
	v->children = mem_array(t->n_children, sizeof *v->children);
	for (size_t i = 0; i < t->n_children; i++)
		cell_vector_init(&v->children[i], &t->children[i]);
}

void cell_vector_bind(struct cell_vector *v, duckdb_vector vector)
{
	v->data = duckdb_vector_get_data(vector);
	v->validity = duckdb_vector_get_validity(vector);
	switch ((int)v->type->id) {
	case DUCKDB_TYPE_LIST:
	case DUCKDB_TYPE_MAP:
		cell_vector_bind(&v->children[0], duckdb_list_vector_get_child(vector));
		break;
	case DUCKDB_TYPE_ARRAY:
		cell_vector_bind(&v->children[0], duckdb_array_vector_get_child(vector));
		break;
	case DUCKDB_TYPE_STRUCT:
		for (size_t i = 0; i < v->type->n_children; i++)
			cell_vector_bind(&v->children[i], duckdb_struct_vector_get_child(vector, i));
		break;
	default: /* no children */
		break;
	}
}

void cell_vector_free(struct cell_vector *v)
{
	for (size_t i = 0; v->children && i < v->type->n_children; i++)
		cell_vector_free(&v->children[i]);
	free(v->children);
	v->children = NULL;
}
