/* Frames that a broken or hostile engine process sends: the server reads them until the socket ends. */
#include "base/limits.h"
#include "engine/protocol.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];
	if (size > 64 * KIB || !frame_pair(pair, NULL))
		return 0;
	if (size && send(pair[0], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
		abort(); /* the socket's buffer holds more than that */
	close(pair[0]);
	struct frame f;
	struct err e;
	while (frame_recv(pair[1], &f, &e)) {
		bool closed = f.type == FRAME_CLOSED;
		if (f.type >= FRAME_TYPES || f.payload.n > size || f.n_fds)
			abort();
		if (f.type == FRAME_FAILED && frame_read_failed(frame_payload(&f), &e))
			abort();
		frame_free(&f);
		if (closed)
			break;
	}
	close(pair[1]);
	return 0;
}
