/* Schedules and texts for Telegram: any bytes are refused, or give a later run and parts that are whole. */
#include "base/arena.h"
#include "connect/telegram.h"
#include "model/cron.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT(4 * MIB);
	struct str bytes = str_n((const char *)data, size), *parts;
	struct err e = { 0 };
	struct cron c;
	int64_t next;
	size_t n;
	if (cron_parse(bytes, &c, &e) && cron_next(&c, STR("Europe/Warsaw"), 0, &next, &e) && next <= 0)
		abort();
	if (zone_check(bytes, &e) && size >= ZONE_BYTES)
		abort();
	if (telegram_split(bytes, 16, &a, &parts, &n, &e) && size && !n)
		abort();
	arena_free(&a);
	return 0;
}
