#include "net/tls.h"

#include "base/util.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

struct tls_context {
	pthread_mutex_t lock;
	SSL_CTX *current; /* under lock */
	char *cert, *key;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* belong to ssl */
};

static bool openssl_failed(struct err *e, const char *what, const char *file)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);
	err_set(e, ERR_VALUE, "tls_files", "%s %s: %s", what, file, reason ? reason : "cannot be used");
	ERR_clear_error();
	return false;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n_out, const unsigned char *in,
			   unsigned int n_in, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, n_out, ours, sizeof ours - 1, in, n_in) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *load(const char *cert, const char *key, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool ok = false;
	if (!ctx) {
		openssl_failed(e, "TLS for", cert);
	} else if (!SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION)) {
		openssl_failed(e, "TLS 1.3 for", cert);
	} else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
		openssl_failed(e, "Certificate", cert);
	} else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		openssl_failed(e, "Key", key);
	} else if (SSL_CTX_check_private_key(ctx) != 1) {
		openssl_failed(e, "Key", key);
	} else {
		ok = true;
	}
	if (!ok) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"vitrina", 7);
	return ctx;
}

bool tls_context_new(const char *cert, const char *key, struct tls_context **ret, struct err *e)
{
	SSL_CTX *ctx = load(cert, key, e);
	if (!ctx)
		return false;
	struct tls_context *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	c->current = ctx;
	c->cert = mem_strdup(cert);
	c->key = mem_strdup(key);
	*ret = c;
	return true;
}

void tls_context_free(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->current);
	pthread_mutex_destroy(&c->lock);
	free(c->cert);
	free(c->key);
	free(c);
}

bool tls_context_reload(struct tls_context *c, struct err *e)
{
	SSL_CTX *fresh = load(c->cert, c->key, e);
	if (!fresh)
		return false;
	pthread_mutex_lock(&c->lock);
	SSL_CTX *old = c->current;
	c->current = fresh;
	pthread_mutex_unlock(&c->lock);
	SSL_CTX_free(old); /* connections that use it hold their own count */
	return true;
}

struct tls *tls_new(struct tls_context *c)
{
	struct tls *t = mem_zalloc(sizeof *t);
	pthread_mutex_lock(&c->lock);
	t->ssl = SSL_new(c->current);
	pthread_mutex_unlock(&c->lock);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out)
		abort(); /* no memory: mem_alloc would have done the same */
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_accept_state(t->ssl);
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	free(t);
}

void tls_feed(struct tls *t, const void *p, size_t n)
{
	if (n && BIO_write(t->in, p, (int)n) != (int)n)
		abort();
}

ssize_t tls_read(struct tls *t, void *p, size_t n)
{
	ERR_clear_error();
	int got = SSL_read(t->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	if (got > 0)
		return got;
	switch (SSL_get_error(t->ssl, got)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		ERR_clear_error();
		return TLS_FAILED;
	}
}

bool tls_write(struct tls *t, const void *p, size_t n)
{
	ERR_clear_error();
	return n == 0 || SSL_write(t->ssl, p, (int)n) == (int)n;
}

void tls_shutdown(struct tls *t)
{
	ERR_clear_error();
	if (SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
}

struct str tls_pending(struct tls *t)
{
	char *p = NULL;
	long n = BIO_get_mem_data(t->out, &p);
	return str_n(p, n > 0 ? (size_t)n : 0);
}

void tls_sent(struct tls *t)
{
	BIO_reset(t->out);
}
