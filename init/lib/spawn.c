/* SPDX-License-Identifier: MIT */
/* spawn.c - runs a program with input, captured output and a deadline */
#include "init/lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/sys.h"

#define ERR_KEPT 4096
#define OUT_MAX_DEFAULT ((size_t)64 << 20)

extern char **environ;

struct pipes {
	int out[2];
	int err[2];
	int exec[2]; /* carries the errno of a failed exec; a successful one closes it */
};

static void pipes_close(struct pipes *p)
{
	int *fds[] = { p->out, p->err, p->exec };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		cleanup_close(&fds[i][0]);
		cleanup_close(&fds[i][1]);
	}
}

static void close_end(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

/* dup2(2), but clears O_CLOEXEC even if fd is target already. */
static int place(int fd, int target)
{
	return fd == target ? fcntl(fd, F_SETFD, 0) : dup2(fd, target);
}

static void child(const struct spawn *s, const struct pipes *p)
{
	int in = s->stdin_fd >= 0 ? s->stdin_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;
	int num;

	/* exec keeps blocked and ignored signals. Start the program as a shell does. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (in < 0 || place(in, STDIN_FILENO) < 0 ||
	    place(p->out[1] >= 0 ? p->out[1] : STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    (p->err[1] >= 0 && place(p->err[1], STDERR_FILENO) < 0))
		goto fail;
	for (const int *fd = s->pass; fd && *fd >= 0; fd++)
		fcntl(*fd, F_SETFD, 0);
	if (s->envp)
		environ = (char **)s->envp;
	execvp(s->path, (char *const *)s->argv);
fail:
	num = errno;
	if (file_write_all(p->exec[1], &num, sizeof(num)) < 0)
		_exit(127);
	_exit(127);
}

/* Reads once and appends to b. max: more is -EFBIG; keep: keep only the last keep bytes; 0: no
 * limit. Returns 1 at the end of the file, 0 if more may come, or -errno. */
static int drain(int fd, struct buf *b, size_t max, size_t keep)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	int r;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return 1;
	r = buf_add(b, chunk, (size_t)n);
	if (r < 0)
		return r;
	if (max > 0 && b->len > max)
		return -EFBIG;
	if (keep > 0 && b->len > keep) {
		memmove(b->data, b->data + b->len - keep, keep + 1);
		b->len = keep;
	}
	return 0;
}

/* Reads the result of the exec from its pipe. Returns -errno, or 0 if the exec succeeded. */
static int exec_outcome(int fd)
{
	int num = 0;
	ssize_t n;

	do
		n = read(fd, &num, sizeof(num));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(num) ? -num : 0;
}

/* The timeout of poll(2) in ms: until the deadline or the next call of watch; -1: none. */
static int wait_ms(const struct spawn *s, int left, uint64_t watch_at)
{
	int until = s->watch ? sys_left_ms(watch_at) : -1;

	return until < 0 || (left >= 0 && left < until) ? left : until;
}

static int watch(const struct spawn *s, pid_t pid, const struct buf *out, const struct buf *err,
		 uint64_t *watch_at)
{
	int r;

	if (!s->watch || sys_now_us() < *watch_at)
		return 0;
	r = s->watch(pid, out, err, s->watch_arg);
	*watch_at = sys_now_us() + SPAWN_WATCH_MS * 1000;
	return r;
}

/* Reads the pipes until the child has ended and they are empty. A grandchild that keeps a pipe open
 * does not delay this. */
static int collect(const struct spawn *s, struct pipes *p, pid_t pid, int pidfd, struct buf *out,
		   struct buf *err)
{
	uint64_t deadline = s->timeout_ms ? sys_now_us() + (uint64_t)s->timeout_ms * 1000 : 0;
	size_t out_max = s->max_output ? s->max_output : OUT_MAX_DEFAULT;
	uint64_t watch_at = sys_now_us() + SPAWN_WATCH_MS * 1000;
	bool ended = false;

	while (!ended) {
		struct pollfd fds[] = { { p->out[0], POLLIN, 0 },
					{ p->err[0], POLLIN, 0 },
					{ p->exec[0], POLLIN, 0 },
					{ pidfd, POLLIN, 0 } };
		int left = sys_left_ms(deadline), looked;
		int r = poll(fds, ARRAY_SIZE(fds), wait_ms(s, left, watch_at));

		if (r < 0 && errno != EINTR)
			return -errno;
		/* Check both even if output never pauses. */
		if (left == 0)
			return -ETIMEDOUT;
		looked = watch(s, pid, out, err, &watch_at);
		if (looked < 0)
			return looked;
		if (r <= 0)
			continue;
		/* Look at the child's end only when the pipes are empty, so that all its output is
		 * read. */
		ended = fds[3].revents != 0 && fds[0].revents == 0 && fds[1].revents == 0 &&
			fds[2].revents == 0;
		if (fds[0].revents) {
			r = drain(p->out[0], out, out_max, 0);
			if (r < 0)
				return r;
			if (r == 1)
				close_end(&p->out[0]);
		}
		if (fds[1].revents) {
			r = drain(p->err[0], err, 0, ERR_KEPT);
			if (r < 0)
				return r;
			if (r == 1)
				close_end(&p->err[0]);
		}
		if (fds[2].revents) {
			r = exec_outcome(p->exec[0]);
			if (r < 0)
				return r;
			close_end(&p->exec[0]);
		}
	}
	return 0;
}

static int finish(const struct spawn *s, struct pipes *p, pid_t pid, struct buf *out,
		  struct buf *err, int *ret_status)
{
	_cleanup_close_ int pidfd = -1;
	int status, r;

	close_end(&p->out[1]);
	close_end(&p->err[1]);
	close_end(&p->exec[1]);
	pidfd = sys_pidfd_open(pid);
	r = pidfd < 0 ? pidfd : collect(s, p, pid, pidfd, out, err);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (r == 0)
		*ret_status = status;
	return r;
}

int spawn_run(const struct spawn *s, struct buf *ret_out, struct buf *ret_err, int *ret_status)
{
	_cleanup_(pipes_close) struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	pid_t pid;
	int r;

	if ((ret_out && pipe2(p.out, O_CLOEXEC) < 0) || (ret_err && pipe2(p.err, O_CLOEXEC) < 0) ||
	    pipe2(p.exec, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(s, &p);
	r = finish(s, &p, pid, ret_out, ret_err, ret_status);
	if (ret_err)
		while (ret_err->len > 0 && ret_err->data[ret_err->len - 1] == '\n')
			ret_err->data[--ret_err->len] = '\0';
	return r;
}

const char *spawn_status_text(int status, char *dst, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(dst, size, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(dst, size, "exit status %d", WEXITSTATUS(status));
	return dst;
}
