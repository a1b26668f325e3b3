/*
 * Opening and closing a data folder. The caller holds its lock (app/datadir.h).
 */
#pragma once

#include "analysis/instance.h"
#include "app/settings.h"

#define INSTANCE_SERVE 1u /* for a server: with a job queue, and what the last process left undone is noted */
#define INSTANCE_NEW 2u   /* make the store; the folder exists and is empty */

/* dir: usually s->dir. The key is that of the settings. */
bool instance_open(const struct settings *s, const char *dir, unsigned flags, struct instance **ret, struct err *e);
/* Stops jobs and engines. Takes NULL. */
void instance_close(struct instance **in);
