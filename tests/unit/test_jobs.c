/* job/: running, progress, results, cancelling, waiting, who may see, and what a restart makes of them. */
#include "db_fixture.h"

#include "base/limits.h"
#include "base/log.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "job/job.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#define ORG 7
#define LONG_MS 20000

struct jobs {
	struct fixture *f;
	struct db_pool *pool;
	struct job_queue *q;
};

/* What the jobs under test do, told by the test. */
struct script {
	sem_t started, go;
	enum { ENDS_WELL, FAILS, FAILS_SILENTLY, WAITS_FOR_CANCEL, CANCELS_ITSELF } how;
	_Atomic int freed, ran;
};

static void script_init(struct script *s, int how)
{
	*s = (struct script){ .how = how };
	sem_init(&s->started, 0, 0);
	sem_init(&s->go, 0, 0);
}

static bool run_script(struct job *j, void *ctx, struct err *e)
{
	struct script *s = ctx;
	atomic_fetch_add(&s->ran, 1);
	job_progress(j, 0.25, "step %d", 1);
	sem_post(&s->started);
	sem_wait(&s->go);
	switch (s->how) {
	case ENDS_WELL:
		job_progress(j, 0.5, "step %d", 2);
		job_progress(j, 0.1, NULL); /* never goes back */
		job_set_result(j, STR("{\"rows\":3}"));
		return true;
	case FAILS:
		return err_field(e, ERR_VALUE, "file", "this is no table");
	case FAILS_SILENTLY:
		return false;
	case WAITS_FOR_CANCEL:
		while (!atomic_load(job_cancel_flag(j)))
			sched_yield();
		return err_set(e, ERR_CANCELLED, NULL, "stopped");
	case CANCELS_ITSELF:
		return err_set(e, ERR_CANCELLED, NULL, "the engine was stopped");
	}
	return false;
}

static void free_script(void *ctx)
{
	atomic_fetch_add(&((struct script *)ctx)->freed, 1);
}

static void open_jobs(struct jobs *j, struct fixture *f, size_t threads)
{
	struct err e;
	*j = (struct jobs){ .f = f };
	OK(db_migrate(f->db, program_migrations, program_migrations_count, NULL, &e));
	OK(db_pool_open(f->url, &f->key, 0, 8, &j->pool, &e));
	j->q = job_queue_new(j->pool, threads);
}

static void close_jobs(struct jobs *j)
{
	job_queue_free(&j->q);
	db_pool_close(&j->pool);
}

static int64_t start(struct jobs *j, struct script *s, int64_t org)
{
	struct job_spec spec = { "import", org, 0, 42, run_script, s, free_script };
	struct err e;
	int64_t id;
	OK(job_start(j->q, &spec, &id, &e));
	return id;
}

static struct job_info wait_end(struct jobs *j, int64_t org, int64_t id)
{
	struct job_info info = { 0 };
	struct err e;
	do
		OK(job_wait(j->q, org, id, info.seq, LONG_MS, NULL, &info, &e));
	while (!info.ended_at);
	return info;
}

static void test_life(void **state)
{
	struct jobs j;
	struct script s;
	struct job_info info;
	struct err e;
	CLEANUP(str_freep) char *result = NULL;
	open_jobs(&j, *state, 2);
	script_init(&s, ENDS_WELL);
	int64_t id = start(&j, &s, ORG);
	sem_wait(&s.started);
	OK(job_find(j.q, j.f->db, ORG, id, &info, &e));
	assert_int_equal(info.state, JOB_RUNNING);
	assert_string_equal(info.message, "step 1");
	assert_true(info.progress == 0.25);
	assert_string_equal(info.kind, "import");
	assert_int_equal(info.object, 42);
	sem_post(&s.go);
	info = wait_end(&j, ORG, id);
	assert_int_equal(info.state, JOB_DONE);
	assert_true(info.progress == 1);
	assert_string_equal(info.message, "step 2");
	assert_int_equal(info.error.kind, ERR_NONE);
	assert_true(info.created_at <= info.started_at && info.started_at <= info.ended_at);
	OK(job_result(j.q, j.f->db, ORG, id, &result, &e));
	assert_string_equal(result, "{\"rows\":3}");
	assert_int_equal(s.freed, 1);
	/* Another queue over the same store knows it too, from the store alone. */
	job_queue_free(&j.q);
	j.q = job_queue_new(j.pool, 1);
	str_freep(&result);
	OK(job_find(j.q, j.f->db, ORG, id, &info, &e));
	assert_int_equal(info.state, JOB_DONE);
	assert_int_equal(info.object, 42);
	OK(job_result(j.q, j.f->db, ORG, id, &result, &e));
	assert_string_equal(result, "{\"rows\":3}");
	OK(job_wait(j.q, ORG, id, 0, LONG_MS, NULL, &info, &e));
	assert_int_equal(info.state, JOB_DONE);
	close_jobs(&j);
}

