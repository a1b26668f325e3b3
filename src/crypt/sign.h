/* Signatures under what other programs are sent, and base64. No state, any thread. */
#pragma once

#include "base/buf.h"

#define SIGN_HEX 65 /* 64 hexadecimal digits, NUL */

/* HMAC-SHA256 under the secret of "TIMESTAMP.BODY". */
void sign_body(struct str secret, int64_t timestamp, struct str body, char ret[SIGN_HEX]);
/* Standard base64 with padding, appended. */
void base64_add(struct buf *b, struct str bytes);
