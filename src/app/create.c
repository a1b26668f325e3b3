#include "app/create.h"

#include "app/datadir.h"
#include "app/open.h"
#include "app/settings.h"
#include "db/pool.h"
#include "model/folder.h"
#include "model/org.h"
#include "model/user.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PATH 4096
#define STORE_WAIT_MS 10000

/* A key that is there already is used, never replaced: backups may need it. */
static bool make_key(const struct settings *settings, struct created *ret, struct err *e)
{
	struct key key;
	setting_key_path(settings, ret->key_path, sizeof ret->key_path);
	ret->key_was_there = access(ret->key_path, F_OK) == 0;
	bool good = ret->key_was_there ? key_load(ret->key_path, &key, e) : key_create(ret->key_path, &key, e);
	key_wipe(&key);
	return good;
}

static bool make_people(struct instance *in, const struct create_request *rq, struct created *ret, struct err *e)
{
	struct db *db = NULL;
	int64_t org = 0, user;
	struct caller first = caller_local(0, true);
	bool good = db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) && org_create(db, &first, str_of(rq->org), &org, e);
	if (good) {
		struct caller by = caller_local(org, true);
		struct user_new admin = { .email = str_of(rq->admin), .role = ROLE_ADMIN };
		password_generate(ret->password);
		admin.password = str_of(ret->password);
		good = user_create(db, &by, &admin, &user, e);
	}
	db_pool_give(in->dbs, &db);
	return good;
}

static bool fill(const struct settings *settings, const char *path, const struct create_request *rq,
		 struct created *ret, struct err *e)
{
	struct instance *in = NULL;
	if (!make_key(settings, ret, e) || !instance_open(settings, path, INSTANCE_NEW, &in, e))
		return false;
	bool good = make_people(in, rq, ret, e);
	instance_close(&in);
	/* Only a key elsewhere is noted, so that folder and key can be moved together. */
	if (good && setting_text(settings, SETTING_KEY_FILE))
		good = settings_remember(path, "key_file", ret->key_path, e);
	return good;
}

/* What must exist before anything is made: the folder that will hold the data folder. */
static bool make_parents(const char *dir, struct err *e)
{
	char path[FOLDER_PATH];
	snprintf(path, sizeof path, "%s", dir);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return err_errno(e, errno, "cannot make %s", path);
		*p = '/';
	}
	return true;
}

bool create_folder(const struct settings *settings, const struct create_request *rq, struct created *ret, struct err *e)
{
	const char *dir = settings->dir;
	char path[FOLDER_PATH];
	struct err ignored;
	CLEANUP(fd_close) int lock = -1;
	if (!datadir_new_check(dir, e) || !make_parents(dir, e) || !datadir_new_begin(dir, path, sizeof path, &lock, e))
		return false;
	if (fill(settings, path, rq, ret, e) && datadir_new_finish(path, dir, e))
		return true;
	folder_remove(path, &ignored);
	if (ret->key_path[0] && !ret->key_was_there)
		unlink(ret->key_path);
	return false;
}