static void test_ends(void **state)
{
	static const struct {
		int how;
		enum job_state state;
		enum err_kind kind;
		const char *code;
	} rows[] = {
		{ FAILS, JOB_FAILED, ERR_VALUE, "wrong_value" },
		{ FAILS_SILENTLY, JOB_FAILED, ERR_INTERNAL, "internal" },
		/* Nobody asked for it, so it is a failure. */
		{ CANCELS_ITSELF, JOB_FAILED, ERR_CANCELLED, "cancelled" },
	};
	struct jobs j;
	open_jobs(&j, *state, 2);
	for (size_t i = 0; i < countof(rows); i++) {
		struct script s;
		struct err e;
		struct job_info stored;
		script_init(&s, rows[i].how);
		int64_t id = start(&j, &s, ORG);
		sem_post(&s.go);
		struct job_info info = wait_end(&j, ORG, id);
		assert_int_equal(info.state, rows[i].state);
		assert_int_equal(info.error.kind, rows[i].kind);
		assert_string_equal(err_code(&info.error), rows[i].code);
		assert_int_equal(s.freed, 1);
		OK(job_record_find(j.f->db, ORG, id, &stored, &e));
		assert_int_equal(stored.state, rows[i].state);
		assert_string_equal(stored.error.message, info.error.message);
		assert_string_equal(stored.error.field, info.error.field);
		assert_false(job_cancel(j.q, j.f->db, ORG, id, &e));
		assert_int_equal(e.kind, ERR_CONFLICT);
	}
	close_jobs(&j);
}

static void test_cancel(void **state)
{
	struct jobs j;
	struct script running, queued;
	struct job_info info;
	struct err e;
	open_jobs(&j, *state, 1);
	script_init(&running, WAITS_FOR_CANCEL);
	script_init(&queued, ENDS_WELL);
	int64_t first = start(&j, &running, ORG);
	sem_wait(&running.started);
	sem_post(&running.go);
	int64_t second = start(&j, &queued, ORG);
	size_t n_queued, n_running;
	job_queue_counts(j.q, &n_queued, &n_running);
	assert_int_equal(n_queued, 1);
	assert_int_equal(n_running, 1);
	OK(job_find(j.q, j.f->db, ORG, second, &info, &e));
	assert_int_equal(info.state, JOB_QUEUED);
	OK(job_cancel(j.q, j.f->db, ORG, second, &e));
	info = wait_end(&j, ORG, second);
	assert_int_equal(info.state, JOB_CANCELLED);
	OK(job_cancel(j.q, j.f->db, ORG, first, &e));
	info = wait_end(&j, ORG, first);
	assert_int_equal(info.state, JOB_CANCELLED);
	assert_int_equal(info.error.kind, ERR_NONE);
	assert_int_equal(queued.ran, 0);
	assert_int_equal(queued.freed, 1);
	close_jobs(&j);
	assert_int_equal(running.freed, 1);
}

