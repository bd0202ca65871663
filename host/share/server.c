/* SPDX-License-Identifier: MIT */
/*
 * server.c - a file server's process, from its start to bwrap
 *
 * Theory of operation: a closure's paths are a tree of mounts (host/share/closure_tree.c), and
 * bwrap would take too long to bind them. So a helper process attaches a copy of the tree in
 * bwrap's sandbox, after bwrap's own mounts. For the timing, bwrap's last operation copies a file
 * from a pipe whose other end the helper holds. The pipe is full at first. Once the helper can
 * write to it, bwrap has reached that operation and waits for more data. The helper then attaches
 * the tree and closes the pipe. It learns bwrap's child from --info-fd.
 */
#include "host/share/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/slot.h"
#include "host/share/closure_tree.h"
#include "host/share/expose.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

#define ADOPT_TIMEOUT_US 2000000
/* Connections of one guest at a time, each with a server of its own. A kernel needs one for the
 * store and the shared folders together, and for a moment a second one when it reconnects. */
#define SERVERS_MAX 8
/* Address space of a server: many times what smbd uses. */
#define SERVER_MEMORY_MAX ((rlim_t)1 << 30)
#define LOG_MAX 65536
/* More than execve(2) accepts. */
#define ARGV_FILE_MAX ((size_t)8 << 20)
/* The sandbox's root until bwrap is done (bubblewrap.c, pivot_root). */
#define BWRAP_ROOT "/newroot"
/* The file to which bwrap copies the pipe. */
#define READY "/tmp/storeboot-closure"
/* A folder that only the tree has (closure_tree.c). Last, bwrap changes to it, so it starts no
 * server without the tree, even if the helper was killed. */
#define ONLY_IN_TREE EXPOSED_STORE "/.links"

/* Splits the file's words at their NULs. slot: a descriptor that bwrap keeps open as long as the
 * server runs, or -1. */
static int read_argv(const char *path, int slot, struct buf *text, struct strv *ret)
{
	int r = file_read(AT_FDCWD, path, ARGV_FILE_MAX, text);

	for (size_t at = 0; r == 0 && at < text->len; at += strlen(text->data + at) + 1) {
		r = strv_add(ret, text->data + at);
		if (r == 0 && at == 0 && slot >= 0)
			r = strv_add(ret, "--sync-fd") ?: strv_addf(ret, "%d", slot);
	}
	return r == 0 && ret->n == 0 ? -ENODATA : r;
}

/* Sends our own messages to a file beside the command's, for the launcher. The server does not get
 * this file: a guest could make it print without end. */
static void open_log(const char *file)
{
	struct stat st;
	char path[PATH_MAX];
	int fd = str_format(path, sizeof(path), "%s.log", file) < 0 ?
			 -1 :
			 open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* A guest may also connect without end. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > LOG_MAX)
		cleanup_close(&fd);
	else
		log_open(fd, false, "the file server", LOG_INFO);
}

/* Is stdin the server's connection? */
static bool is_connection(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) < 0 || S_ISSOCK(st.st_mode);
}

/* QEMU's network gives a server its connection as stdin, stdout and stderr. Leaves only stdin: the
 * server's output is not part of the protocol. */
static int keep_stdin_alone(const char *file)
{
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	open_log(file);
	return dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ? -errno : 0;
}

/* Opens a descriptor of the launcher under the same number. The files are opened anew: each server
 * reads a file from its beginning. */
static int take_fd_of(pid_t launcher, int number)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)launcher, number);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fd != number)
		return dup2(fd, number) < 0 ? -errno : 0;
	return fcntl(take_fd(&fd), F_SETFD, 0) < 0 ? -errno : 0;
}

static int take_fds(pid_t launcher, char *const *numbers)
{
	int r = 0;

	for (; r == 0 && *numbers; numbers++)
		r = take_fd_of(launcher, atoi(*numbers));
	return r;
}

