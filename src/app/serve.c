#include "app/serve.h"

#include "analysis/forecast_run.h"
#include "api/api.h"
#include "api/call.h"
#include "app/control.h"
#include "app/datadir.h"
#include "app/figures.h"
#include "app/open.h"
#include "app/settings.h"
#include "app/version.h"
#include "app/warm.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "connect/sender.h"
#include "connect/telegram.h"
#include "connect/vouchers.h"
#include "http/server.h"
#include "http/static.h"
#include "job/clock.h"
#include "job/job.h"
#include "model/retrain.h"
#include "report/send.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define LOCK_WAIT_USEC (10 * USEC_PER_SEC)
#define LOCK_RETRY_MS 20

/* One server a process: set by a command on a thread of it, read by the main thread when SIGUSR1 wakes it. */
static _Atomic bool exchange_wanted;

void serve_exchange(void)
{
	atomic_store(&exchange_wanted, true);
	kill(getpid(), SIGUSR1);
}

struct serving {
	const struct settings *settings;
	const char *listen;
	struct instance *inst;
	struct api api;
	struct http_hooks hooks;
	struct proxies proxies;
	struct http_server *http;
	struct control_server *control;
	struct warming *warming;
	struct clock_source clocked[2]; /* what runs by itself */
};

static void serving_end(struct serving *s)
{
	/* Requests first: they may wait for jobs, which still run. Commands next, then jobs and engines. */
	if (s->http)
		http_server_stop(s->http);
	control_server_stop(&s->control);
	warming_stop(&s->warming);
	http_server_free(s->http);
	if (s->inst) {
		job_clock_stop(&s->inst->clock);
		sender_stop(&s->inst->sender);
	}
	if (s->inst)
		job_queue_free(&s->inst->jobs); /* jobs write to what is closed next */
	vouchers_close(&s->api.vouchers);
	api_close(&s->api);
	instance_close(&s->inst);
}

/* The folder's lock, waiting a little for a command that has it; a server that has it is a refusal. */
static bool take_folder(const char *dir, int *ret_lock, struct err *e)
{
	int64_t since = clock_monotonic();
	if (!datadir_check(dir, e))
		return false;
	for (;;) {
		pid_t holder = 0;
		CLEANUP(fd_close) int control = -1;
		if (!datadir_lock(dir, ret_lock, &holder, e))
			return false;
		if (*ret_lock >= 0)
			return true;
		if (!datadir_control_connect(dir, &control, e))
			return false;
		if (control >= 0)
			return err_set(e, ERR_CONFLICT, "already_serving", "a server (process %ld) already works in %s",
				       (long)holder, dir);
		if (clock_monotonic() - since > LOCK_WAIT_USEC)
			return err_set(e, ERR_CONFLICT, "busy", "process %ld is at work in %s", (long)holder, dir);
		poll(NULL, 0, LOCK_RETRY_MS);
	}
}

static bool start_http(struct serving *s, struct err *e)
{
	struct http_config c = {
		.net = net_config_default(),
		.workers = (size_t)setting_number(s->settings, SETTING_THREADS),
		.resources = api_resources,
		.n_resources = api_resources_n,
		.shapes = api_shapes,
		.n_shapes = api_shapes_n,
		.hooks = &s->hooks,
		.files = &page_files,
		.app = &s->api,
		.title = "Vitrina",
		.version = VITRINA_VERSION,
		.session_cookie = API_COOKIE,
	};
	c.net.tls_cert = setting_text(s->settings, SETTING_TLS_CERT);
	c.net.tls_key = setting_text(s->settings, SETTING_TLS_KEY);
	if (!c.net.tls_cert != !c.net.tls_key)
		return err_set(e, ERR_USAGE, NULL, "tls_cert and tls_key go together: only one of them is set");
	const char *proxies = setting_text(s->settings, SETTING_TRUSTED_PROXIES);
	if (proxies && !proxies_parse(str_of(proxies), &s->proxies, e))
		return false;
	c.net.proxies = &s->proxies;
	if (!http_server_new(&c, &s->http, e))
		return false;
	figures_register(s->http, s->inst);
	return http_server_listen(s->http, s->listen, c.net.tls_cert != NULL, e) && http_server_start(s->http, e);
}

