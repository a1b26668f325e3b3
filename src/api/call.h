/* What the hook keeps with a request. For this layer only. */
#pragma once

#include "api/api.h"

#define API_COOKIE "vitrina_session"

struct api_call {
	struct caller caller;
	bool known; /* caller is filled and may call */
	struct db *db;
};

/* Made when it is not there; NULL when the arena is full. */
struct api_call *api_call_of(struct request *q);
