#include "engine/process.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/protocol.h"
#include "json/read.h"
#include "json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 3

/* One start, handed to the spawner thread and waited for. */
struct start {
	const char *program, *mode;
	int socket;
	pid_t pid;
	int error; /* errno, 0 = started */
	bool done;
	struct start *next;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	struct start *queue;
	bool runs;
} spawner = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, false };

static int file_actions(posix_spawn_file_actions_t *fa, int socket)
{
	bool keep = getenv("VITRINA_ENGINE_STDERR") != NULL;
	int bad = 0;
	for (int fd = 0; fd < (keep ? 2 : 3) && !bad; fd++)
		bad = posix_spawn_file_actions_addopen(fa, fd, "/dev/null", O_RDWR, 0);
	if (!bad)
		bad = posix_spawn_file_actions_adddup2(fa, socket, CONTROL_FD);
	if (!bad)
		bad = posix_spawn_file_actions_addclosefrom_np(fa, CONTROL_FD + 1);
	return bad;
}

static int start_one(struct start *s)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char *const argv[] = { (char *)"vitrina-engine", (char *)s->mode, NULL };
	char *const environment[] = { NULL };
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	/* A group of its own: Ctrl-C at the terminal is for the server, which stops its engines itself. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int bad = file_actions(&fa, s->socket);
	if (!bad)
		bad = posix_spawn(&s->pid, s->program, &fa, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return bad;
}

static void *spawner_thread(void *arg)
{
	pthread_mutex_lock(&spawner.lock);
	for (;;) {
		struct start *s = spawner.queue;
		if (!s) {
			pthread_cond_wait(&spawner.asked, &spawner.lock);
			continue;
		}
		spawner.queue = s->next;
		pthread_mutex_unlock(&spawner.lock);
		int error = start_one(s);
		pthread_mutex_lock(&spawner.lock);
		s->error = error;
		s->done = true;
		pthread_cond_broadcast(&spawner.answered);
	}
	return NULL;
}

/* Signals are the business of other threads. */
static int run_spawner(void)
{
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int bad = pthread_create(&thread, NULL, spawner_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!bad)
		pthread_detach(thread);
	return bad;
}

static void start_and_wait(struct start *s)
{
	pthread_mutex_lock(&spawner.lock);
	if (!spawner.runs) {
		s->error = run_spawner();
		s->done = s->error != 0;
		spawner.runs = !s->error;
	}
	if (!s->done) {
		s->next = spawner.queue;
		spawner.queue = s;
		pthread_cond_signal(&spawner.asked);
	}
	while (!s->done)
		pthread_cond_wait(&spawner.answered, &spawner.lock);
	pthread_mutex_unlock(&spawner.lock);
}

static bool find_program(const struct engine_spawn_options *o, char *ret, size_t size, struct err *e)
{
	const char *given = o->program ? o->program : getenv("VITRINA_ENGINE");
	if (given && *given) {
		if ((size_t)snprintf(ret, size, "%s", given) < size)
			return true;
		return err_set(e, ERR_IO, NULL, "The path of vitrina-engine is too long.");
	}
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);
	if (n <= 0)
		return err_errno(e, errno, "/proc/self/exe");
	ret[n] = '\0';
	char *slash = strrchr(ret, '/');
	static const char name[] = "vitrina-engine";
	if (!slash || (size_t)(slash + 1 - ret) + sizeof name > size)
		return err_set(e, ERR_IO, NULL, "The path of vitrina-engine is too long.");
	memcpy(slash + 1, name, sizeof name);
	return true;
}

static bool send_hello(int fd, const struct engine_spawn_options *o, const struct frame_wait *wait, struct err *e)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t memory = o->memory ? o->memory : (int64_t)LIMIT_ENGINE_MEMORY;
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "memory", memory);
	/* Beside what DuckDB counts: its library, stacks, and what its allocator keeps reserved. */
	jw_kv_i64(&w, "address_space", MAX((int64_t)LIMIT_ENGINE_ADDRESS_SPACE, 4 * memory));
	jw_kv_i64(&w, "threads", o->threads ? o->threads : MAX(1, MIN(processors, 8)));
	jw_close(&w, '}');
	return frame_send_wait(fd, FRAME_HELLO, buf_str(&b), NULL, 0, wait, e);
}