static bool open_vouchers(struct serving *s, struct err *e)
{
	struct vouchers_options o = {
		.mongodb_uri = setting_text(s->settings, SETTING_MONGODB_URI),
		.mongodb_collection = setting_text(s->settings, SETTING_MONGODB_COLLECTION),
		.select_ms = (int)setting_number(s->settings, SETTING_MONGODB_SELECT_MS),
		.socket_ms = (int)setting_number(s->settings, SETTING_MONGODB_SOCKET_MS),
	};
	return vouchers_open(s->inst, &o, &s->api.vouchers, e);
}

static bool run_report(void *ctx, struct db *db, bool *ret_found, struct err *e)
{
	return report_run_due(ctx, db, ret_found, e);
}

static bool run_training(void *ctx, struct db *db, bool *ret_found, struct err *e)
{
	return training_run_due(ctx, db, ret_found, e);
}

static bool start_clock(struct serving *s, struct err *e)
{
	s->clocked[0] = (struct clock_source){ run_report, report_next_due, s->inst };
	s->clocked[1] = (struct clock_source){ run_training, retrain_next_due, s->inst };
	return job_clock_start(s->inst->dbs, s->clocked, countof(s->clocked), &s->inst->clock, e);
}

static bool start_sending(struct serving *s, struct err *e)
{
	struct connect_options o = {
		.telegram_url = setting_text(s->settings, SETTING_TELEGRAM_URL),
		.telegram_token = setting_text(s->settings, SETTING_TELEGRAM_TOKEN_ALL),
		.authorities = setting_text(s->settings, SETTING_OUTBOUND_CA),
		.private_allowed = setting_number(s->settings, SETTING_OUTBOUND_PRIVATE) != 0,
		.seconds = (int)setting_number(s->settings, SETTING_OUTBOUND_SECONDS),
	};
	struct str url = str_of(o.telegram_url);
	if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
		return err_field(e, ERR_USAGE, "telegram_url",
				 "telegram_url is an address as https://api.telegram.org");
	if (o.telegram_token && !telegram_token_valid(str_of(o.telegram_token)))
		return err_field(e, ERR_USAGE, "telegram_token", "telegram_token is not a bot's token");
	return sender_start(s->inst, &o, &s->inst->sender, e) && start_clock(s, e);
}

static bool serving_start(struct serving *s, struct err *e)
{
	if (!instance_open(s->settings, s->settings->dir, INSTANCE_SERVE, &s->inst, e))
		return false;
	s->api = (struct api){
		.inst = s->inst,
		.session_seconds = setting_number(s->settings, SETTING_SESSION_HOURS) * 3600,
		.remember_seconds = setting_number(s->settings, SETTING_SESSION_REMEMBER_DAYS) * 86400,
		.invitation_seconds = setting_number(s->settings, SETTING_INVITATION_DAYS) * 86400,
		.query_seconds = (int)setting_number(s->settings, SETTING_QUERY_SECONDS),
	};
	api_open(&s->api);
	s->hooks = api_hooks(&s->api);
	if (!open_vouchers(s, e) || !start_sending(s, e) || !start_http(s, e) ||
	    !control_server_start(s->inst, s->settings, &s->control, e))
		return false;
	warming_start(s->inst, &s->warming);
	return true;
}

static void reload(struct serving *s)
{
	struct err e = { 0 };
	if (!setting_text(s->settings, SETTING_TLS_CERT))
		return;
	if (http_server_reload_tls(s->http, &e)) {
		log_event(LOG_INFO, "certificate_reloaded", "new connections use it");
		return;
	}
	struct log_line l;
	log_begin(&l, LOG_ERROR, "certificate_not_reloaded");
	log_err(&l, &e);
	log_end(&l);
}

