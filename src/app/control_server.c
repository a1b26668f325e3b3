#include "app/cli.h"
#include "app/control.h"
#include "app/datadir.h"
#include "app/run.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REQUEST_SECONDS 10
#define STOP_SECONDS 10
#define COMMAND_ARENA (64 * MIB)

/* One client. Its thread owns it but for `cancel` and `over`, by which the listening thread talks to it. */
struct client {
	struct control_server *server;
	pthread_t thread;
	int fd;
	uid_t uid;
	bool used;
	_Atomic bool cancel, over;
};

struct control_server {
	struct instance *inst;
	const struct settings *settings;
	int listener, wake; /* wake: an eventfd */
	pthread_t thread;
	_Atomic bool stopping;
	struct client clients[LIMIT_COMMANDS];
};

/* A stream whose bytes go to the client as frames. */
struct frames {
	int fd;
	enum control_frame type;
};

static ssize_t frames_write(void *cookie, const char *p, size_t n)
{
	struct frames *f = cookie;
	for (size_t done = 0; done < n;) {
		size_t part = MIN(n - done, CONTROL_FRAME_BYTES);
		if (!control_send_frame(f->fd, f->type, p + done, part))
			return 0; /* stdio takes 0 for an error */
		done += part;
	}
	return (ssize_t)n;
}

static FILE *frames_open(struct frames *f, bool lines)
{
	FILE *out = fopencookie(f, "w", (cookie_io_functions_t){ .write = frames_write });
	if (out)
		setvbuf(out, NULL, lines ? _IOLBF : _IOFBF, CONTROL_FRAME_BYTES);
	return out;
}

static void log_command(const struct client *c, const struct control_request *rq, const struct command_line *l,
			int status)
{
	struct log_line line;
	log_begin(&line, LOG_INFO, "command");
	/* The name alone: arguments may be people's names. */
	log_cstr(&line, "name", l->def->name);
	log_i64(&line, "uid", c->uid);
	log_i64(&line, "pid", rq->pid);
	log_i64(&line, "status", status);
	log_end(&line);
}

static int run_line(struct client *c, struct arena *a, const struct control_request *rq, FILE *out, FILE *err)
{
	struct command_line line;
	struct err e = { 0 };
	if (!cli_parse(a, rq->argc, rq->argv, &line, &e)) {
		command_complain(err, &e);
		return err_exit_status(e.kind);
	}
	bool here =
		line.def && (line.def->place == PLACE_FOLDER ? line.def->args == ARGS_TEXT || rq->n_files == line.n_args
							     : line.def->also_in_server);
	if (!here) {
		err_set(&e, ERR_USAGE, NULL, "this command cannot run in a server");
		command_complain(err, &e);
		return 2;
	}
	struct command command = {
		.line = &line,
		.settings = c->server->settings,
		.inst = c->server->inst,
		.screen = rq->screen,
		.out = out,
		.err = err,
		.files = rq->files,
		.input = rq->input,
		.uid = c->uid,
		.cancel = &c->cancel,
		.arena = a,
		.in_server = true,
	};
	int status = command_execute(&command);
	log_command(c, rq, &line, status);
	return status;
}

static void serve(struct client *c)
{
	struct arena a = ARENA_INIT(COMMAND_ARENA);
	struct frames to_out = { c->fd, CONTROL_OUT }, to_err = { c->fd, CONTROL_ERR };
	struct control_request rq;
	struct err e = { 0 };
	unsigned char status = 1;
	FILE *out = frames_open(&to_out, false), *err = frames_open(&to_err, true);
	bool good = control_receive(c->fd, &a, &rq, &e);
	control_send_frame(c->fd, CONTROL_ACCEPTED, "", 0);
	if (out && err && good)
		status = (unsigned char)run_line(c, &a, &rq, out, err);
	else if (err)
		command_complain(err, &e);
	if (out)
		fclose(out);
	if (err)
		fclose(err);
	fd_close(&rq.input);
	for (size_t i = 0; i < rq.n_files; i++)
		fd_close(&rq.files[i]);
	control_send_frame(c->fd, CONTROL_EXIT, &status, 1);
	arena_free(&a);
}

