#include "json/shape.h"

#include "base/buf.h"

#include <string.h>

#define PAGE "Page:"

struct field {
	struct str name, type;
	bool list, null, absent;
};

static const struct {
	const char *name, *type, *format;
} plain[] = {
	{ "id", "string", NULL },       { "text", "string", NULL },  { "number", "number", NULL },
	{ "integer", "integer", NULL }, { "bool", "boolean", NULL }, { "time", "string", "date-time" },
};

static bool next_field(struct str *rest, struct field *ret)
{
	struct str word = { 0 };
	while (word.n == 0)
		if (!rest->p || !rest->n || !str_split(rest, ' ', &word))
			return false;
	size_t colon = str_find(word, ':');
	struct str type = colon < word.n ? str_n(word.p + colon + 1, word.n - colon - 1) : STR("any");
	*ret = (struct field){ .name = str_n(word.p, colon) };
	for (; type.n && (type.p[type.n - 1] == '?' || type.p[type.n - 1] == '~'); type.n--) {
		ret->null |= type.p[type.n - 1] == '?';
		ret->absent |= type.p[type.n - 1] == '~';
	}
	ret->list = type.n > 2 && type.p[0] == '[';
	ret->type = ret->list ? str_n(type.p + 1, type.n - 2) : type;
	return true;
}

static int plain_type(struct str type)
{
	for (size_t i = 0; i < countof(plain); i++)
		if (str_is(type, plain[i].name))
			return (int)i;
	return -1;
}

static void ref(struct json_writer *w, struct str name)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(512);
	buf_adds(&b, "#/components/schemas/");
	buf_add_str(&b, name);
	jw_open(w, '{');
	jw_kv_str(w, "$ref", buf_str(&b));
	jw_close(w, '}');
}

static void write_type(struct json_writer *w, const char *type, bool null)
{
	jw_key(w, "type");
	if (!null) {
		jw_cstr(w, type);
		return;
	}
	jw_open(w, '[');
	jw_cstr(w, type);
	jw_cstr(w, "null");
	jw_close(w, ']');
}

static void one(struct json_writer *w, struct str type, bool null)
{
	int i = plain_type(type);
	if (i < 0 && !str_is(type, "any")) {
		if (!null) {
			ref(w, type);
			return;
		}
		jw_open(w, '{');
		jw_key(w, "anyOf");
		jw_open(w, '[');
		ref(w, type);
		jw_raw(w, STR("{\"type\":\"null\"}"));
		jw_close(w, ']');
		jw_close(w, '}');
		return;
	}
	jw_open(w, '{');
	if (i >= 0)
		write_type(w, plain[i].type, null);
	if (i >= 0 && plain[i].format)
		jw_kv_cstr(w, "format", plain[i].format);
	if (str_is(type, "id"))
		jw_kv_cstr(w, "pattern", "^[0-9]+$");
	jw_close(w, '}');
}

static void write_field(struct json_writer *w, const struct field *f)
{
	if (!f->list) {
		one(w, f->type, f->null);
		return;
	}
	jw_open(w, '{');
	write_type(w, "array", f->null);
	jw_key(w, "items");
	one(w, f->type, false);
	jw_close(w, '}');
}

void json_shape_schema(struct json_writer *w, const struct json_shape *s)
{
	struct str rest = str_of(s->fields);
	struct field f;
	jw_open(w, '{');
	jw_kv_cstr(w, "type", "object");
	jw_key(w, "properties");
	jw_open(w, '{');
	while (next_field(&rest, &f)) {
		jw_key_str(w, f.name);
		write_field(w, &f);
	}
	jw_close(w, '}');
	jw_key(w, "required");
	jw_open(w, '[');
	for (rest = str_of(s->fields); next_field(&rest, &f);)
		if (!f.absent)
			jw_str(w, f.name);
	jw_close(w, ']');
	jw_close(w, '}');
}

void json_shape_answer(struct json_writer *w, const char *answer)
{
	if (!str_starts(str_of(answer), STR(PAGE))) {
		ref(w, str_of(answer));
		return;
	}
	jw_open(w, '{');
	jw_kv_cstr(w, "type", "object");
	jw_key(w, "required");
	jw_raw(w, STR("[\"items\",\"next\"]"));
	jw_key(w, "properties");
	jw_open(w, '{');
	jw_key(w, "items");
	jw_open(w, '{');
	jw_kv_cstr(w, "type", "array");
	jw_key(w, "items");
	ref(w, str_of(answer + strlen(PAGE)));
	jw_close(w, '}');
	jw_key(w, "next");
	jw_raw(w, STR("{\"type\":[\"string\",\"null\"],\"description\":\"The cursor of the next page.\"}"));
	jw_key(w, "total");
	jw_raw(w, STR("{\"type\":\"integer\"}"));
	jw_close(w, '}');
	jw_close(w, '}');
}

static bool known(const struct json_shape *all, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, all[i].name))
			return true;
	return false;
}

bool json_shape_known(const struct json_shape *all, size_t n, const char *answer, struct err *e)
{
	struct str name = str_of(answer);
	if (str_starts(name, STR(PAGE)))
		name = str_of(answer + strlen(PAGE));
	return known(all, n, name) || err_set(e, ERR_INTERNAL, NULL, "No shape is called %.*s", STR_ARG(name));
}

bool json_shapes_check(const struct json_shape *all, size_t n, struct err *e)
{
	struct field f;
	for (size_t i = 0; i < n; i++)
		for (struct str rest = str_of(all[i].fields); next_field(&rest, &f);)
			if (plain_type(f.type) < 0 && !str_is(f.type, "any") && !known(all, n, f.type))
				return err_set(e, ERR_INTERNAL, NULL, "The shape %s refers to %.*s, which is none",
					       all[i].name, STR_ARG(f.type));
	return true;
}
