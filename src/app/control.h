/*
 * Commands through the server that holds the data folder.
 *
 * The client sends one request: words of the command line, what its terminal can show, and open descriptors of the
 * files it names (SCM_RIGHTS), so that neither working directory nor permissions of the server matter. The server
 * runs the command on a thread of its own and answers in frames: what to write to stdout and stderr, at last the exit
 * status. The client closing its side cancels the command.
 *
 *	request	struct control_hello with the descriptors, then `bytes` of JSON
 *	frame	type (1 byte), length (4 bytes, native order: both ends are on one machine), payload
 *
 * Only the user that the server runs as, and root, are let in.
 */
#pragma once

#include "app/command.h"

#define CONTROL_MAGIC 0x76747263u
#define CONTROL_FRAME_BYTES (64 * KIB)

enum control_frame { CONTROL_ACCEPTED = 'a', CONTROL_OUT = 'o', CONTROL_ERR = 'e', CONTROL_EXIT = 'x' };

struct control_hello {
	uint32_t magic, bytes, descriptors;
};

struct control_request {
	size_t argc;
	const char **argv;
	struct command_screen screen;
	int *files;
	size_t n_files;
	int input;   /* -1 = none */
	int64_t pid; /* of the client, for the log */
};

/* Whole reads and writes; false at the end of the stream or on failure, errno says which (0 = end). */
bool control_read(int fd, void *p, size_t n);
bool control_write(int fd, const void *p, size_t n);
bool control_send_frame(int fd, enum control_frame type, const void *p, size_t n);

/* The client's side. *ret_accepted false: the server did not begin, so the caller may try again. */
bool control_call(int fd, const struct control_request *rq, const _Atomic bool *cancel, bool *ret_accepted,
		  int *ret_status, struct err *e);
/* The server's side: what was sent, in the arena; descriptors are the caller's to close even on failure. */
bool control_receive(int fd, struct arena *a, struct control_request *ret, struct err *e);

struct control_server;

/* Listens in the folder and runs commands on inst until stopped. Both must outlive it. */
bool control_server_start(struct instance *inst, const struct settings *s, struct control_server **ret, struct err *e);
/* Cancels what runs, waits for it, frees. Takes NULL. */
void control_server_stop(struct control_server **c);
