/*
 * An object whose members are the records, each under its number: {"17": {…}, "18": {…}}.
 *
 * Told by the beginning of the file: every member is an object, and the names are numbers, or differ by a number only,
 * or are long and arbitrary; three objects alike are records under whatever names. The scanner then gives the members
 * as elements of a list, whose first column is the name (json_scan.h).
 */
#include "ingest/json_map.h"
#include "ingest/json_peek.h"

#define LOOKED_AT 12  /* members */
#define NAMES 24      /* of one record's members that are compared */
#define ARBITRARY 12  /* characters of a name that nobody made up */
#define ALIKE_LEAST 3 /* records under any names */

struct names {
	struct str list[NAMES];
	size_t n;
};

/* Over the object that begins at `at`, noting its members' names; 0: it goes on behind the bytes. */
static size_t object_end(struct str s, size_t at, struct names *ret)
{
	unsigned depth = 0;
	ret->n = 0;
	while (at < s.n) {
		char c = s.p[at];
		if (c == '"') {
			size_t end = json_peek_text(s, at);
			size_t mark = end ? json_peek_blank(s, end) : s.n;
			if (end && depth == 1 && mark < s.n && s.p[mark] == ':' && ret->n < NAMES)
				ret->list[ret->n++] = str_n(s.p + at + 1, end - at - 2);
			if (!end)
				return 0;
			at = end;
			continue;
		}
		depth += c == '{' || c == '[';
		if (c == '}' || c == ']') {
			if (--depth == 0)
				return at + 1;
		}
		at++;
	}
	return 0;
}

static bool has_name(const struct names *n, struct str name)
{
	for (size_t i = 0; i < n->n; i++) {
		if (str_eq(n->list[i], name))
			return true;
	}
	return false;
}

/* At least half of the names of each are the other's. */
static bool alike(const struct names *a, const struct names *b)
{
	size_t shared = 0;
	for (size_t i = 0; i < a->n; i++)
		shared += has_name(b, a->list[i]);
	return 2 * shared >= a->n && 2 * shared >= b->n;
}

/* Where the digits at its end begin. */
static size_t stem(struct str s)
{
	while (s.n && isdigit((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s.n;
}

static bool is_arbitrary(struct str s)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
		digits += isdigit((unsigned char)s.p[i]) != 0;
	}
	return s.n >= ARBITRARY && digits >= 2;
}

/* What the members' names say so far. */
struct naming {
	struct str first;
	size_t n;
	bool numbers, numbered, arbitrary;
};

static void take_name(struct naming *x, struct str name)
{
	size_t n = stem(name);
	if (!x->n++) {
		x->first = name;
		x->numbers = x->numbered = x->arbitrary = true;
	}
	x->numbers = x->numbers && !n && name.n;
	x->numbered = x->numbered && n < name.n && str_eq(str_n(name.p, n), str_n(x->first.p, stem(x->first)));
	x->arbitrary = x->arbitrary && is_arbitrary(name);
}

bool json_is_map(struct str head, bool *ret_has_key)
{
	struct naming naming = { 0 };
	struct names first, names;
	size_t at = json_peek_blank(head, 0), whole = 0;
	bool all_alike = true;
	*ret_has_key = false;
	first.n = 0;
	if (at == head.n || head.p[at] != '{')
		return false;
	for (at = json_peek_blank(head, at + 1); at < head.n && naming.n < LOOKED_AT;) {
		size_t end = head.p[at] == '"' ? json_peek_text(head, at) : 0;
		if (!end)
			return false;
		struct str name = str_n(head.p + at + 1, end - at - 2);
		at = json_peek_blank(head, end);
		at = at < head.n && head.p[at] == ':' ? json_peek_blank(head, at + 1) : head.n;
		if (at == head.n || head.p[at] != '{')
			return false;
		take_name(&naming, name);
		end = object_end(head, at, &names);
		*ret_has_key = *ret_has_key || has_name(&names, STR("key"));
		if (!end)
			break;
		if (!whole++)
			first = names;
		all_alike = all_alike && names.n && alike(&first, &names);
		at = json_peek_blank(head, end);
		if (at < head.n && head.p[at] == '}') {
			/* Objects that follow one another are each a record. */
			if (json_peek_blank(head, at + 1) < head.n)
				return false;
			break;
		}
		if (at < head.n && head.p[at] != ',')
			return false;
		at = json_peek_blank(head, at + 1);
	}
	if (!all_alike || !naming.n)
		return false;
	if (naming.numbers)
		return true;
	return naming.n > 1 && (naming.numbered || naming.arbitrary || (whole >= ALIKE_LEAST && first.n > 1));
}
