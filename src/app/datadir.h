/*
 * The data folder as a thing on the disk: is it one, who holds it, making a new one.
 *
 *	DATA/store.db       the store
 *	DATA/segments/      sealed tables
 *	DATA/spool/         uploads in flight
 *	DATA/backups/       backups made from the page
 *	DATA/vitrina.conf   settings
 *	DATA/lock           held (flock) by the one process that works in the folder; its number is in it
 *	DATA/control        socket of the server that holds the folder
 *	DATA.key            the key, beside the folder
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* ERR_NOT_FOUND with advice when dir is not a data folder. */
bool datadir_check(const char *dir, struct err *e);
bool datadir_exists(const char *dir);

/*
 * Takes the lock without waiting. *ret_fd is -1 when another process holds it; *ret_holder (may be NULL) is then its
 * number, 0 when unknown. Closing the descriptor gives the lock back.
 */
bool datadir_lock(const char *dir, int *ret_fd, pid_t *ret_holder, struct err *e);

/*
 * A new folder is made under another name ("DIR.new") and renamed when it is whole, so that a crash leaves either no
 * folder or a good one. check refuses an existing folder that is not empty; begin removes what a crashed attempt left.
 */
bool datadir_new_check(const char *dir, struct err *e);
bool datadir_new_begin(const char *dir, char *ret_path, size_t cap, int *ret_lock, struct err *e);
bool datadir_new_finish(const char *path, const char *dir, struct err *e);
/* The new one takes the place of an existing one in one step; the old one is removed. */
bool datadir_new_replace(const char *path, const char *dir, struct err *e);
/* Where a new folder is made before it gets its name. */
void datadir_new_path(const char *dir, char *ret, size_t cap);
/* Gives a folder and everything in it to the owner of `like`: what root restores for a server of another user. */
bool datadir_give(const char *path, const char *like, struct err *e);
/* Flushes the folder that holds path. */
bool datadir_sync_parent(const char *path, struct err *e);

/* The control socket: its path may be longer than a socket address, so both go through a descriptor of the folder. */
bool datadir_control_listen(const char *dir, int *ret_fd, struct err *e);
/* *ret_fd is -1 when nobody listens. */
bool datadir_control_connect(const char *dir, int *ret_fd, struct err *e);
void datadir_control_remove(const char *dir);
