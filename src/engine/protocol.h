/*
 * Frames between the server and a vitrina-engine process, over an AF_UNIX stream socket pair.
 *
 *	u32 length of the payload | u16 type | u16 number of passed descriptors | payload
 *
 * Both ends run on one machine, so numbers are in its own byte order. Payloads are JSON unless said otherwise. Up to
 * FRAME_MAX_FDS descriptors travel with a frame (SCM_RIGHTS, close-on-exec at the receiver); a relation of more
 * segments continues in SEGMENTS frames. Neither end trusts the other: lengths are bounded by LIMIT_FRAME_BYTES,
 * descriptors beyond those announced are closed, and every wait can have a deadline and a cancel flag.
 *
 * Conversations
 *
 *   first      server → worker  HELLO {"memory":bytes,"address_space":bytes,"threads":n}
 *              worker → server  HELLO {"duckdb":"v…","lacks":["landlock",…]}
 *
 *   query      server → worker  ATTACH {"schema","table","version","columns":[{"name","type"}],"segments":N}
 *                               + descriptors of Parquet files, oldest first; SEGMENTS + descriptors until there are N
 *              server → worker  DETACH {"schema","table"}
 *                               ATTACH and DETACH are answered DONE {} or FAILED on the control socket
 *              server → worker  QUERY {"sql","params":[…],"format":n,"max_rows","max_bytes","truncate","seconds"}
 *                               + one end of a socket pair; with format ENGINE_PARQUET a descriptor to write to as well
 *              on that socket   worker → server  COLUMNS {"columns":[{"name","type"}]}, ROWS (result bytes)…, then
 *                               END {"rows","truncated"} or FAILED. The server closes it to cancel.
 *
 *   import     server → worker  IMPORT {"name","size","seekable", and the options} + descriptor of the file
 *              worker → server  PROGRESS {"bytes","total"}
 *                               OPEN {"table":n,"name"} → server answers OUTPUT {"table":n} + descriptor to write to
 *                               DROP {"table":n}
 *                               NEED_SOURCE {"seekable"} → server answers SOURCE {"seekable"} + descriptor
 *                               REJECTS {"table":n,"items":[…]}
 *                               DONE {…} or FAILED
 *
 *   FAILED is {"kind":n,"code","field","message"}: see frame_send_failed and frame_read_failed.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define FRAME_MAX_FDS 16
#define FRAME_HEADER_BYTES 8

enum frame_type {
	FRAME_CLOSED = 0, /* never sent: frame_recv found the other end closed, between two frames */
	FRAME_HELLO,
	FRAME_IMPORT,
	FRAME_PROGRESS,
	FRAME_OPEN,
	FRAME_OUTPUT,
	FRAME_DROP,
	FRAME_NEED_SOURCE,
	FRAME_SOURCE,
	FRAME_REJECTS,
	FRAME_DONE,
	FRAME_FAILED,
	FRAME_CANCEL,
	FRAME_ATTACH,
	FRAME_SEGMENTS,
	FRAME_DETACH,
	FRAME_QUERY,
	FRAME_COLUMNS,
	FRAME_ROWS,
	FRAME_END,
	FRAME_TYPES
};

/* How a result is written. */
enum engine_format {
	ENGINE_JSON,     /* [1,"a",null],\n[2,…] : rows without the outer brackets, a comma between */
	ENGINE_CSV,      /* RFC 4180 with a header row */
	ENGINE_CSV_SAFE, /* the same; cells that begin with = + - @ or a tab get a ' before, unless they are numbers */
	ENGINE_COLUMNS,  /* binary chunks: engine/columns.h */
	ENGINE_PARQUET,  /* one file, zstd, in order */
};
#define ENGINE_FORMATS (ENGINE_PARQUET + 1)

struct frame {
	enum frame_type type;
	struct buf payload;
	int fds[FRAME_MAX_FDS]; /* -1 where claimed */
	size_t n_fds;
};

/* How long a call may wait. NULL in its place: for ever. */
struct frame_wait {
	int64_t deadline;           /* clock_monotonic(); 0 = none. Past it: ERR_TIMEOUT */
	const _Atomic bool *cancel; /* looked at every FRAME_CANCEL_USEC; then ERR_CANCELLED. May be NULL */
};
#define FRAME_CANCEL_USEC 50000

/* A connected pair, both close-on-exec. */
bool frame_pair(int ret[2], struct err *e);

/* Sends one frame; the descriptors stay the caller's. The other end gone: ERR_UNAVAILABLE, code engine_closed. */
bool frame_send(int fd, enum frame_type type, struct str payload, const int *fds, size_t n_fds, struct err *e);
bool frame_send_wait(int fd, enum frame_type type, struct str payload, const int *fds, size_t n_fds,
		     const struct frame_wait *wait, struct err *e);

/*
 * Receives one frame. The caller owns *ret and calls frame_free, which closes what was not claimed. The other end
 * closed between frames: true, with type FRAME_CLOSED; within one: ERR_UNAVAILABLE, code engine_closed.
 */
bool frame_recv(int fd, struct frame *ret, struct err *e);
bool frame_recv_wait(int fd, struct frame *ret, const struct frame_wait *wait, struct err *e);
void frame_free(struct frame *f);

/* Takes descriptor i out of f; -1 when there is none. */
int frame_take_fd(struct frame *f, size_t i);
static inline struct str frame_payload(const struct frame *f)
{
	return buf_str(&f->payload);
}

/* FAILED with an err, and back: read fills e with what the payload says (false always, like err_set). */
bool frame_send_failed(int fd, const struct err *failure, const struct frame_wait *wait, struct err *e);
bool frame_read_failed(struct str payload, struct err *e);
/* For messages: "query", "rows", … */
const char *frame_type_name(enum frame_type type);
