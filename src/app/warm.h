/* After the start of a server: what the first request would otherwise wait for is loaded by a thread of its own. */
#pragma once

struct instance;
struct warming;

void warming_start(struct instance *in, struct warming **ret);
/* Waits for the thread. Takes NULL. */
void warming_stop(struct warming **w);
