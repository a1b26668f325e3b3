#include "app/progress.h"

#include "app/table.h"
#include "base/clock.h"

#define BAR_COLUMNS 24
#define SHOW_EVERY_USEC 100000

void progress_begin(struct progress *p, struct command *c)
{
	*p = (struct progress){ .command = c, .shown = -1 };
}

void progress_show(void *ctx, double fraction, const char *message)
{
	struct progress *p = ctx;
	struct command *c = p->command;
	int now = (int)(1000 * (fraction < 0 ? 0 : fraction > 1 ? 1 : fraction));
	int64_t at = clock_monotonic();
	char line[400];
	if (!c->screen.err_tty || now == p->shown || (at - p->at < SHOW_EVERY_USEC && now < 1000))
		return;
	int full = now * BAR_COLUMNS / 1000;
	int n = snprintf(line, sizeof line, "[%.*s%*s] %3d %% %s", full, "########################", BAR_COLUMNS - full,
			 "", now / 10, message ? message : "");
	size_t length = MIN((size_t)MAX(n, 0), sizeof line - 1);
	/* Cut at the edge, never within a letter. */
	while (length && (table_width(str_n(line, length)) >= (size_t)c->screen.columns ||
			  ((unsigned char)line[length] & 0xc0) == 0x80))
		length--;
	fprintf(c->err, "\r%.*s\x1b[K", (int)length, line);
	fflush(c->err);
	p->shown = now;
	p->at = at;
	p->length = length;
}

void progress_end(struct progress *p)
{
	if (p->shown < 0)
		return;
	fprintf(p->command->err, "\r\x1b[K");
	fflush(p->command->err);
}
