#include "analysis/forecast_file.h"

#include "analysis/forecast.h"
#include "base/limits.h"
#include "base/util.h"
#include "json/read.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKSUM_TEXT (2 * crypto_hash_sha256_BYTES + 1)

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add(crypto_hash_sha256_state *s, char kind, const void *p, size_t n)
{
	uint64_t size = n;
	crypto_hash_sha256_update(s, (const unsigned char *)&kind, 1);
	crypto_hash_sha256_update(s, (const unsigned char *)&size, sizeof size);
	crypto_hash_sha256_update(s, p, n);
}

static void add_value(crypto_hash_sha256_state *s, const json_t *v);

static void add_object(crypto_hash_sha256_state *s, json_t *o)
{
	size_t n = json_object_size(o), i = 0;
	const char **names = mem_array(n + 1, sizeof *names), *key;
	json_t *v;
	json_object_foreach (o, key, v)
		names[i++] = key;
	qsort(names, n, sizeof *names, by_name);
	add(s, 'o', &n, sizeof n);
	for (i = 0; i < n; i++) {
		add(s, 'k', names[i], strlen(names[i]));
		add_value(s, json_object_get(o, names[i]));
	}
	free(names);
}

/* As deep as json_read allows. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void add_value(crypto_hash_sha256_state *s, const json_t *v)
{
	double number = json_number_value(v) + 0.0; /* −0 is 0: some programs write it so */
	size_t n = json_array_size(v), i;
	const json_t *one;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		add_object(s, (json_t *)v);
		break;
	case JSON_ARRAY:
		add(s, 'a', &n, sizeof n);
		json_array_foreach (v, i, one)
			add_value(s, one);
		break;
	case JSON_STRING:
		add(s, 's', json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		add(s, 'n', &number, sizeof number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		add(s, json_is_true(v) ? 't' : 'f', "", 0);
		break;
	case JSON_NULL:
		add(s, '0', "", 0);
		break;
	}
}

static void checksum(const json_t *body, char ret[CHECKSUM_TEXT])
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state s;
	crypto_hash_sha256_init(&s);
	add_value(&s, body);
	crypto_hash_sha256_final(&s, sum);
	sodium_bin2hex(ret, CHECKSUM_TEXT, sum, sizeof sum);
}

bool forecast_file_write(struct str body, struct buf *ret, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	char text[CHECKSUM_TEXT];
	if (!json_read(body, LIMIT_JSON_BYTES, &v, e))
		return false;
	checksum(v, text);
	json_object_set_new(v, "format", json_integer(FORECAST_FILE_FORMAT));
	json_object_set_new(v, "checksum", json_string(text));
	char *whole = json_dumps(v, JSON_COMPACT);
	buf_adds(ret, whole ? whole : "");
	free(whole);
	return (ret->n && !ret->failed) || err_set(e, ERR_LIMIT, NULL, "the model is too large");
}

/* Members that pages and comparisons read; sizes of lists, 0 = any. */
struct member {
	const char *in, *name; /* in: NULL, or the object that it is in */
	json_type type;        /* JSON_REAL: any number */
	size_t size;
	int kind; /* of which kind of model; -1 = of both */
};
static const struct member members[] = {
	{ NULL, "trained_at", JSON_STRING, 0, -1 },
	{ NULL, "rows", JSON_OBJECT, 0, -1 },
	{ "rows", "train", JSON_REAL, 0, -1 },
	{ "rows", "test", JSON_REAL, 0, -1 },
	{ NULL, "l2", JSON_REAL, 0, -1 },
	{ NULL, "baselines", JSON_ARRAY, 0, -1 },
	{ NULL, "left_out", JSON_ARRAY, 0, -1 },
	{ NULL, "warnings", JSON_ARRAY, 0, -1 },
	{ NULL, "metrics", JSON_OBJECT, 0, -1 },
	{ "metrics", "mse", JSON_REAL, 0, PRESET_SALES },
	{ "metrics", "mae", JSON_REAL, 0, PRESET_SALES },
	{ "metrics", "log_loss", JSON_REAL, 0, PRESET_PURCHASE },
	{ "metrics", "threshold", JSON_REAL, 0, PRESET_PURCHASE },
	{ "metrics", "confusion_matrix", JSON_ARRAY, 2, PRESET_PURCHASE },
	{ "metrics", "calibration", JSON_ARRAY, LEARN_BINS, PRESET_PURCHASE },
	{ "metrics", "roc", JSON_ARRAY, 0, PRESET_PURCHASE },
	{ "metrics", "thresholds", JSON_ARRAY, LEARN_CURVE, PRESET_PURCHASE },
};

static bool check_members(const json_t *body, struct err *e)
{
	const char *kind = json_string_value(json_object_get(body, "kind"));
	enum forecast_preset preset;
	if (!kind || !forecast_preset_parse(str_of(kind), &preset))
		return err_field(e, ERR_VALUE, "kind", "this is no saved model of sales or purchases");
	for (size_t i = 0; i < countof(members); i++) {
		const struct member *m = &members[i];
		const json_t *v = json_object_get(m->in ? json_object_get(body, m->in) : body, m->name);
		bool fits = m->type == JSON_REAL ? json_is_number(v) : v && json_typeof(v) == m->type;
		if (m->kind >= 0 && m->kind != (int)preset)
			continue;
		if (!fits || (m->size && json_array_size(v) != m->size))
			return err_field(e, ERR_VALUE, m->name, "the model file has no \"%s\" as models have it",
					 m->name);
	}
	return true;
}

bool forecast_file_check(json_t *body, struct err *e)
{
	const json_t *format = json_object_get(body, "format"), *sum = json_object_get(body, "checksum");
	char text[CHECKSUM_TEXT], given[CHECKSUM_TEXT] = "";
	bool known = !format || (json_is_number(format) && json_number_value(format) == FORECAST_FILE_FORMAT);
	bool summed = sum != NULL;
	if (!known) {
		err_field(e, ERR_VALUE, "format",
			  "the model file has a format that this server does not know; it reads %d",
			  FORECAST_FILE_FORMAT);
		snprintf(e->code, sizeof e->code, "model_format");
		return false;
	}
	if (json_is_string(sum))
		snprintf(given, sizeof given, "%s", json_string_value(sum));
	json_object_del(body, "format");
	json_object_del(body, "checksum");
	checksum(body, text);
	if (!summed || sodium_memcmp(text, given, sizeof text) == 0)
		return check_members(body, e);
	err_field(e, ERR_VALUE, "checksum", "the model file was changed after it was saved, or is damaged");
	snprintf(e->code, sizeof e->code, "model_altered");
	return false;
}
