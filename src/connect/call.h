/*
 * One call to another service over HTTP, through libcurl: TLS is verified, redirects are not followed, proxies of the
 * environment are not used, the answer is bounded in bytes and time, and addresses in private networks are refused
 * after the name was resolved, unless the installation allows them. Errors name the host at most: neither the path nor
 * the headers, which may hold a secret. Any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdatomic.h>

/* Of the installation; lives as long as the server. */
struct connect_options {
	const char *telegram_url;   /* "https://api.telegram.org" */
	const char *telegram_token; /* for organisations that set none; NULL = none */
	const char *authorities;    /* file of certificate authorities (PEM) instead of the system's; NULL */
	bool private_allowed;       /* mail servers and webhooks in private networks */
	int seconds;                /* one call may take */
};

#define CALL_ANSWER_BYTES (64 * KIB)
#define CALL_CONNECT_SECONDS 10

/* A part of a form, for uploads. */
struct call_part {
	const char *name, *file, *type; /* file and type NULL: a plain field */
	struct str data;
};

struct call {
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated, or NULL */
	struct str body;            /* sent with POST when there are no parts */
	const struct call_part *parts;
	size_t n_parts;
	bool any_address;           /* the address is the installation's own setting */
	const _Atomic bool *cancel; /* may be NULL */
};

/* The status of the answer and its body. ERR_UNAVAILABLE (code "away", "certificate", "encryption" or
 * "login") when there was none; ERR_FORBIDDEN (code
 * "private_address") when it leads into a private network. */
MUST_CHECK bool call_run(const struct connect_options *o, const struct call *c, long *ret_status, struct buf *ret_body,
			 struct err *e);

/* -- for the files of this layer that use libcurl themselves -- */

struct call_guard {
	bool any_address, refused;
	const _Atomic bool *cancel;
};
/* The limits that every transfer has. The guard outlives the handle. */
void call_limits(void *curl, const struct connect_options *o, struct call_guard *guard, const char *protocols);
/* An error out of a result of libcurl; false. */
bool call_failed(int code, const struct call_guard *guard, struct err *e);

struct sockaddr;
/* Loopback, private, link-local, multicast, reserved: not a place of the public Internet. */
bool address_is_private(const struct sockaddr *a);
