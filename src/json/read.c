#include "json/read.h"

#include "base/limits.h"

/* Depth of nesting in s, ignoring brackets in strings; stops counting past the limit. */
static bool too_deep(struct str s)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > LIMIT_JSON_DEPTH)
				return true;
		} else if (c == ']' || c == '}') {
			depth--;
		}
	}
	return false;
}

bool json_read(struct str s, size_t max_bytes, json_t **ret, struct err *e)
{
	json_error_t why;
	if (s.n > max_bytes)
		return err_set(e, ERR_TOO_LARGE, NULL, "The JSON is larger than %zu bytes.", max_bytes);
	if (too_deep(s))
		return err_set(e, ERR_MALFORMED, "too_deep", "The JSON is nested more than %d levels deep.",
			       LIMIT_JSON_DEPTH);
	json_t *v = json_loadb(s.p ? s.p : "", s.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!v)
		return err_set(e, ERR_MALFORMED, "malformed_json", "This is not JSON: %s at line %d, column %d.",
			       why.text, why.line, why.column);
	*ret = v;
	return true;
}

void json_decrefp_(json_t **v)
{
	json_decref(*v);
	*v = NULL;
}
