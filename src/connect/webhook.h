/*
 * Webhooks: the report as JSON, signed. The receiver checks Vitrina-Signature, "sha256=" and the hexadecimal
 * HMAC-SHA256 under the target's secret of the value of Vitrina-Timestamp (Unix seconds), a dot and the body;
 * Vitrina-Delivery stays the same over all attempts. Any answer of 2xx is success; 410 switches the target off. Any
 * thread.
 */
#pragma once

#include "connect/call.h"
#include "connect/sent.h"

void webhook_send(const struct connect_options *o, const char *url, struct str secret, int64_t delivery,
		  struct str json, const _Atomic bool *cancel, struct sent *ret);