static void test_others(void **state)
{
	struct jobs j;
	struct script s;
	struct job_info info = { .id = 99 };
	struct err e;
	char *result = NULL;
	open_jobs(&j, *state, 1);
	script_init(&s, ENDS_WELL);
	int64_t id = start(&j, &s, ORG);
	sem_wait(&s.started);
	for (int ended = 0; ended < 2; ended++) {
		const int64_t wrong[][2] = { { ORG + 1, id }, { ORG, id + 1 }, { ORG, 0 } };
		for (size_t i = 0; i < countof(wrong); i++) {
			assert_false(job_find(j.q, j.f->db, wrong[i][0], wrong[i][1], &info, &e));
			assert_int_equal(e.kind, ERR_NOT_FOUND);
			assert_false(job_wait(j.q, wrong[i][0], wrong[i][1], 0, 1, NULL, &info, &e));
			assert_int_equal(e.kind, ERR_NOT_FOUND);
			assert_false(job_cancel(j.q, j.f->db, wrong[i][0], wrong[i][1], &e));
			assert_int_equal(e.kind, ERR_NOT_FOUND);
			assert_false(job_result(j.q, j.f->db, wrong[i][0], wrong[i][1], &result, &e));
			assert_int_equal(e.kind, ERR_NOT_FOUND);
		}
		assert_int_equal(info.id, 99);
		if (!ended) {
			sem_post(&s.go);
			wait_end(&j, ORG, id);
		}
	}
	close_jobs(&j);
}

struct seen {
	size_t n;
	int64_t ids[16];
};

static bool note_id(void *ctx, const struct job_info *info, struct err *e)
{
	struct seen *seen = ctx;
	seen->ids[seen->n++] = info->id;
	return true;
}

static void test_list(void **state)
{
	struct jobs j;
	struct script s;
	struct err e;
	struct seen seen = { 0 };
	int64_t ids[5], total;
	open_jobs(&j, *state, 1);
	script_init(&s, ENDS_WELL);
	for (size_t i = 0; i < countof(ids); i++) {
		ids[i] = start(&j, &s, i == 2 ? ORG + 1 : ORG);
		sem_post(&s.go);
	}
	wait_end(&j, ORG, ids[4]);
	OK(job_list(j.q, j.f->db, ORG, 0, 3, note_id, &seen, &total, &e));
	assert_int_equal(total, 4);
	assert_int_equal(seen.n, 3);
	assert_true(seen.ids[0] == ids[4] && seen.ids[1] == ids[3] && seen.ids[2] == ids[1]);
	seen.n = 0;
	OK(job_list(j.q, j.f->db, ORG, ids[1], 3, note_id, &seen, &total, &e));
	assert_int_equal(seen.n, 1);
	assert_true(seen.ids[0] == ids[0]);
	close_jobs(&j);
}

/* One organisation's queue does not keep another waiting: the one with fewer running jobs goes first. */
static void test_fair(void **state)
{
	struct jobs j;
	struct script busy, other;
	open_jobs(&j, *state, 2);
	script_init(&busy, ENDS_WELL);
	script_init(&other, ENDS_WELL);
	start(&j, &busy, ORG);
	start(&j, &busy, ORG);
	sem_wait(&busy.started);
	sem_wait(&busy.started);
	start(&j, &busy, ORG); /* waits, first in line */
	int64_t last = start(&j, &other, ORG + 1);
	sem_post(&busy.go); /* one thread comes free */
	sem_wait(&other.started);
	assert_int_equal(busy.ran, 2);
	sem_post(&other.go);
	for (int i = 0; i < 2; i++)
		sem_post(&busy.go);
	wait_end(&j, ORG + 1, last);
	close_jobs(&j);
}

struct waiting {
	struct jobs *j;
	int64_t id;
	_Atomic bool cancel;
	struct job_info info;
	bool good;
};

static void *wait_thread(void *arg)
{
	struct waiting *w = arg;
	struct err e;
	/* Asks for the present state first, then for a change that does not come. */
	w->good = job_wait(w->j->q, ORG, w->id, 0, LONG_MS, NULL, &w->info, &e) &&
		  job_wait(w->j->q, ORG, w->id, w->info.seq, LONG_MS, &w->cancel, &w->info, &e);
	return NULL;
}

static void test_wait_cancelled(void **state)
{
	struct jobs j;
	struct script s;
	pthread_t thread;
	open_jobs(&j, *state, 1);
	script_init(&s, ENDS_WELL);
	struct waiting w = { .j = &j, .id = start(&j, &s, ORG) };
	sem_wait(&s.started);
	assert_int_equal(pthread_create(&thread, NULL, wait_thread, &w), 0);
	atomic_store(&w.cancel, true);
	pthread_join(thread, NULL);
	assert_true(w.good);
	assert_int_equal(w.info.state, JOB_RUNNING);
	sem_post(&s.go);
	wait_end(&j, ORG, w.id);
	close_jobs(&j);
}