static void wake_listener(struct control_server *s)
{
	uint64_t one = 1;
	while (write(s->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static void *client_thread(void *arg)
{
	struct client *c = arg;
	serve(c);
	atomic_store(&c->over, true);
	wake_listener(c->server);
	return NULL;
}

static void client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
	fd_close(&c->fd);
	c->used = false;
}

/* A socket that is refused hears why. */
static void refuse(int fd, const char *message)
{
	unsigned char status = 1;
	control_send_frame(fd, CONTROL_ACCEPTED, "", 0);
	control_send_frame(fd, CONTROL_ERR, message, strlen(message));
	control_send_frame(fd, CONTROL_EXIT, &status, 1);
	close(fd);
}

static void set_patience(int fd)
{
	struct timeval t = { .tv_sec = REQUEST_SECONDS };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

static void accept_one(struct control_server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t n = sizeof peer;
	struct client *c = NULL;
	if (fd < 0) {
		/* Out of descriptors, most likely: asking again at once would only keep a processor busy. */
		poll(NULL, 0, 50);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || (peer.uid != 0 && peer.uid != geteuid())) {
		refuse(fd, "vitrina: this data folder belongs to another user\n");
		return;
	}
	for (size_t i = 0; i < countof(s->clients) && !c; i++)
		c = s->clients[i].used ? NULL : &s->clients[i];
	if (!c) {
		refuse(fd, "vitrina: the server runs too many commands already; try again later\n");
		return;
	}
	set_patience(fd);
	c->server = s;
	c->fd = fd;
	c->uid = peer.uid;
	atomic_store(&c->cancel, false);
	atomic_store(&c->over, false);
	c->used = pthread_create(&c->thread, NULL, client_thread, c) == 0;
	if (!c->used)
		refuse(fd, "vitrina: the machine gives no thread for this command\n");
}

/* One round: new clients, clients that went away, commands that ended. */
static void watch_round(struct control_server *s)
{
	struct pollfd p[2 + LIMIT_COMMANDS] = { { s->listener, POLLIN, 0 }, { s->wake, POLLIN, 0 } };
	struct client *of[2 + LIMIT_COMMANDS];
	nfds_t n = 2;
	for (size_t i = 0; i < countof(s->clients); i++)
		if (s->clients[i].used && !atomic_load(&s->clients[i].cancel)) {
			of[n] = &s->clients[i];
			p[n++] = (struct pollfd){ s->clients[i].fd, POLLRDHUP, 0 };
		}
	if (poll(p, n, -1) <= 0)
		return;
	if (p[1].revents) {
		uint64_t count;
		while (read(s->wake, &count, sizeof count) < 0 && errno == EINTR)
			;
	}
	for (nfds_t i = 2; i < n; i++)
		if (p[i].revents)
			atomic_store(&of[i]->cancel, true);
	for (size_t i = 0; i < countof(s->clients); i++)
		if (s->clients[i].used && atomic_load(&s->clients[i].over))
			client_end(&s->clients[i]);
	if (p[0].revents)
		accept_one(s);
}

static void *listener_thread(void *arg)
{
	struct control_server *s = arg;
	while (!atomic_load(&s->stopping))
		watch_round(s);
	return NULL;
}

bool control_server_start(struct instance *inst, const struct settings *settings, struct control_server **ret,
			  struct err *e)
{
	struct control_server *s = mem_zalloc(sizeof *s);
	s->inst = inst;
	s->settings = settings;
	s->listener = s->wake = -1;
	bool good = datadir_control_listen(inst->dir, &s->listener, e);
	if (good) {
		s->wake = eventfd(0, EFD_CLOEXEC);
		int why = s->wake < 0 ? errno : pthread_create(&s->thread, NULL, listener_thread, s);
		good = why == 0 || err_errno(e, why, "control socket");
	}
	if (!good) {
		fd_close(&s->listener);
		fd_close(&s->wake);
		free(s);
		return false;
	}
	*ret = s;
	return true;
}

/* Commands get some time to end by themselves, then their clients are cut off, so that no write of theirs waits. */
static void end_clients(struct control_server *s)
{
	for (size_t i = 0; i < countof(s->clients); i++)
		atomic_store(&s->clients[i].cancel, true);
	for (int64_t tenths = 0; tenths < STOP_SECONDS * 10; tenths++) {
		bool busy = false;
		for (size_t i = 0; i < countof(s->clients); i++)
			busy |= s->clients[i].used && !atomic_load(&s->clients[i].over);
		if (!busy)
			break;
		struct pollfd p = { s->wake, POLLIN, 0 };
		if (poll(&p, 1, 100) > 0) {
			uint64_t count;
			while (read(s->wake, &count, sizeof count) < 0 && errno == EINTR)
				;
		}
	}
	for (size_t i = 0; i < countof(s->clients); i++)
		if (s->clients[i].used) {
			shutdown(s->clients[i].fd, SHUT_RDWR);
			client_end(&s->clients[i]);
		}
}

void control_server_stop(struct control_server **sp)
{
	struct control_server *s = *sp;
	if (!s)
		return;
	*sp = NULL;
	datadir_control_remove(s->inst->dir);
	atomic_store(&s->stopping, true);
	wake_listener(s);
	pthread_join(s->thread, NULL);
	fd_close(&s->listener);
	end_clients(s);
	fd_close(&s->wake);
	free(s);
}
