#include "engine/worker/sandbox.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static bool limit(int resource, rlim_t value, const char *what, struct err *e)
{
	struct rlimit now;
	if (getrlimit(resource, &now) < 0)
		return err_errno(e, errno, "%s", what);
	rlim_t bounded = now.rlim_max == RLIM_INFINITY ? value : MIN(value, now.rlim_max);
	struct rlimit r = { bounded, bounded };
	if (setrlimit(resource, &r) < 0)
		return err_errno(e, errno, "%s", what);
	return true;
}

/* The signal first, which says why; a second later the end. */
static bool limit_cpu(int64_t seconds, struct err *e)
{
	struct rlimit now, r = { (rlim_t)seconds, (rlim_t)seconds + 1 };
	if (getrlimit(RLIMIT_CPU, &now) < 0)
		return err_errno(e, errno, "time limit");
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < r.rlim_max)
		return true; /* whoever started the server allows less */
	return setrlimit(RLIMIT_CPU, &r) == 0 || err_errno(e, errno, "time limit");
}

/* Kernels name more rights with each ABI; each bit that is handled and granted to no path is denied everywhere. */
static uint64_t landlock_rights(long abi)
{
	uint64_t rights = (UINT64_C(1) << 13) - 1; /* ABI 1: execute … make_sym */
	if (abi >= 2)
		rights |= UINT64_C(1) << 13; /* refer */
	if (abi >= 3)
		rights |= UINT64_C(1) << 14; /* truncate */
	if (abi >= 5)
		rights |= UINT64_C(1) << 15; /* ioctl on devices */
	return rights;
}

/* The structure of ABI 6; older kernels take a shorter one. */
struct ruleset {
	uint64_t fs, net, scoped;
};

static bool apply_landlock(bool *ret_has, struct err *e)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		*ret_has = false;
		return true;
	}
	struct ruleset r = { .fs = landlock_rights(abi) };
	size_t size = sizeof r.fs;
	if (abi >= 4) {
		r.net = 3; /* bind and connect TCP */
		size += sizeof r.net;
	}
	if (abi >= 6) {
		r.scoped = 3; /* abstract sockets, signals */
		size += sizeof r.scoped;
	}
	long fd = syscall(__NR_landlock_create_ruleset, &r, size, 0);
	if (fd < 0)
		return err_errno(e, errno, "landlock");
	long bad = syscall(__NR_landlock_restrict_self, (int)fd, 0);
	int why = errno;
	close((int)fd);
	if (bad)
		return err_errno(e, why, "landlock");
	*ret_has = true;
	return true;
}

/* What DuckDB, libc's memory and threads, and our frames use. Anything else fails with EPERM. */
static const int allowed[] = {
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(membarrier),
	SCMP_SYS(memfd_create),
	/* threads */
	SCMP_SYS(futex),
	SCMP_SYS(futex_waitv),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getcpu),
	SCMP_SYS(arch_prctl),
	/* signals to itself */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	/* descriptors; Landlock says which paths open */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(statfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(splice),
	SCMP_SYS(tee),
	SCMP_SYS(copy_file_range),
	SCMP_SYS(sendfile),
	/* the control socket and the sockets it passes */
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	/* clocks and facts */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(times),
	SCMP_SYS(getrusage),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrandom),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* What no reader of files ever does by mistake: the process ends on the spot. */
static const int hostile[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(socket),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(bpf),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(open_by_handle_at),
};

static int add_rules(scmp_filter_ctx ctx)
{
	int bad = 0;
	for (size_t i = 0; i < countof(allowed) && !bad; i++)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < countof(hostile) && !bad; i++)
		bad = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, hostile[i], 0);
	/* No new memory that can be run: the code is what was loaded at the start. */
	const struct scmp_arg_cmp not_run = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_run);
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_run);
	/* Threads, not processes. The filter cannot look into clone3's structure: without it libc uses clone. */
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* A failed assertion ends this process, and only this one. */
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* Names of threads. */
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA));
	/* Its own limits may be read, and nobody's changed. */
	if (!bad)
		bad = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
	return bad;
}

static bool apply_seccomp(bool *ret_has, struct err *e)
{
	if (prctl(PR_GET_SECCOMP) < 0 && errno == EINVAL) {
		*ret_has = false;
		return true;
	}
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return err_set(e, ERR_INTERNAL, NULL, "seccomp: no memory");
	int bad = add_rules(ctx);
	if (!bad)
		bad = seccomp_load(ctx);
	seccomp_release(ctx);
	if (bad)
		return err_errno(e, -bad, "seccomp");
	*ret_has = true;
	return true;
}

bool sandbox_apply(int64_t address_space, int64_t cpu_seconds, unsigned *ret_lacks, struct err *e)
{
	unsigned lacks = 0;
	bool bounded = address_space > 0 && !SANITIZED;
	if (!limit(RLIMIT_CORE, 0, "core limit", e) ||
	    !limit(RLIMIT_NOFILE, LIMIT_ENGINE_DESCRIPTORS, "descriptor limit", e) ||
	    (cpu_seconds > 0 && !limit_cpu(cpu_seconds, e)) ||
	    (bounded && !limit(RLIMIT_AS, (rlim_t)address_space, "memory limit", e)))
		return false;
	if (!bounded)
		lacks |= SANDBOX_ADDRESS_SPACE;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(e, errno, "prctl");
	bool has = false;
	if (!apply_landlock(&has, e))
		return false;
	if (!has)
		lacks |= SANDBOX_LANDLOCK;
	if (!apply_seccomp(&has, e))
		return false;
	if (!has)
		lacks |= SANDBOX_SECCOMP;
	*ret_lacks = lacks;
	return true;
}