static void test_stop(void **state)
{
	struct jobs j;
	struct script running, queued;
	struct job_info info;
	struct err e;
	open_jobs(&j, *state, 1);
	script_init(&running, WAITS_FOR_CANCEL);
	script_init(&queued, ENDS_WELL);
	int64_t first = start(&j, &running, ORG);
	sem_wait(&running.started);
	sem_post(&running.go);
	int64_t second = start(&j, &queued, ORG);
	job_queue_free(&j.q);
	const int64_t ids[] = { first, second };
	for (size_t i = 0; i < countof(ids); i++) {
		OK(job_record_find(j.f->db, ORG, ids[i], &info, &e));
		assert_int_equal(info.state, JOB_FAILED);
		assert_string_equal(err_code(&info.error), "interrupted");
	}
	assert_int_equal(running.freed, 1);
	assert_int_equal(queued.freed, 1);
	close_jobs(&j);
}

static void test_recover(void **state)
{
	struct jobs j;
	struct job_info info;
	struct err e;
	int64_t n;
	open_jobs(&j, *state, 1);
	static const enum job_state states[] = { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_CANCELLED };
	for (size_t i = 0; i < countof(states); i++) {
		struct job_info left = { .id = (int64_t)i + 1, .org = ORG, .state = states[i], .created_at = 5 };
		OK(job_record_insert(j.f->db, &left, &e));
	}
	OK(job_recover(j.f->db, &n, &e));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < countof(states); i++) {
		bool over = states[i] != JOB_QUEUED && states[i] != JOB_RUNNING;
		OK(job_find(j.q, j.f->db, ORG, (int64_t)i + 1, &info, &e));
		assert_int_equal(info.state, over ? states[i] : JOB_FAILED);
		assert_string_equal(info.error.code, over ? "" : "interrupted");
	}
	OK(job_recover(j.f->db, &n, &e));
	assert_int_equal(n, 0);
	close_jobs(&j);
}

static void test_full(void **state)
{
	struct jobs j;
	struct script s;
	struct err e = { 0 };
	int64_t id = -1;
	open_jobs(&j, *state, 1);
	script_init(&s, WAITS_FOR_CANCEL);
	start(&j, &s, ORG);
	sem_wait(&s.started);
	for (int i = 0; i < LIMIT_JOBS_WAITING; i++)
		start(&j, &s, ORG);
	struct job_spec spec = { "import", ORG, 0, 0, run_script, &s, free_script };
	assert_false(job_start(j.q, &spec, &id, &e));
	assert_int_equal(e.kind, ERR_UNAVAILABLE);
	assert_true(e.retry_after > 0);
	assert_int_equal(id, -1);
	assert_int_equal(s.freed, 1);
	sem_post(&s.go);
	close_jobs(&j);
	assert_int_equal(s.freed, LIMIT_JOBS_WAITING + 2);
}

static void test_kept(void **state)
{
	struct jobs j;
	struct err e;
	int64_t total;
	open_jobs(&j, *state, 1);
	for (int64_t i = 1; i <= LIMIT_JOBS_KEPT + 5; i++) {
		struct job_info info = { .id = i, .org = ORG, .state = JOB_DONE, .created_at = i, .ended_at = i };
		OK(job_record_insert(j.f->db, &info, &e));
		if (i <= LIMIT_JOBS_KEPT)
			OK(db_exec(j.f->db, &e, "UPDATE job SET ended_at = 1 WHERE id = ?1", "i", i));
		else
			OK(job_record_ended(j.f->db, &info, NULL, &e));
	}
	OK(job_record_total(j.f->db, ORG, &total, &e));
	assert_int_equal(total, LIMIT_JOBS_KEPT);
	close_jobs(&j);
}

int main(void)
{
	log_set_level(LOG_OFF);
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_life),   WITH_STORE(test_ends),    WITH_STORE(test_cancel),
		WITH_STORE(test_others), WITH_STORE(test_list),    WITH_STORE(test_fair),
		WITH_STORE(test_stop),   WITH_STORE(test_full),    WITH_STORE(test_wait_cancelled),
		WITH_STORE(test_kept),   WITH_STORE(test_recover),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
