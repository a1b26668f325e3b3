/*
 * Taking away from this process everything a reader of foreign bytes does not need, before the first of them is read.
 *
 * Four layers, each of which holds when the others fail: limits (memory, time, descriptors, no core file), no new
 * privileges, Landlock (no path can be opened; descriptors that were passed still can, through /proc/self/fd), seccomp
 * (a list of allowed calls: no sockets, no programs, no other processes). Applies to the calling thread and the threads
 * it starts later, so it is called first thing in main. It cannot be undone.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum sandbox_part {
	SANDBOX_ADDRESS_SPACE = 1 << 0,
	SANDBOX_LANDLOCK = 1 << 1,
	SANDBOX_SECCOMP = 1 << 2,
};

/*
 * cpu_seconds, of all threads together, after which the kernel ends the process by SIGXCPU; 0 = unbounded.
 * address_space in bytes, 0 = unbounded (and always under AddressSanitizer and ThreadSanitizer, which reserve
 * terabytes). *ret_lacks gets the parts this kernel does not have; what it has and refuses is an error.
 */
bool sandbox_apply(int64_t address_space, int64_t cpu_seconds, unsigned *ret_lacks, struct err *e);