/* Two pipes between the helper and bwrap. */
struct hook {
	int info, of_info;   /* bwrap writes to of_info, the helper reads info */
	int ready, of_ready; /* the helper writes to of_ready, bwrap reads ready */
};

static void fill(int fd)
{
	static const char zeroes[4096];

	while (write(fd, zeroes, sizeof(zeroes)) > 0)
		;
}

static int hook_open(struct hook *h)
{
	int info[2], ready[2];

	if (pipe2(info, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	*h = (struct hook){ info[0], info[1], ready[0], ready[1] };
	/* One page, so that the pipe is writable as soon as it has been read. */
	if (fcntl(h->of_ready, F_SETPIPE_SZ, 4096) < 0 ||
	    fcntl(h->of_ready, F_SETFL, O_NONBLOCK) < 0 || fcntl(h->of_info, F_SETFD, 0) < 0 ||
	    fcntl(h->ready, F_SETFD, 0) < 0)
		return -errno;
	/* bwrap also inherits this read end. Otherwise SIGPIPE would kill bwrap if the helper is
	 * gone, and bwrap's child would wait for it forever. */
	if (fcntl(h->info, F_SETFD, 0) < 0)
		return -errno;
	fill(h->of_ready);
	return 0;
}

/* Adds the hook to bwrap's arguments: --info-fd first, and the file as the last operation. */
static void hook_words(const struct hook *h, const struct strv *words, struct argv *ret)
{
	bool added = false;

	argv_words(ret, words->v[0]);
	argv_add(ret, "--info-fd", "%d", h->of_info);
	for (size_t i = 1; i < words->n; i++) {
		if (!added && str_eq(words->v[i], "--")) {
			added = true;
			argv_add(ret, "--file", "%d", h->ready);
			argv_words(ret, READY, "--chdir", ONLY_IN_TREE);
		}
		argv_words(ret, words->v[i]);
	}
}

/* Reads the process ID of bwrap's child from the JSON that bwrap writes. Returns it, or -errno. */
static int read_child(int info)
{
	_cleanup_buf_ struct buf text = { 0 };
	const char *at;
	int r = file_read_fd(info, 4096, &text), pid;

	if (r < 0)
		return r;
	at = text.len > 0 ? strstr(text.data, "\"child-pid\":") : NULL;
	return at && sscanf(at, "\"child-pid\": %d", &pid) == 1 && pid > 0 ? pid : -ESRCH;
}

static int enter_sandbox(pid_t pid)
{
	_cleanup_close_ int ns = closure_tree_of(pid);

	return ns < 0 ? ns : closure_tree_enter(ns);
}

/* Waits until bwrap reads the pipe. */
static int wait_ready(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return p.revents & POLLERR ? -EPIPE : 0;
}

static int attach(const struct hook *h, int ns)
{
	_cleanup_close_ int tree = closure_tree_copy(ns);
	int pid, r;

	if (tree < 0)
		return tree;
	pid = read_child(h->info);
	if (pid < 0)
		return pid;
	r = wait_ready(h->of_ready);
	if (r == 0)
		r = enter_sandbox(pid);
	return r < 0 ? r :
		       sys_move_mount(tree, "", AT_FDCWD, BWRAP_ROOT EXPOSED_STORE,
				      MOVE_MOUNT_F_EMPTY_PATH);
}

/* The helper's exit, for whatever reason, ends bwrap's file; without the tree bwrap then exits
 * (ONLY_IN_TREE). The helper does not kill bwrap: bwrap's child would wait for it forever. */
static void be_helper(const struct hook *h, int ns, pid_t server)
{
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != server)
		_exit(1);
	close(h->of_info);
	close(h->ready);
	r = attach(h, ns);
	if (r < 0)
		log_error("the closure's paths cannot be shown: %s", strerror(-r));
	_exit(r < 0);
}

/* Starts the helper. Returns 0 with bwrap's arguments in ret, or -errno. */
static int hook_start(const char *ns_path, const struct strv *words, struct argv *ret)
{
	_cleanup_close_ int ns = open(ns_path, O_RDONLY | O_CLOEXEC);
	pid_t server = getpid(), pid;
	struct hook h = { -1, -1, -1, -1 };
	int r = ns < 0 ? -errno : hook_open(&h);

	if (r < 0)
		return r;
	hook_words(&h, words, ret);
	if (ret->error < 0)
		return ret->error;
	pid = fork();
	if (pid == 0)
		be_helper(&h, ns, server);
	return pid < 0 ? -errno : 0;
}

/* Executes the command in path. Returns only on failure, with the reason logged. */
static void execute(const char *path, const char *ns_path, int slot)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_argv_ struct argv hooked = { 0 };
	const struct rlimit memory = { SERVER_MEMORY_MAX, SERVER_MEMORY_MAX };
	int r = read_argv(path, slot, &text, &words);

	if (r == 0 && ns_path)
		r = hook_start(ns_path, &words, &hooked);
	if (r < 0) {
		log_error("the command in %s: %s", path, strerror(-r));
		return;
	}
	if (slot >= 0 && setrlimit(RLIMIT_AS, &memory) < 0) {
		log_error("RLIMIT_AS: %s", strerror(errno));
		return;
	}
	execv(words.v[0], ns_path ? hooked.words.v : words.v);
	log_error("cannot start %s: %s", words.v[0], strerror(errno));
}

