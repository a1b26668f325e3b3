/*
 * Proxies that we believe: whose X-Forwarded-For names the real client. Of anybody else that header is ignored, as it
 * says whatever its sender likes.
 *
 * A list is parsed once and only read afterwards, by any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define PROXIES_MAX 64
#define PROXY_ADDRESS_BYTES 48 /* room for an address as text */

struct proxies {
	bool local; /* "unix": who comes by a Unix socket */
	size_t n;
	struct {
		unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
		unsigned bits;             /* of the 128 that must agree */
	} nets[PROXIES_MAX];
};

/* "10.0.0.0/8, ::1 unix": addresses, networks and the word unix, with commas or blanks between. */
bool proxies_parse(struct str list, struct proxies *ret, struct err *e);
/* peer: an address as text, or "unix". p may be NULL. */
bool proxies_trust(const struct proxies *p, struct str peer);
/* One entry of X-Forwarded-For, "1.2.3.4", "1.2.3.4:80", "[::1]:80" or "::1", in its plain form. */
bool proxies_address(struct str entry, char ret[PROXY_ADDRESS_BYTES]);
