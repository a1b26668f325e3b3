/* Making a new data folder, for `init` and `demo`. */
#pragma once

#include "app/settings.h"
#include "crypt/password.h"

struct create_request {
	const char *org;   /* name of the first organisation, the bank */
	const char *admin; /* e-mail of the first administrator */
};

struct created {
	char key_path[4096];
	bool key_was_there; /* made before the folder was, as for a restored backup */
	char password[PASSWORD_GENERATED];
};

/* Folder, key, store, first organisation and administrator: all of it, or nothing but perhaps a key. */
bool create_folder(const struct settings *settings, const struct create_request *rq, struct created *ret,
		   struct err *e);
