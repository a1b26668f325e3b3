/* JSON that strangers send: parse it, check it against a field table, and write what was read back out. */
#include "base/limits.h"
#include "json/fields.h"

#include <stdint.h>
#include <stdlib.h>

struct body {
	struct str text;
	int64_t count, id;
	double share;
	bool on;
	json_t *any;
};

static const char *const words[] = { "red", "blue", NULL };
static const struct json_field fields[] = {
	{ "text", JSON_FIELD_STR, offsetof(struct body, text), true, 1, 20, NULL, NULL },
	{ "word", JSON_FIELD_STR, offsetof(struct body, text), false, 0, 0, words, NULL },
	{ "count", JSON_FIELD_I64, offsetof(struct body, count), false, -5, 5, NULL, NULL },
	{ "id", JSON_FIELD_ID, offsetof(struct body, id), false, 0, 0, NULL, NULL },
	{ "share", JSON_FIELD_F64, offsetof(struct body, share), false, 0, 1, NULL, NULL },
	{ "on", JSON_FIELD_BOOL, offsetof(struct body, on), false, 0, 0, NULL, NULL },
	{ "any", JSON_FIELD_ANY, offsetof(struct body, any), false, 0, 0, NULL, NULL },
};
static const struct json_table table = { "Body", fields, countof(fields) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the writer makes of any bytes must be JSON again. */
static void write_back(struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
	struct json_writer w = json_writer(&b);
	struct err e;
	jw_open(&w, '[');
	jw_str(&w, s);
	jw_close(&w, ']');
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (memchr(s.p, 0, s.n)) /* jansson refuses \u0000 */
		return;
	if (!b.failed && !json_read(buf_str(&b), SIZE_MAX, &v, &e))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_n((const char *)data, size);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	struct err e;
	if (size)
		write_back(s);
	if (!json_read(s, 1 * MIB, &v, &e)) {
		if (!e.message[0])
			abort();
		return 0;
	}
	struct body got = { 0 };
	if (json_parse(v, &table, &got, &e)) {
		if (got.count < -5 || got.count > 5 || got.share < 0 || got.share > 1)
			abort();
	} else if (err_http_status(e.kind) != 422) {
		abort();
	}
	return 0;
}
