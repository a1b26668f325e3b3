/* Which texts of a card describe a customer well enough to compare by: those with a few common values. */
#include "analysis/recommend_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_BYTES 100
#define FEW 10 /* different numbers that are still kinds (children 0, 1, 2 …) rather than amounts */

static struct attribute_levels *find(struct attribute_plan *p, const char *name, bool is_role)
{
	for (uint32_t i = 0; i < p->n_seen; i++) {
		if (p->seen[i].is_role == is_role && strcmp(p->seen[i].name, name) == 0)
			return &p->seen[i];
	}
	if (p->n_seen == COLUMNS_MOST)
		return NULL;
	p->seen[p->n_seen] = (struct attribute_levels){ .name = mem_strdup(name), .is_role = is_role, .numbers = true };
	return &p->seen[p->n_seen++];
}

static void see(struct attribute_plan *p, const char *name, bool is_role, const char *value)
{
	struct attribute_levels *a = find(p, name, is_role);
	double number;
	if (!a)
		return;
	a->numbers = a->numbers && !is_role && str_to_f64(str_of(value), &number);
	for (uint32_t i = 0; i < a->n; i++) {
		if (strcmp(a->level[i], value) == 0) {
			a->count[i]++;
			return;
		}
	}
	a->too_many |= a->n == LEVELS_MOST || strlen(value) > LEVEL_BYTES;
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
	if (place)
		see(p, "birth_place", true, place);
	json_object_foreach (other, key, value) {
		if (json_is_string(value))
			see(p, key, false, json_string_value(value));
	}
}

static void free_levels(struct attribute_levels *a)
{
	free(a->name);
	for (uint32_t i = 0; i < a->n; i++)
		free(a->level[i]);
}

static void by_count(struct attribute_levels *a)
{
	for (uint32_t k = 1; k < a->n; k++) { /* insertion: few values */
		for (uint32_t j = k; j > 0 && a->count[j] > a->count[j - 1]; j--) {
			uint32_t count = a->count[j];
			char *level = a->level[j];
			a->count[j] = a->count[j - 1];
			a->level[j] = a->level[j - 1];
			a->count[j - 1] = count;
			a->level[j - 1] = level;
		}
	}
}

/* Columns of many numbers are compared by distance, those of few values by equality; what tells nothing is dropped. */
void attribute_plan_finish(struct attribute_plan *p)
{
	for (uint32_t i = 0; i < p->n_seen; i++) {
		struct attribute_levels *a = &p->seen[i];
		if (a->numbers && (a->too_many || a->n > FEW) && p->n_numbers < NUMBERS_MOST) {
			p->number[p->n_numbers++] = mem_strdup(a->name);
		} else if (!a->too_many && a->n > 1 && p->n < CATEGORIES_MOST) {
			by_count(a); /* the commonest value has the number 0 */
			p->category[p->n++] = *a;
			continue;
		}
		free_levels(a);
	}
	p->n_seen = 0;
}

void attribute_plan_free(struct attribute_plan *p)
{
	for (uint32_t i = 0; i < p->n_seen; i++)
		free_levels(&p->seen[i]);
	for (uint32_t i = 0; i < p->n; i++)
		free_levels(&p->category[i]);
	for (uint32_t i = 0; i < p->n_numbers; i++)
		free(p->number[i]);
	*p = (struct attribute_plan){ 0 };
}

static float number_of(const char *column, const json_t *data)
{
	double v;
	const char *text = json_string_value(json_object_get(json_object_get(data, "other"), column));
	return text && str_to_f64(str_of(text), &v) ? (float)v : NAN;
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
 * Purchases and tenure are told_from the row: while measuring they are unknown, since they would tell what was hidden.
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
	for (uint32_t i = 0; i < p->n_numbers; i++)
		numeric[NUMERICS + i] = number_of(p->number[i], data);
	for (uint32_t i = 0; i < p->n; i++)
		category[i] = level_of(&p->category[i], data);
}

const char *attribute_name(const struct attribute_plan *p, uint32_t i)
{
	static const char *const numeric[NUMERICS] = { "age", "purchases", "tenure" };
	if (i < NUMERICS)
		return numeric[i];
	i -= NUMERICS;
	return i < p->n_numbers ? p->number[i] : p->category[i - p->n_numbers].name;
}