/* Until it is asked to stop (false) or to go on with another folder (true). */
static bool serve_until_asked(struct serving *s, const sigset_t *signals)
{
	for (;;) {
		int sig = sigwaitinfo(signals, NULL);
		if (sig == SIGHUP)
			reload(s);
		else if (sig == SIGUSR1 && atomic_exchange(&exchange_wanted, false))
			return true;
		else if (sig > 0 && sig != SIGUSR1)
			break;
	}
	log_event(LOG_INFO, "stopping", "at most %d seconds for what is running", LIMIT_STOP_SECONDS);
	return false;
}

/* The folder that was made beside takes the place of the served one, which is closed. */
static bool exchange_folder(const char *dir, int *lock, struct err *e)
{
	char path[4096];
	CLEANUP(fd_close) int new_lock = -1;
	datadir_new_path(dir, path, sizeof path);
	if (!datadir_check(path, e) || !datadir_lock(path, &new_lock, NULL, e))
		return false;
	if (new_lock < 0)
		return err_set(e, ERR_CONFLICT, "busy", "another process is at work in %s", path);
	if (!datadir_new_replace(path, dir, e))
		return false;
	fd_close(lock);
	*lock = new_lock;
	new_lock = -1;
	log_event(LOG_WARN, "restored", "the data folder was replaced by a restored one");
	return true;
}

/* What cannot be exchanged is no reason to stop: the old folder is served on. */
static void try_exchange(const char *dir, int *lock)
{
	struct err e = { 0 };
	struct log_line l;
	if (exchange_folder(dir, lock, &e))
		return;
	log_begin(&l, LOG_ERROR, "not_restored");
	log_err(&l, &e);
	log_end(&l);
}

/* "http://127.0.0.1:8080" → "127.0.0.1:8080", so that a second start gets the port that the first one found. */
static void keep_address(const char *address, char *ret, size_t cap)
{
	const char *host = strstr(address, "://");
	snprintf(ret, cap, "%s", host ? host + 3 : address);
}

static bool serve_rounds(struct command *c, int *lock, const sigset_t *signals, struct err *e)
{
	char listen[300];
	snprintf(listen, sizeof listen, "%s", setting_text(c->settings, SETTING_LISTEN));
	for (bool first = true;; first = false) {
		struct serving s = { .settings = c->settings, .listen = listen };
		int64_t began = clock_monotonic();
		bool good = serving_start(&s, e), again = false;
		if (good) {
			keep_address(http_server_address(s.http, 0), listen, sizeof listen);
			if (first)
				fprintf(c->out, "listening on %s\n", http_server_address(s.http, 0));
			fflush(c->out);
			log_event(LOG_INFO, "ready", "after %lld us", (long long)(clock_monotonic() - began));
			again = serve_until_asked(&s, signals);
		}
		serving_end(&s);
		if (!good || !again)
			return good;
		try_exchange(c->settings->dir, lock);
	}
}

static pthread_t waiting;

static void pass_on(int sig)
{
	pthread_kill(waiting, sig);
}

/*
 * A thread that a library started before main (OpenBLAS does) does not block our signals, and the kernel may give one
 * to it: from there it goes on to the thread that waits for it, instead of being lost.
 */
static void pass_signals_on(const sigset_t *signals)
{
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	sigfillset(&action.sa_mask);
	waiting = pthread_self();
	for (int sig = 1; sig < SIGRTMIN; sig++)
		if (sigismember(signals, sig) == 1)
			sigaction(sig, &action, NULL);
}

bool command_serve(struct command *c, struct err *e)
{
	CLEANUP(fd_close) int lock = -1;
	sigset_t signals;
	/* Blocked before any thread starts, so that only the wait below gets them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	pass_signals_on(&signals);
	return take_folder(c->settings->dir, &lock, e) && serve_rounds(c, &lock, &signals, e);
}
