/* Which texts of a card describe a customer well enough to compare by: those with a few common values. */
#include "analysis/recommend_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_BYTES 100
#define COLUMNS_SEEN 24 /* of a card, in the file's order */

static struct attribute_levels *find(struct attribute_plan *p, const char *name, bool is_role)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->category[i].is_role == is_role && strcmp(p->category[i].name, name) == 0)
			return &p->category[i];
	}
	if (p->n == CATEGORIES_MOST)
		return NULL;
	p->category[p->n] = (struct attribute_levels){ .name = mem_strdup(name), .is_role = is_role };
	return &p->category[p->n++];
}

static void see(struct attribute_plan *p, const char *name, bool is_role, const char *value)
{
	struct attribute_levels *a = find(p, name, is_role);
	if (!a || a->too_many)
		return;
	for (uint32_t i = 0; i < a->n; i++) {
		if (strcmp(a->level[i], value) == 0) {
			a->count[i]++;
			return;
		}
	}
	a->too_many = a->n == LEVELS_MOST || strlen(value) > LEVEL_BYTES;
	if (a->too_many)
		return;
	a->level[a->n] = mem_strdup(value);
	a->count[a->n++] = 1;
}

void attribute_plan_see(struct attribute_plan *p, const json_t *data)
{
	const char *place = json_string_value(json_object_get(json_object_get(data, "role"), "birth_place"));
	json_t *other = json_object_get(data, "other"), *value;
	const char *key;
	int seen = 0;
	if (place)
		see(p, "birth_place", true, place);
	json_object_foreach (other, key, value) {
		if (seen++ < COLUMNS_SEEN && json_is_string(value))
			see(p, key, false, json_string_value(value));
	}
}

static void free_levels(struct attribute_levels *a)
{
	free(a->name);
	for (uint32_t i = 0; i < a->n; i++)
		free(a->level[i]);
}

/* Drops what tells nothing (one value, or too many) and numbers the values by how common they are. */
void attribute_plan_finish(struct attribute_plan *p)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		struct attribute_levels a = p->category[i];
		if (a.too_many || a.n < 2) {
			free_levels(&a);
			continue;
		}
		for (uint32_t k = 1; k < a.n; k++) { /* insertion: few values */
			for (uint32_t j = k; j > 0 && a.count[j] > a.count[j - 1]; j--) {
				uint32_t count = a.count[j];
				char *level = a.level[j];
				a.count[j] = a.count[j - 1];
				a.level[j] = a.level[j - 1];
				a.count[j - 1] = count;
				a.level[j - 1] = level;
			}
		}
		p->category[kept++] = a;
	}
	p->n = kept;
}

void attribute_plan_free(struct attribute_plan *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		free_levels(&p->category[i]);
	p->n = 0;
}

static uint32_t level_of(const struct attribute_levels *a, const json_t *data)
{
	const char *v =
		json_string_value(json_object_get(json_object_get(data, a->is_role ? "role" : "other"), a->name));
	for (uint32_t i = 0; v && i < a->n; i++) {
		if (strcmp(a->level[i], v) == 0)
			return i;
	}
	return LEARN_CATEGORY_NONE;
}

/*
 * Purchases and tenure come from the row, not from the card's totals: while measuring, the row is what is left after
 * hiding, and a total would tell what was hidden.
 */
void attributes_of(const struct attribute_plan *p, int64_t age, const json_t *data, struct learn_row row,
		   float *numeric, uint32_t *category)
{
	double times = 0;
	int32_t first = INT32_MAX, last = LEARN_DAY_NONE;
	for (size_t i = 0; i < row.n; i++) {
		times += (double)row.times[i];
		last = MAX(last, row.last[i]);
		if (row.first[i] != LEARN_DAY_NONE)
			first = MIN(first, row.first[i]);
	}
	numeric[NUMERIC_AGE] = age >= 0 ? (float)age : NAN;
	numeric[NUMERIC_PURCHASES] = (float)log1p(times);
	numeric[NUMERIC_TENURE] = last != LEARN_DAY_NONE ? (float)(last - first) : NAN;
	for (uint32_t i = 0; i < p->n; i++)
		category[i] = level_of(&p->category[i], data);
}

const char *attribute_name(const struct attribute_plan *p, uint32_t i)
{
	static const char *const numeric[NUMERICS] = { "age", "purchases", "tenure" };
	return i < NUMERICS ? numeric[i] : p->category[i - NUMERICS].name;
}
