/*
 * E-mail by SMTP through libcurl: text and HTML in one mail, the chart inline and as an attachment to be saved. The
 * line to the server is encrypted and its certificate verified, but where the installation allows private networks it
 * may be plain. Any thread.
 */
#pragma once

#include "base/arena.h"
#include "connect/call.h"
#include "connect/sent.h"

#define MAIL_SUBJECT_BYTES 300

enum mail_security { MAIL_TLS, MAIL_STARTTLS, MAIL_PLAIN };
bool mail_security_parse(struct str s, enum mail_security *ret); /* "tls", "starttls", "none" */

struct mail_server {
	const char *host;
	int64_t port;
	enum mail_security security;
	const char *security_name;
	const char *user, *password; /* "" = without */
	const char *from;
};
/* The JSON kept in the settings of an organisation. ERR_VALUE naming the field. */
MUST_CHECK bool mail_server_read(struct str json, struct arena *a, struct mail_server *ret, struct err *e);
MUST_CHECK bool mail_server_check(const struct mail_server *s, const struct connect_options *o, struct err *e);

struct mail {
	const char *to; /* addresses with commas */
	struct str subject, text, html;
	struct str picture; /* PNG; empty = none */
	int64_t delivery;   /* for the Message-ID, which stays over attempts */
};
/* A line end in the subject or an address is SENT_FAILED: nothing may be put into the head of a mail that way. */
void mail_send(const struct connect_options *o, const struct mail_server *server, const struct mail *m,
	       const _Atomic bool *cancel, struct sent *ret);
