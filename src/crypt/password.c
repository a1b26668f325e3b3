#include "crypt/password.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "crypt/keys.h"
#include "crypt/token.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_SECONDS 10       /* for a turn to hash */
#define MAX_WAITING 16        /* for one */
#define BCRYPT_BYTES 60       /* of a bcrypt hash: setting and digest */
#define BCRYPT_SETTING 29     /* "$2b$12$" and 22 characters of salt */
#define BCRYPT_MAX_COST 15    /* 2^15 rounds: some three seconds; more would be a way to stop the server */
#define ARGON_MAX_KIB 1048576 /* 1 GiB */
#define ARGON_MAX_PASSES 20

static struct {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct password_cost cost;
	unsigned busy, waiting;
} turns = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, { 64 * MIB, 3, 2 }, 0, 0 };

void password_set_cost(const struct password_cost *cost)
{
	pthread_mutex_lock(&turns.lock);
	if (cost->memory)
		turns.cost.memory = MAX(cost->memory, (size_t)crypto_pwhash_MEMLIMIT_MIN);
	if (cost->passes)
		turns.cost.passes = cost->passes;
	if (cost->concurrent)
		turns.cost.concurrent = cost->concurrent;
	pthread_cond_broadcast(&turns.freed);
	pthread_mutex_unlock(&turns.lock);
}

static bool turn_begin(struct password_cost *ret_cost, struct err *e)
{
	struct timespec until;
	if (!crypt_init(e))
		return false;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	pthread_mutex_lock(&turns.lock);
	/* A flood of attempts must not hold every worker of the server: past some waiting, others are sent away. */
	int rc = turns.waiting < MAX_WAITING ? 0 : ETIMEDOUT;
	turns.waiting++;
	while (turns.busy >= turns.cost.concurrent && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&turns.freed, &turns.lock, &until);
	turns.waiting--;
	bool ok = turns.busy < turns.cost.concurrent;
	if (ok) {
		turns.busy++;
		*ret_cost = turns.cost;
	}
	pthread_mutex_unlock(&turns.lock);
	if (!ok) {
		err_set(e, ERR_UNAVAILABLE, NULL, "Too many people are signing in at this moment; try again.");
		if (e)
			e->retry_after = 2;
	}
	return ok;
}

static void turn_end(void)
{
	pthread_mutex_lock(&turns.lock);
	turns.busy--;
	pthread_cond_signal(&turns.freed);
	pthread_mutex_unlock(&turns.lock);
}

bool password_check(struct str password, struct err *e)
{
	if (password.n < PASSWORD_MIN_BYTES)
		return err_field(e, ERR_VALUE, "password", "A password has at least %d characters.",
				 PASSWORD_MIN_BYTES);
	if (password.n > PASSWORD_MAX_BYTES)
		return err_field(e, ERR_VALUE, "password", "A password has at most %d bytes.", PASSWORD_MAX_BYTES);
	if (!utf8_valid(password))
		return err_field(e, ERR_VALUE, "password", "A password is UTF-8 text.");
	for (size_t i = 0; i < password.n; i++) {
		if ((unsigned char)password.p[i] < ' ' || password.p[i] == 0x7f)
			return err_field(e, ERR_VALUE, "password", "A password has no control characters.");
	}
	return true;
}

bool password_hash(struct str password, char ret[PASSWORD_HASH_BYTES], struct err *e)
{
	return password_check(password, e) && password_rehash(password, ret, e);
}

bool password_rehash(struct str password, char ret[PASSWORD_HASH_BYTES], struct err *e)
{
	_Static_assert(PASSWORD_HASH_BYTES == crypto_pwhash_STRBYTES, "size");
	struct password_cost cost;
	char made[PASSWORD_HASH_BYTES];
	if (!turn_begin(&cost, e))
		return false;
	int rc = crypto_pwhash_str_alg(made, password.p ? password.p : "", password.n, cost.passes, cost.memory,
				       crypto_pwhash_ALG_ARGON2ID13);
	turn_end();
	if (rc != 0)
		return err_set(e, ERR_UNAVAILABLE, NULL, "There is not enough memory to hash a password.");
	memcpy(ret, made, sizeof made);
	return true;
}

bool password_is_bcrypt(const char *hash)
{
	return hash && hash[0] == '$' && hash[1] == '2' && hash[2] && strchr("aby", hash[2]) && hash[3] == '$';
}

/* crypt(3) with `setting`; the result into ret (BCRYPT_BYTES + 1). False when it is not such a setting. */
static bool bcrypt_digest(struct str password, const char *setting, char *ret)
{
	char plain[PASSWORD_MAX_BYTES + 1];
	struct crypt_data *data = mem_zalloc(sizeof *data);
	size_t n = MIN(password.n, (size_t)PASSWORD_MAX_BYTES);
	if (n)
		memcpy(plain, password.p, n);
	plain[n] = 0;
	const char *made = crypt_r(plain, setting, data);
	bool ok = made && strlen(made) == BCRYPT_BYTES;
	if (ok)
		memcpy(ret, made, BCRYPT_BYTES + 1);
	sodium_memzero(plain, sizeof plain);
	sodium_memzero(data, sizeof *data);
	free(data);
	return ok;
}

