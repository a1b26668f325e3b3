#include "connect/webhook.h"

#include "crypt/sign.h"

#include <stdio.h>

void webhook_send(const struct connect_options *o, const char *url, struct str secret, int64_t delivery,
		  struct str json, const _Atomic bool *cancel, struct sent *ret)
{
	CLEANUP(buf_free) struct buf answer = BUF_INIT(CALL_ANSWER_BYTES);
	char signature[SIGN_HEX], id[64], at[64], sign[128];
	int64_t now = clock_now() / USEC_PER_SEC;
	struct err e = { 0 };
	long status = 0;
	sign_body(secret, now, json, signature);
	snprintf(id, sizeof id, "Vitrina-Delivery: %lld", (long long)delivery);
	snprintf(at, sizeof at, "Vitrina-Timestamp: %lld", (long long)now);
	snprintf(sign, sizeof sign, "Vitrina-Signature: sha256=%s", signature);
	const char *const headers[] = { "Content-Type: application/json", id, at, sign, NULL };
	struct call c = { .url = url, .headers = headers, .body = json, .cancel = cancel };
	*ret = (struct sent){ .result = SENT_DONE };
	if (!call_run(o, &c, &status, &answer, &e)) {
		ret->result = e.kind == ERR_CANCELLED   ? SENT_STOPPING
			      : e.kind == ERR_FORBIDDEN ? SENT_FAILED
							: SENT_AGAIN;
		sent_code(ret, err_code(&e));
		snprintf(ret->reason, sizeof ret->reason, "%.250s", e.message);
	} else if (status == 410) {
		ret->result = SENT_TARGET_OFF;
		sent_code(ret, "gone");
		snprintf(ret->reason, sizeof ret->reason, "the webhook answers 410: it is gone for good");
	} else if (status / 100 != 2) {
		ret->result = SENT_AGAIN;
		sent_code(ret, status / 100 == 3 ? "redirect" : "answer");
		snprintf(ret->reason, sizeof ret->reason, "the webhook answers %ld%s", status,
			 status / 100 == 3 ? "; redirects are not followed" : "");
	}
}
