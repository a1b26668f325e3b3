/* engine/worker/sandbox: what a process may do after it, tried in forked children. */
#include "engine/worker/sandbox.h"

#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each probe returns the errno of what it tried, 0 when it succeeded. */
#define TRY(call) ((call) >= 0 ? 0 : errno)

static int memfd; /* passed in, with "segment" in it */

static int open_passwd(void)
{
	return TRY(open("/etc/passwd", O_RDONLY));
}

static int open_self(void)
{
	return TRY(open("/proc/self/exe", O_RDONLY));
}

static int open_null(void)
{
	return TRY(open("/dev/null", O_RDWR));
}

static int open_directory(void)
{
	return TRY(open("/tmp", O_RDONLY | O_DIRECTORY));
}

static int create_file(void)
{
	return TRY(open("/tmp/vitrina-sandbox-test", O_RDWR | O_CREAT, 0600));
}

static int make_directory(void)
{
	return TRY(mkdirat(AT_FDCWD, "/tmp/vitrina-sandbox-test.d", 0700));
}

static int remove_file(void)
{
	return TRY(unlink("/tmp/vitrina-sandbox-test.x"));
}

static int make_socket(void)
{
	return TRY(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_unix_socket(void)
{
	return TRY(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int connect_somewhere(void)
{
	return TRY(connect(3, (const struct sockaddr *)"", 0));
}

static int run_program(void)
{
	char *const argv[] = { (char *)"true", NULL };
	return TRY(execv("/bin/true", argv));
}

static int fork_process(void)
{
	return TRY(syscall(SYS_fork));
}

static int fork_by_clone(void)
{
	return TRY(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int trace_parent(void)
{
	return TRY(ptrace(PTRACE_ATTACH, getppid(), 0, 0));
}

static int kill_parent(void)
{
	return TRY(kill(getppid(), SIGTERM));
}

static int read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)&memfd, 1 };
	return TRY(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int run_new_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}

static int make_code_runnable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? -1 : TRY(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int raise_limit(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };
	return TRY(setrlimit(RLIMIT_AS, &r));
}

static int become_dumpable(void)
{
	return TRY(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int change_user(void)
{
	return TRY(syscall(SYS_setuid, 0));
}

static int too_much_memory(void)
{
	void *p = mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}

/* What it must still be able to do. */
static int open_passed(void)
{
	char path[40], text[8] = { 0 };
	snprintf(path, sizeof path, "/proc/self/fd/%d", memfd);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	return pread(fd, text, 7, 0) == 7 && strcmp(text, "segment") == 0 ? 0 : EIO;
}

static int write_memfd(void)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", memfd_create("out", 0));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	return fd < 0 ? errno : write(fd, "x", 1) == 1 ? 0 : errno;
}

static void *thread(void *arg)
{
	*(int *)arg = TRY(open("/etc/passwd", O_RDONLY));
	return NULL;
}

/* A thread starts, and is shut in as well. */
static int start_thread(void)
{
	pthread_t t;
	int seen = 0;
	int bad = pthread_create(&t, NULL, thread, &seen);
	return bad ? bad : pthread_join(t, NULL) ? EIO : seen == EACCES ? 0 : EPERM;
}

#define KILLED (-1)

static const struct {
	const char *name;
	int (*probe)(void);
	int wanted;     /* errno, 0 = works, KILLED = the kernel ends the process */
	unsigned needs; /* parts without which the kernel cannot refuse */
} probes[] = {
	{ "open /etc/passwd", open_passwd, EACCES, SANDBOX_LANDLOCK },
	{ "open the program", open_self, EACCES, SANDBOX_LANDLOCK },
	{ "open /dev/null", open_null, EACCES, SANDBOX_LANDLOCK },
	{ "open a directory", open_directory, EACCES, SANDBOX_LANDLOCK },
	{ "create a file", create_file, EACCES, SANDBOX_LANDLOCK },
	{ "make a directory", make_directory, EPERM, SANDBOX_SECCOMP },
	{ "remove a file", remove_file, EPERM, SANDBOX_SECCOMP },
	{ "socket", make_socket, KILLED, SANDBOX_SECCOMP },
	{ "unix socket", make_unix_socket, KILLED, SANDBOX_SECCOMP },
	{ "connect", connect_somewhere, KILLED, SANDBOX_SECCOMP },
	{ "execve", run_program, KILLED, SANDBOX_SECCOMP },
	{ "fork", fork_process, EPERM, SANDBOX_SECCOMP },
	{ "fork by clone", fork_by_clone, EPERM, SANDBOX_SECCOMP },
	{ "ptrace", trace_parent, KILLED, SANDBOX_SECCOMP },
	{ "kill the parent", kill_parent, EPERM, SANDBOX_SECCOMP },
	{ "read the parent's memory", read_parent, KILLED, SANDBOX_SECCOMP },
	{ "map new code", run_new_code, EPERM, SANDBOX_SECCOMP },
	{ "make memory runnable", make_code_runnable, EPERM, SANDBOX_SECCOMP },
	{ "raise a limit", raise_limit, EPERM, SANDBOX_SECCOMP },
	{ "become dumpable", become_dumpable, EPERM, SANDBOX_SECCOMP },
	{ "change user", change_user, EPERM, SANDBOX_SECCOMP },
	{ "8 GiB of memory", too_much_memory, ENOMEM, SANDBOX_ADDRESS_SPACE },
	{ "open a passed descriptor", open_passed, 0, 0 },
	{ "write a file of its own in memory", write_memfd, 0, 0 },
	{ "start a thread", start_thread, 0, SANDBOX_LANDLOCK },
};

/* In the child. 200 = the sandbox could not be raised, 201 = the kernel lacks what the probe needs. */
static _Noreturn void try_probe(size_t i)
{
	unsigned lacks = 0;
	struct err e;
	if (!sandbox_apply((int64_t)4 << 30, 0, &lacks, &e))
		_exit(200);
	if (lacks & probes[i].needs)
		_exit(201);
	_exit(probes[i].probe() & 0x7f);
}

static void test_probes(void **state)
{
	memfd = memfd_create("segment", 0);
	assert_int_equal(write(memfd, "segment", 7), 7);
	size_t tried = 0;
	for (size_t i = 0; i < countof(probes); i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0)
			try_probe(i);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
		int got = killed ? KILLED : WIFEXITED(status) ? WEXITSTATUS(status) : -2;
		if (got == 201) {
			print_message("not on this kernel: %s\n", probes[i].name);
			continue;
		}
		tried++;
		if (got != probes[i].wanted)
			fail_msg("%s: %d, not %d (status %x)", probes[i].name, got, probes[i].wanted, (unsigned)status);
	}
	assert_true(tried > 1);
	assert_int_not_equal(access("/tmp/vitrina-sandbox-test", F_OK), 0);
	close(memfd);
}

/* A process that computes for ever is ended by a signal that says so. */
static void test_time(void **state)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		unsigned lacks = 0;
		struct err e;
		if (!sandbox_apply(0, 1, &lacks, &e))
			_exit(200);
		for (volatile unsigned i = 0;; i++)
			;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXCPU);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_probes), cmocka_unit_test(test_time) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
