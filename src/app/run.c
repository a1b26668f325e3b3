#include "app/run.h"

#include "app/cli.h"
#include "app/control.h"
#include "app/create.h"
#include "app/datadir.h"
#include "app/files.h"
#include "app/open.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RETRY_MS 50
#define TELL_AFTER_USEC (2 * USEC_PER_SEC)
#define COMMAND_ARENA (64 * MIB)

static _Atomic bool interrupted;

static void on_interrupt(int sig)
{
	atomic_store(&interrupted, true);
}

/* The first Ctrl-C asks the command to end cleanly; the second one ends the process. */
static void catch_interrupts(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND }, was;
	/* What whoever started it has switched off (nohup) stays so. */
	for (size_t i = 0; i < countof(signals); i++)
		if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaction(signals[i], &a, NULL);
}

void command_complain(FILE *err, const struct err *e)
{
	char line[ERR_SENTENCE_BYTES];
	err_sentence(e->message, line);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	fprintf(err, "vitrina: %s\n", line);
}

int command_execute(struct command *c)
{
	struct err e = { 0 };
	bool good = c->line->def->run(c, &e);
	if (good && (fflush(c->out) != 0 || ferror(c->out)))
		good = err_errno(&e, errno, "cannot write the output");
	if (!good) {
		fflush(c->out);
		command_complain(c->err, &e);
	}
	fflush(c->err);
	return good ? 0 : err_exit_status(e.kind);
}

static struct command_screen look_at_screen(void)
{
	struct command_screen s = { isatty(STDOUT_FILENO), isatty(STDERR_FILENO), 80 };
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		s.columns = size.ws_col;
	return s;
}

struct invocation {
	size_t argc;
	const char *const *argv;
	struct arena *arena;
	struct command_line line;
	struct settings settings;
	struct command_files files;
};

static int run_here(struct invocation *v, struct instance *in)
{
	struct command c = {
		.line = &v->line,
		.settings = &v->settings,
		.inst = in,
		.screen = look_at_screen(),
		.out = stdout,
		.err = stderr,
		.files = v->files.fds,
		.input = v->files.input,
		.uid = geteuid(),
		.cancel = &interrupted,
		.arena = v->arena,
	};
	return command_execute(&c);
}

static bool run_in_server(struct invocation *v, int fd, bool *ret_accepted, int *ret_status, struct err *e)
{
	struct control_request rq = {
		.argc = v->argc,
		.argv = (const char **)(uintptr_t)v->argv,
		.screen = look_at_screen(),
		.files = v->files.fds,
		.n_files = v->files.n,
		.input = v->files.input,
	};
	return control_call(fd, &rq, &interrupted, ret_accepted, ret_status, e);
}

/* For a command that makes the data folder when there is none. Its accounts get their passwords from the command. */
static bool make_folder(struct invocation *v, struct err *e)
{
	struct created made = { .key_path = "" };
	struct create_request rq = { .org = "Bank", .admin = "admin@bank.example" };
	if (!v->line.def->makes_folder || datadir_exists(v->settings.dir))
		return true;
	return create_folder(&v->settings, &rq, &made, e);
}

/*
 * One attempt: take the folder and run here, or hand over to the server that has it. *ret_done false: neither worked,
 * because another command has the folder for a moment.
 */
static bool try_folder(struct invocation *v, bool *ret_done, int *ret_status, pid_t *ret_holder, struct err *e)
{
	const char *dir = v->settings.dir;
	CLEANUP(fd_close) int lock = -1;
	CLEANUP(fd_close) int control = -1;
	*ret_done = false;
	if (!make_folder(v, e) || !datadir_check(dir, e) || !datadir_lock(dir, &lock, ret_holder, e))
		return false;
	if (lock >= 0) {
		struct instance *in = NULL;
		if (!instance_open(&v->settings, dir, 0, &in, e))
			return false;
		*ret_status = run_here(v, in);
		instance_close(&in);
		*ret_done = true;
		return true;
	}
	if (!datadir_control_connect(dir, &control, e))
		return false;
	return control < 0 || run_in_server(v, control, ret_done, ret_status, e);
}

static bool run_in_folder(struct invocation *v, int *ret_status, struct err *e)
{
	int64_t since = clock_monotonic();
	bool told = false;
	for (;;) {
		bool done;
		pid_t holder = 0;
		if (!try_folder(v, &done, ret_status, &holder, e))
			return false;
		if (done)
			return true;
		if (atomic_load(&interrupted))
			return err_set(e, ERR_CANCELLED, NULL, "stopped while waiting for the data folder");
		if (!told && clock_monotonic() - since > TELL_AFTER_USEC) {
			fprintf(stderr, "vitrina: waiting for process %ld, which is at work in %s\n", (long)holder,
				v->settings.dir);
			told = true;
		}
		poll(NULL, 0, RETRY_MS);
	}
}

/* The log of a command is silent unless asked for: what it has to say are its lines. */
static void set_log_level(const struct settings *s, const struct command_def *def)
{
	enum log_level level = LOG_OFF;
	bool said = s->values[SETTING_LOG_LEVEL].source >= SETTING_FROM_ENVIRONMENT;
	if (said || strcmp(def->name, "serve") == 0)
		log_level_parse(str_of(setting_text(s, SETTING_LOG_LEVEL)), &level);
	log_set_level(level);
}

static bool run_command(struct invocation *v, int *ret_status, struct err *e)
{
	const struct command_def *def = v->line.def;
	if (!settings_read(&v->settings, &v->line, e))
		return false;
	set_log_level(&v->settings, def);
	if (!files_open(&v->line, v->arena, &v->files, e))
		return false;
	bool good = true;
	if (def->place == PLACE_HERE)
		*ret_status = run_here(v, NULL);
	else
		good = run_in_folder(v, ret_status, e);
	return files_finish(&v->files, good && *ret_status == 0, e) && good;
}

static int run_parsed(struct invocation *v)
{
	struct err e = { 0 };
	int status = 0;
	if (v->line.version) {
		printf("vitrina %s\n", VITRINA_VERSION);
		return 0;
	}
	if (v->line.help || !v->line.def) {
		cli_help(v->line.help ? stdout : stderr, v->line.def);
		return v->line.help ? 0 : 2;
	}
	if (!run_command(v, &status, &e)) {
		command_complain(stderr, &e);
		status = err_exit_status(e.kind);
	}
	settings_free(&v->settings);
	return status;
}

int program_run(size_t argc, const char *const *argv)
{
	struct arena a = ARENA_INIT(COMMAND_ARENA);
	struct invocation v = { .argc = argc, .argv = argv, .arena = &a };
	struct err e = { 0 };
	int status;
	signal(SIGPIPE, SIG_IGN);
	catch_interrupts();
	if (cli_parse(&a, argc, argv, &v.line, &e)) {
		status = run_parsed(&v);
	} else {
		command_complain(stderr, &e);
		status = err_exit_status(e.kind);
	}
	if (fflush(stdout) != 0 && status == 0)
		status = 1;
	arena_free(&a);
	return status;
}
