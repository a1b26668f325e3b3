#include "ingest/unpivot.h"

#include "ingest/period.h"

#include <stdlib.h>

#define MIN_COLUMNS 3

enum kind { KIND_NONE, KIND_YEAR, KIND_QUARTER, KIND_MONTH };

static enum kind kind_of(const struct period *p)
{
	return p->month ? KIND_MONTH : p->quarter ? KIND_QUARTER : KIND_YEAR;
}

/* What one header says. */
struct said {
	enum kind kind;
	struct period period;
	char *value; /* the parts that are no period */
};

static struct said *listen(char *const *names, size_t n)
{
	struct said *list = mem_zalloc((n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf rest = BUF_INIT(4 * KIB);
		if (!period_of_header(str_of(names[i]), &list[i].period, &rest))
			continue;
		list[i].kind = kind_of(&list[i].period);
		list[i].value = mem_strdup(rest.n ? rest.p : "");
	}
	return list;
}

static enum kind usual_kind(const struct said *said, size_t n)
{
	size_t counts[KIND_MONTH + 1] = { 0 };
	enum kind best = KIND_NONE;
	for (size_t i = 0; i < n; i++)
		counts[said[i].kind]++;
	counts[KIND_NONE] = 0;
	for (enum kind k = KIND_YEAR; k <= KIND_MONTH; k++)
		best = counts[k] > counts[best] ? k : best;
	return counts[best] >= MIN_COLUMNS && counts[best] < n ? best : KIND_NONE;
}

static size_t place_of(char ***list, size_t *n, const char *text)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp((*list)[i], text) == 0)
			return i;
	}
	*list = mem_realloc(*list, (*n + 1) * sizeof **list);
	(*list)[*n] = mem_strdup(text);
	return (*n)++;
}

static bool any_cyrillic(char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (const char *p = names[i]; *p; p++) {
			if ((unsigned char)*p == 0xd0 || (unsigned char)*p == 0xd1)
				return true;
		}
	}
	return false;
}

/* Only the program's own words: what the file says is taken from the file. */
static void name_columns(struct unpivot *u, enum kind kind, enum period_language language)
{
	static const char *const words[][4] = {
		[PERIOD_EN] = { "year", "quarter", "month", "value" },
		[PERIOD_RU] = { "Год", "Квартал", "Месяц", "Значение" },
		[PERIOD_PL] = { "Rok", "Kwartał", "Miesiąc", "Wartość" },
		[PERIOD_MK] = { "Година", "Квартал", "Месец", "Вредност" },
	};
	u->period_name = words[language][kind - KIND_YEAR];
	for (size_t i = 0; i < u->n_values; i++) {
		if (u->values[i][0])
			continue;
		free(u->values[i]);
		u->values[i] = mem_strdup(words[language][3]);
	}
}

static void fill(struct unpivot *u, const struct said *said, char *const *names, size_t n, enum kind kind)
{
	enum period_language language = any_cyrillic(names, n) ? PERIOD_RU : PERIOD_EN;
	size_t *periods = mem_array(n + 1, sizeof *periods), *values = mem_array(n + 1, sizeof *values);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf text = BUF_INIT(4 * KIB);
		if (said[i].kind != kind) {
			u->keys[u->n_keys++] = i;
			continue;
		}
		if (said[i].period.month && said[i].period.language != PERIOD_EN)
			language = said[i].period.language;
		period_text(&said[i].period, str_of(names[i]), &text);
		periods[i] = place_of(&u->periods, &u->n_periods, text.p);
		values[i] = place_of(&u->values, &u->n_values, said[i].value);
	}
	u->n_columns = n;
	size_t places = u->n_periods * u->n_values;
	u->place = mem_array(places + 1, sizeof *u->place);
	for (size_t i = 0; i < places; i++)
		u->place[i] = SIZE_MAX;
	/* A second column of the same month and meaning stays beside the rows. */
	for (size_t i = 0; i < n; i++) {
		if (said[i].kind != kind)
			continue;
		size_t *place = &u->place[periods[i] * u->n_values + values[i]];
		if (*place == SIZE_MAX)
			*place = i;
		else
			u->keys[u->n_keys++] = i;
	}
	name_columns(u, kind, language);
	free(periods);
	free(values);
}

struct unpivot *unpivot_find(char *const *names, size_t n)
{
	struct said *said = listen(names, n);
	enum kind kind = usual_kind(said, n);
	struct unpivot *u = NULL;
	if (kind != KIND_NONE) {
		u = mem_zalloc(sizeof *u);
		u->keys = mem_array(n + 1, sizeof *u->keys);
		fill(u, said, names, n, kind);
		if (u->n_periods < MIN_COLUMNS) {
			unpivot_free(u);
			u = NULL;
		}
	}
	for (size_t i = 0; i < n; i++)
		free(said[i].value);
	free(said);
	return u;
}

void unpivot_free(struct unpivot *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n_periods; i++)
		free(u->periods[i]);
	for (size_t i = 0; i < u->n_values; i++)
		free(u->values[i]);
	free(u->periods);
	free(u->values);
	free(u->keys);
	free(u->place);
	free(u);
}

static void add_name(char **list, size_t *n, const char *name)
{
	struct buf b = BUF_INIT(4 * KIB);
	buf_adds(&b, name);
	size_t base = b.n;
	bool taken = true;
	for (int k = 2; taken; k++) {
		taken = false;
		for (size_t i = 0; i < *n; i++)
			taken = taken || str_ieq(str_of(list[i]), buf_str(&b));
		if (taken) {
			b.n = base;
			buf_addf(&b, "_%d", k);
		}
	}
	list[(*n)++] = buf_take(&b, NULL);
}

char **unpivot_names(const struct unpivot *u, char *const *names, size_t *ret_n)
{
	char **list = mem_array(u->n_keys + u->n_values + 2, sizeof *list);
	*ret_n = 0;
	for (size_t i = 0; i < u->n_keys; i++)
		add_name(list, ret_n, names[u->keys[i]]);
	add_name(list, ret_n, u->period_name);
	for (size_t i = 0; i < u->n_values; i++)
		add_name(list, ret_n, u->values[i]);
	return list;
}