/* Takes a slot for this connection. Returns its descriptor, or -errno if none is free. */
static int take_slot(const char *file)
{
	int r = slot_take(file, SERVERS_MAX);

	if (r == -EBUSY)
		log_error("the guest has %d connections to it, which is the limit; "
			  "a further one was refused",
			  SERVERS_MAX);
	else if (r < 0)
		log_error("%s.slot: %s", file, strerror(-r));
	return r;
}

int cmd_share_server(int argc, char **argv)
{
	uint64_t deadline = sys_now_us() + ADOPT_TIMEOUT_US;
	const struct timespec pause = { 0, 500000 };
	const bool connection = is_connection();
	bool has_tree;
	char ns[64];
	pid_t launcher;
	int r, slot = -1;

	if (argc < 4) {
		log_error("share-server is for storeboot's own use");
		return EXIT_USAGE;
	}
	launcher = (pid_t)atoi(argv[1]);
	while (getppid() != launcher && sys_now_us() < deadline)
		nanosleep(&pause, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != launcher)
		return EXIT_SHARE;
	/* First, while the numbers are free. A server beside QEMU has inherited them, and the
	 * launcher may have closed or reused them. */
	r = connection ? take_fds(launcher, argv + 4) : 0;
	has_tree = !str_eq(argv[3], "-");
	if (has_tree)
		snprintf(ns, sizeof(ns), "/proc/%d/fd/%d", (int)launcher, atoi(argv[3]));
	if (connection && keep_stdin_alone(argv[2]) < 0)
		return EXIT_SHARE;
	if (connection && (slot = take_slot(argv[2])) < 0)
		return EXIT_OK; /* a refused connection is no failure of the share */
	if (r < 0)
		log_error("the shared folders: %s", strerror(-r));
	else
		execute(argv[2], has_tree ? ns : NULL, slot);
	return EXIT_SHARE;
}

int server_command(const struct argv *argv, const char *folder, const char *self, int tree,
		   struct argv *ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = argv->error;

	for (size_t i = 0; r == 0 && i < argv->words.n; i++)
		r = buf_add(&text, argv->words.v[i], strlen(argv->words.v[i]) + 1);
	argv_words(ret, self, "share-server");
	argv_word(ret, "%d", (int)getpid());
	argv_word(ret, "%s/" SERVER_FILE, folder);
	if (tree < 0)
		argv_word(ret, "-");
	else
		argv_word(ret, "%d", tree);
	for (size_t i = 0; i < argv->n_fds; i++)
		argv_word(ret, "%d", argv_fd(ret, argv->fds[i]));
	if (r == 0)
		r = ret->error;
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	return folder_write(folder, SERVER_FILE, text.data, text.len, e);
}
