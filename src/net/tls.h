/*
 * TLS 1.3 over memory: ciphertext in, plain bytes out and back. No sockets here; conn.c and out.c move the bytes.
 * A context is shared by many connections and counted by OpenSSL; a struct tls belongs to one loop thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

struct tls_context;
struct tls;

/* Reads the certificate chain and its key (PEM). Errors name the file. */
bool tls_context_new(const char *cert, const char *key, struct tls_context **ret, struct err *e);
void tls_context_free(struct tls_context *c);
/* Puts new files in the place of the old ones, for connections to come; on failure nothing changes. Any thread. */
bool tls_context_reload(struct tls_context *c, struct err *e);

struct tls *tls_new(struct tls_context *c);
void tls_free(struct tls *t);
void tls_feed(struct tls *t, const void *p, size_t n);
/* Plain bytes: > 0; 0 = more ciphertext is needed; TLS_CLOSED, TLS_FAILED. */
enum { TLS_CLOSED = -1, TLS_FAILED = -2 };
ssize_t tls_read(struct tls *t, void *p, size_t n);
bool tls_write(struct tls *t, const void *p, size_t n);
void tls_shutdown(struct tls *t);
/* Ciphertext to be sent; tls_sent() drops what was. */
struct str tls_pending(struct tls *t);
void tls_sent(struct tls *t);
