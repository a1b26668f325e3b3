/*
 * The one object of a file: a record with lists (an order and its lines, what a shop's webhook sends), or only what a
 * service puts around the records it answers with (data, total, page).
 *
 * A record says which one it is, or whose, beside its lists; and the elements of these say of nobody else whose they
 * are.
 */
#include "ingest/json_file.h"
#include "ingest/roles_words.h"

#include <stdlib.h>

#define LEAST_KEY 0.7

static struct str path_of(const struct json_column *c)
{
	return str_n(c->path, c->n);
}

/* "\0a\0b" → "\0a" */
static struct str around(struct str path)
{
	while (path.n && path.p[path.n - 1] != JSON_PATH)
		path.n--;
	if (path.n)
		path.n--;
	return path;
}

static bool within(struct str path, struct str outer)
{
	return path.n > outer.n && path.p[outer.n] == JSON_PATH && memcmp(path.p, outer.p, outer.n) == 0;
}

/* customer_id, customer.name, email: of a person. */
static bool says_whose(struct str path)
{
	CLEANUP(str_freep) char *dotted = json_dotted(path);
	CLEANUP(buf_free) struct buf b = BUF_INIT(8192);
	words_normalize(str_of(dotted), &b);
	struct str rest = buf_str(&b), first = rest;
	str_split(&rest, ' ', &first);
	return words_table(first) == TABLE_CUSTOMERS || words_match(WORD_CUSTOMER_ID, buf_str(&b)) >= 0.7 ||
	       words_match(WORD_FULL_NAME, buf_str(&b)) >= 0.9;
}

/* What services call the list of what they answer. */
static bool is_answer(struct str path)
{
	static const struct str names[] = { STR("data"),  STR("results"), STR("result"),   STR("records"), STR("rows"),
					    STR("value"), STR("hits"),    STR("response"), STR("entries") };
	struct str outer = around(path), name = str_n(path.p + outer.n + 1, path.n - outer.n - 1);
	for (size_t i = 0; i < countof(names); i++) {
		if (str_ieq(name, names[i]))
			return true;
	}
	return false;
}

/* A list of objects that no other list is around. */
static bool is_outermost(const struct json_columns *all, size_t column)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct json_column *c = &all->list[i];
		if (i != column && c->has_list && within(path_of(&all->list[column]), path_of(c)))
			return false;
	}
	return true;
}

/* Whether what stands beside a list, in the object around it, is a record's. */
static bool is_of_record(const struct json_columns *all, struct str list)
{
	struct str outer = around(list);
	bool named = false, whose = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct json_column *c = &all->list[i];
		struct str path = path_of(c), rest = str_n(path.p + outer.n, path.n - outer.n);
		if (within(path, list)) {
			if (says_whose(str_n(path.p + list.n, path.n - list.n)))
				return false;
			continue;
		}
		if (!within(path, outer) || !c->has_value || c->has_list || !is_outermost(all, i))
			continue;
		named = named || (around(rest).n == 0 && json_says_key(rest) >= LEAST_KEY);
		whose = whose || says_whose(rest);
	}
	return named || whose;
}

bool json_one_is_record(const struct json_columns *all)
{
	bool any = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct json_column *c = &all->list[i];
		if (!c->has_list || c->twice || (!c->has_objects && !c->begins_list) || !is_outermost(all, i))
			continue;
		if (c->begins_list || is_answer(path_of(c)))
			return false;
		any = any || is_of_record(all, path_of(c));
	}
	return any;
}