static void log_lacks(const json_t *hello)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	const json_t *lacks = json_object_get(hello, "lacks");
	if (json_array_size(lacks) == 0 || atomic_flag_test_and_set(&said))
		return;
	CLEANUP(buf_free) struct buf b = BUF_INIT(256);
	for (size_t i = 0; i < json_array_size(lacks); i++) {
		const char *part = json_string_value(json_array_get(lacks, i));
		buf_addf(&b, "%s%.40s", i ? " " : "", part ? part : "?");
	}
	struct log_line l;
	log_begin(&l, LOG_WARN, "engine_sandbox_lacks");
	log_str(&l, "parts", buf_str(&b));
	log_end(&l);
}

static bool shake_hands(int fd, const struct engine_spawn_options *o, struct err *e)
{
	struct frame_wait wait = { .deadline = clock_monotonic() + LIMIT_ENGINE_START_SECONDS * USEC_PER_SEC };
	struct frame f;
	if (!send_hello(fd, o, &wait, e) || !frame_recv_wait(fd, &f, &wait, e))
		return false;
	CLEANUP(json_decrefp_) json_t *hello = NULL;
	bool good = false;
	if (f.type == FRAME_FAILED)
		frame_read_failed(frame_payload(&f), e);
	else if (f.type != FRAME_HELLO)
		err_set(e, ERR_UNAVAILABLE, "engine_closed", "The engine process ended at once.");
	else
		good = json_read(frame_payload(&f), LIMIT_FRAME_BYTES, &hello, e);
	frame_free(&f);
	if (good)
		log_lacks(hello);
	return good;
}

/* The child's end, above the numbers that the child sets up. */
static bool child_end(int *fd, struct err *e)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, 10);
	if (moved < 0)
		return err_errno(e, errno, "engine socket");
	fd_close(fd);
	*fd = moved;
	return true;
}

bool engine_spawn(const struct engine_spawn_options *o, enum engine_mode mode, struct engine_process *ret,
		  struct err *e)
{
	char program[PATH_MAX];
	int fds[2];
	if (!find_program(o, program, sizeof program, e) || !frame_pair(fds, e))
		return false;
	struct engine_process p = { .pid = -1, .control = fds[0] };
	bool good = child_end(&fds[1], e);
	if (good) {
		struct start s = { .program = program, .socket = fds[1] };
		s.mode = mode == ENGINE_MODE_QUERY ? "query" : "import";
		start_and_wait(&s);
		good = s.error == 0;
		if (good)
			p.pid = s.pid;
		else
			err_errno(e, s.error, "starting vitrina-engine");
	}
	fd_close(&fds[1]);
	if (good && !shake_hands(p.control, o, e))
		good = err_prefix(e, "starting vitrina-engine");
	if (!good) {
		engine_close(&p);
		return false;
	}
	*ret = p;
	return true;
}

static void reap(struct engine_process *p, int *ret_status)
{
	int status = 0;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	p->pid = -1;
	if (ret_status)
		*ret_status = status;
}

void engine_kill(struct engine_process *p, int *ret_status)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	reap(p, ret_status);
}

void engine_wait(struct engine_process *p, int64_t usec, int *ret_status)
{
	if (p->pid <= 0)
		return;
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };
	bool by_itself = fd >= 0 && poll(&ended, 1, (int)(usec / 1000)) > 0;
	fd_close(&fd);
	if (by_itself)
		reap(p, ret_status);
	else
		engine_kill(p, ret_status);
}

void engine_close(struct engine_process *p)
{
	engine_kill(p, NULL);
	fd_close(&p->control);
}
