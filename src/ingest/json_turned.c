/*
 * JSON that lists the values of each column, as data frames are kept, and not the records: {"id": [1, 2], "sum": [5,
 * 7]},
 * {"id": {"0": 1, "1": 2}, …}, {"columns": ["id", …], "data": [[1, 5], …]}. Told by the beginning of the file.
 */
#include "ingest/json_map.h"

#include "base/util.h"
#include "ingest/json_peek.h"

#define LOOKED_AT 12 /* members */

/* What one member's value is. */
struct value {
	size_t end;      /* behind it; s.n when it goes on behind the bytes */
	size_t elements; /* commas and one */
	char opens;      /* '[', '{', or 0 for a plain value */
	bool whole;
	bool plain;    /* nothing within it opens */
	bool rows;     /* a list whose first element is a list */
	bool numbered; /* an object whose first members are "0" and "1" */
};

static struct value look(struct str s, size_t at)
{
	struct value v = { .plain = true, .elements = 1 };
	char c = at < s.n ? s.p[at] : 0;
	v.opens = c == '[' || c == '{' ? c : 0;
	size_t inner = json_peek_blank(s, at + 1);
	v.rows = c == '[' && inner < s.n && s.p[inner] == '[';
	unsigned depth = 0, names = 0;
	for (v.numbered = c == '{'; at < s.n;) {
		c = s.p[at];
		if (c == '"') {
			size_t end = json_peek_text(s, at), mark = json_peek_blank(s, end);
			if (!end)
				break;
			if (v.opens == '{' && depth == 1 && names < 2 && mark < s.n && s.p[mark] == ':') {
				v.numbered = v.numbered && end == at + 3 && s.p[at + 1] == (char)('0' + (int)names);
				names++;
			}
			at = end;
			continue;
		}
		if (!depth && !v.opens && (c == ',' || c == '}'))
			break;
		if (c == '[' || c == '{') {
			v.plain = v.plain && !depth;
			depth++;
		} else if ((c == ']' || c == '}') && depth && !--depth) {
			v.whole = true;
			at++;
			break;
		}
		v.elements += c == ',' && depth == 1;
		at++;
	}
	v.end = v.whole || !v.opens ? at : s.n;
	v.numbered = v.numbered && names == 2;
	return v;
}

bool json_is_turned(struct str head)
{
	size_t at = json_peek_blank(head, 0), members = 0, lists = 0, numbered = 0, whole = 0, elements = 0;
	bool named = false, rows = false, even = true;
	if (at == head.n || head.p[at] != '{')
		return false;
	for (at = json_peek_blank(head, at + 1); at < head.n && head.p[at] == '"' && members < LOOKED_AT; members++) {
		size_t end = json_peek_text(head, at);
		if (!end)
			break;
		struct str name = str_n(head.p + at + 1, end - at - 2);
		at = json_peek_blank(head, end);
		if (at == head.n || head.p[at] != ':')
			break;
		struct value v = look(head, json_peek_blank(head, at + 1));
		lists += v.opens == '[' && v.plain;
		numbered += v.numbered && v.plain;
		named = named || (str_is(name, "columns") && v.opens == '[' && v.plain);
		rows = rows || (str_is(name, "data") && v.rows);
		if (v.whole && v.opens == '[') {
			even = even && (!whole || elements == v.elements);
			elements = v.elements;
			whole++;
		}
		at = json_peek_blank(head, v.end);
		if (at < head.n && head.p[at] == ',')
			at = json_peek_blank(head, at + 1);
	}
	if (named && rows)
		return true;
	return members > 1 && (numbered == members || (lists == members && whole && even && elements > 1));
}
