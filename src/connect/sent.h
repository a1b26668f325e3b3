/* How an attempt to send ended. */
#pragma once

#include "base/clock.h"
#include "model/delivery.h"

enum sent_result {
	SENT_DONE,
	SENT_AGAIN,      /* later: the other side is away or busy */
	SENT_FAILED,     /* never: it says no, and will again */
	SENT_TARGET_OFF, /* never, and nothing else to this target either */
	SENT_MOVED,      /* to moved_to, at once */
	SENT_STOPPING,   /* not tried to the end: the server is going down */
};

struct sent {
	enum sent_result result;
	int64_t wait; /* microseconds that the other side asked for; 0 = not said */
	char moved_to[32];
	char reason[REASON_BYTES]; /* for a person; without secrets */
};
