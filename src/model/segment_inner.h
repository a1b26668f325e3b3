/* What the files of model/segment.h share. */
#pragma once

#include "model/segment.h"

struct segment_store {
	int dir_fd;
	struct key master;
};

/* The key of one segment; wipe it with key_wipe. */
void segment_key(const struct segment_store *s, int64_t id, struct key *ret);
/* Its name within the folder. */
void segment_file(int64_t id, char ret[32]);
