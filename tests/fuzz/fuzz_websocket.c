/* Frames of a WebSocket client; the first byte says in what pieces they come. The handler sends back what it hears. */
#include "base/limits.h"
#include "base/utf8.h"
#include "net/internal.h"
#include "net/websocket.h"

#include <stdlib.h>

static void message(struct websocket *w, void *ctx, bool text, struct str m)
{
	if (m.n > LIMIT_WS_MESSAGE_BYTES || (text && !utf8_valid(m)))
		abort();
	ws_send(w, text, m);
}

static void closed(struct websocket *w, void *ctx, int code)
{
	++*(int *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ws_handler handler = { .message = message, .closed = closed };
	int ends = 0;
	if (size < 1)
		return 0;
	size_t step = (size_t)data[0] % 64 + 1;
	struct websocket *w = ws_open(NULL, &handler, &ends);
	for (size_t at = 1; at < size && !ws_ended(w); at += step)
		ws_input(w, (const char *)data + at, MIN(step, size - at));
	ws_lost(w);
	if (ends != 1)
		abort();
	return 0;
}