static bool verify_bcrypt(struct str password, const char *hash)
{
	char made[BCRYPT_BYTES + 1];
	/* crypt(3) ends at a NUL: "secret\0x" must not pass for "secret". */
	bool ends_early = password.n && memchr(password.p, 0, password.n);
	return bcrypt_digest(password, hash, made) && secret_equal(str_of(made), str_of(hash)) && !ends_early;
}

bool password_verify(struct str password, const char *hash, bool *ret_match, bool *ret_renew, struct err *e)
{
	struct password_cost cost;
	bool match = false, renew = false;
	bool readable = hash && password_hash_valid(str_of(hash)) && password.n <= PASSWORD_MAX_BYTES;
	if (readable) {
		if (!turn_begin(&cost, e))
			return false;
		if (password_is_bcrypt(hash)) {
			match = verify_bcrypt(password, hash);
			renew = match;
		} else {
			match = crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) == 0;
			renew = match && crypto_pwhash_str_needs_rehash(hash, cost.passes, cost.memory) != 0;
		}
		turn_end();
	}
	*ret_match = match;
	*ret_renew = renew;
	return true;
}

bool password_decoy(struct str password, struct err *e)
{
	static const unsigned char salt[crypto_pwhash_SALTBYTES] = "not an account";
	unsigned char out[32];
	struct password_cost cost;
	if (!turn_begin(&cost, e))
		return false;
	int rc = crypto_pwhash(out, sizeof out, password.p ? password.p : "",
			       MIN(password.n, (size_t)PASSWORD_MAX_BYTES), salt, cost.passes, cost.memory,
			       crypto_pwhash_ALG_ARGON2ID13);
	turn_end();
	sodium_memzero(out, sizeof out);
	if (rc != 0)
		return err_set(e, ERR_UNAVAILABLE, NULL, "There is not enough memory to hash a password.");
	return true;
}

bool password_decoy_bcrypt(struct str password, const char *like, struct err *e)
{
	struct password_cost cost;
	char setting[BCRYPT_SETTING + 1], made[BCRYPT_BYTES + 1];
	if (!password_is_bcrypt(like) || !password_hash_valid(str_of(like)))
		return true;
	if (!turn_begin(&cost, e))
		return false;
	memcpy(setting, like, BCRYPT_SETTING);
	setting[BCRYPT_SETTING] = 0;
	bool made_one = bcrypt_digest(password, setting, made);
	turn_end();
	sodium_memzero(made, sizeof made);
	return made_one || err_set(e, ERR_INTERNAL, NULL, "bcrypt is not available on this machine");
}

static bool valid_bcrypt(struct str h)
{
	if (h.n != BCRYPT_BYTES || h.p[4] < '0' || h.p[4] > '9' || h.p[5] < '0' || h.p[5] > '9' || h.p[6] != '$')
		return false;
	int cost = (h.p[4] - '0') * 10 + (h.p[5] - '0');
	if (cost < 4 || cost > BCRYPT_MAX_COST)
		return false;
	for (size_t i = 7; i < h.n; i++) {
		char c = h.p[i];
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '/'))
			return false;
	}
	return true;
}

/* "NAME=123", and the number is in bounds. */
static bool parameter(struct str part, const char *name, uint64_t max)
{
	uint64_t v;
	struct str head = str_of(name);
	return str_starts(part, head) && str_to_u64(str_n(part.p + head.n, part.n - head.n), &v) && v >= 1 && v <= max;
}

/* $argon2id$v=19$m=65536,t=3,p=1$SALT$DIGEST; a hash that asks for too much work is not valid here. */
static bool valid_argon(struct str h)
{
	struct str rest = h, empty, kind, version, numbers, salt, digest, m, t, p;
	if (h.n >= PASSWORD_HASH_BYTES || !str_split(&rest, '$', &empty) || !str_split(&rest, '$', &kind) ||
	    !str_split(&rest, '$', &version) || !str_split(&rest, '$', &numbers) || !str_split(&rest, '$', &salt) ||
	    !str_split(&rest, '$', &digest) || rest.p)
		return false;
	if (!str_is(kind, "argon2id") || !str_is(version, "v=19") || salt.n < 11 || digest.n < 22)
		return false;
	return str_split(&numbers, ',', &m) && str_split(&numbers, ',', &t) && str_split(&numbers, ',', &p) &&
	       !numbers.p && parameter(m, "m=", ARGON_MAX_KIB) && parameter(t, "t=", ARGON_MAX_PASSES) &&
	       parameter(p, "p=", 1);
}

bool password_hash_valid(struct str hash)
{
	if (hash.n < 8 || memchr(hash.p, 0, hash.n))
		return false;
	if (hash.p[0] == '$' && hash.p[1] == '2' && strchr("aby", hash.p[2]) && hash.p[3] == '$')
		return valid_bcrypt(hash);
	return str_starts(hash, STR("$argon2id$")) && valid_argon(hash);
}

void password_generate(char ret[PASSWORD_GENERATED])
{
	/* No 0 O 1 I l. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	for (int i = 0; i < PASSWORD_GENERATED - 1; i++)
		ret[i] = i % 6 == 5 ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
	ret[PASSWORD_GENERATED - 1] = 0;
}
