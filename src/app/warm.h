/*
 * Housekeeping of a running server, on a thread of its own: at the start it loads what the first search would otherwise
 * wait for; every hour it removes sessions and invitations that have expired.
 */
#pragma once

struct instance;
struct warming;

void warming_start(struct instance *in, struct warming **ret);
/* Waits for the thread. Takes NULL. */
void warming_stop(struct warming **w);
