#include "json/fields.h"

#include "base/ids.h"
#include "base/limits.h"

#include <inttypes.h>
#include <math.h>

static const struct json_field *find(const struct json_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	}
	return NULL;
}

static bool wrong_type(const struct json_field *f, const char *wanted, struct err *e)
{
	return err_field(e, ERR_VALUE, f->name, "“%s” must be %s.", f->name, wanted);
}

static bool set_str(const struct json_field *f, const json_t *v, struct str *ret, struct err *e)
{
	if (!json_is_string(v))
		return wrong_type(f, "a text", e);
	struct str s = str_n(json_string_value(v), json_string_length(v));
	size_t least = f->min > 0 ? (size_t)f->min : 0;
	size_t most = f->max > 0 ? (size_t)f->max : 64 * KIB;
	if (s.n < least && s.n == 0)
		return err_field(e, ERR_VALUE, f->name, "“%s” must not be empty.", f->name);
	if (s.n < least)
		return err_field(e, ERR_VALUE, f->name, "“%s” must have at least %zu characters.", f->name, least);
	if (s.n > most)
		return err_field(e, ERR_VALUE, f->name, "“%s” must have at most %zu bytes.", f->name, most);
	if (memchr(s.p, 0, s.n))
		return err_field(e, ERR_VALUE, f->name, "“%s” must not hold a NUL character.", f->name);
	if (f->one_of) {
		bool known = false;
		for (size_t i = 0; f->one_of[i]; i++)
			known = known || str_is(s, f->one_of[i]);
		if (!known)
			return err_field(e, ERR_VALUE, f->name, "“%s” cannot be “%.*s”.", f->name,
					 (int)MIN(s.n, (size_t)60), s.p);
	}
	*ret = s;
	return true;
}

static bool in_bounds(const struct json_field *f, double v, struct err *e)
{
	if ((f->min || f->max) && (v < (double)f->min || v > (double)f->max))
		return err_field(e, ERR_VALUE, f->name, "“%s” must be between %" PRId64 " and %" PRId64 ".", f->name,
				 f->min, f->max);
	return true;
}

static bool set_field(const struct json_field *f, json_t *v, void *at, struct err *e)
{
	switch (f->type) {
	case JSON_FIELD_STR:
		return set_str(f, v, at, e);
	case JSON_FIELD_I64:
		if (!json_is_integer(v))
			return wrong_type(f, "a whole number", e);
		if (!in_bounds(f, (double)json_integer_value(v), e))
			return false;
		*(int64_t *)at = json_integer_value(v);
		return true;
	case JSON_FIELD_ID:
		if (!json_is_string(v) || !id_parse(str_of(json_string_value(v)), at))
			return wrong_type(f, "an identifier in quotes", e);
		return true;
	case JSON_FIELD_F64:
		if (!json_is_number(v) || !isfinite(json_number_value(v)))
			return wrong_type(f, "a number", e);
		if (!in_bounds(f, json_number_value(v), e))
			return false;
		*(double *)at = json_number_value(v);
		return true;
	case JSON_FIELD_BOOL:
		if (!json_is_boolean(v))
			return wrong_type(f, "true or false", e);
		*(bool *)at = json_boolean_value(v);
		return true;
	case JSON_FIELD_ANY:
		*(json_t **)at = v;
		return true;
	}
	return err_set(e, ERR_INTERNAL, NULL, "field table of %s has an unknown type", f->name);
}

bool json_parse(const json_t *v, const struct json_table *t, void *ret, struct err *e)
{
	const char *key;
	json_t *value;
	if (!json_is_object(v))
		return err_set(e, ERR_VALUE, "not_an_object", "The body must be a JSON object.");
	json_object_foreach ((json_t *)v, key, value) {
		if (!find(t, key))
			return err_field(e, ERR_VALUE, key, "“%.60s” is not a field here.", key);
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct json_field *f = &t->fields[i];
		value = json_object_get(v, f->name);
		if (!value || json_is_null(value)) {
			if (f->required)
				return err_field(e, ERR_VALUE, f->name, "“%s” is missing.", f->name);
			continue;
		}
		if (!set_field(f, value, (char *)ret + f->offset, e))
			return false;
	}
	return true;
}

static void schema_of(struct json_writer *w, const struct json_field *f)
{
	static const char *const types[] = {
		[JSON_FIELD_STR] = "string", [JSON_FIELD_I64] = "integer",  [JSON_FIELD_ID] = "string",
		[JSON_FIELD_F64] = "number", [JSON_FIELD_BOOL] = "boolean", [JSON_FIELD_ANY] = NULL,
	};
	jw_open(w, '{');
	if (types[f->type])
		jw_kv_cstr(w, "type", types[f->type]);
	if (f->type == JSON_FIELD_ID)
		jw_kv_cstr(w, "pattern", "^[0-9]+$");
	bool is_text = f->type == JSON_FIELD_STR;
	if (f->min || (f->max && !is_text))
		jw_kv_i64(w, is_text ? "minLength" : "minimum", f->min);
	if (f->max)
		jw_kv_i64(w, is_text ? "maxLength" : "maximum", f->max);
	if (f->one_of) {
		jw_key(w, "enum");
		jw_open(w, '[');
		for (size_t i = 0; f->one_of[i]; i++)
			jw_cstr(w, f->one_of[i]);
		jw_close(w, ']');
	}
	if (f->doc)
		jw_kv_cstr(w, "description", f->doc);
	jw_close(w, '}');
}

void json_schema(struct json_writer *w, const struct json_table *t)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "type", "object");
	jw_key(w, "properties");
	jw_open(w, '{');
	for (size_t i = 0; i < t->n; i++) {
		jw_key(w, t->fields[i].name);
		schema_of(w, &t->fields[i]);
	}
	jw_close(w, '}');
	jw_key(w, "required");
	jw_open(w, '[');
	for (size_t i = 0; i < t->n; i++) {
		if (t->fields[i].required)
			jw_cstr(w, t->fields[i].name);
	}
	jw_close(w, ']');
	jw_kv_bool(w, "additionalProperties", false);
	jw_close(w, '}');
}
