/* SPDX-License-Identifier: MIT */
/*
 * served.c - tests of the file server as QEMU starts it: a real smbd in its sandbox for each
 * connection
 *
 * QEMU's network gives a server one TCP connection over loopback as its stdin, stdout and stderr,
 * and so does this. No port stays open.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "host/share/share.h"
#include "host/share/server.h"
#include "host/share/cifs.h"
#include "init/lib/file.h"
#include "init/lib/sys.h"
#include "tests/lib/smb1.h"
#include "tests/lib/test.h"

#define LOOPS 4	  /* on two processors */
#define CLIENTS 4 /* side by side, beside busy loops */
/* Of each client, one after the other. The sanitizers' build has the same smbd, and counts fewer.
 */
#ifdef __SANITIZE_ADDRESS__
#define CONNECTIONS 15
#else
#define CONNECTIONS 50
#endif

static char top[PATH_MAX];
static struct share share = SHARE_INIT;

/* Two ends of one connection over loopback. Returns 0 or -errno. */
static int tcp_pair(int ret[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	_cleanup_close_ int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);

	ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listening, (const struct sockaddr *)&a, len) < 0 || listen(listening, 1) < 0 ||
	    getsockname(listening, (struct sockaddr *)&a, &len) < 0 ||
	    connect(ret[0], (const struct sockaddr *)&a, len) < 0)
		return -errno;
	ret[1] = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	return ret[1] < 0 ? -errno : 0;
}

/* Starts a server for the connection by the command that QEMU is given. */
static pid_t serve(int connection)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(connection, fd);
	_exit(cmd_share_server((int)share.command.words.n - 1, share.command.words.v + 1));
}

struct served {
	struct smb1 smb;
	pid_t server;
};

static int open_connection(struct served *s)
{
	int ends[2] = { -1, -1 }, r = tcp_pair(ends);

	*s = (struct served){ .smb.fd = ends[0] };
	if (r < 0)
		return r;
	s->server = serve(ends[1]);
	close(ends[1]);
	return 0;
}

/* Connects to the share and opens a file. Returns the first status that is not 0. */
static uint32_t begin(struct served *s)
{
	uint32_t status = smb1_connect(&s->smb, "qemu");

	return status ? status : smb1_create(&s->smb, "nix\\store\\file", SMB1_READ, SMB1_OPEN);
}

/* Hangs up, which ends the server. */
static void end(struct served *s)
{
	close(s->smb.fd);
	waitpid(s->server, NULL, 0);
}

/* Makes the run of this process, whose servers are its children, in a folder of its own. */
static int make_run(const char *name)
{
	char folder[PATH_MAX], store[PATH_MAX];
	struct err e = { 0 };
	int r;

	if (str_format(folder, sizeof(folder), "%s/%s", top, name) < 0 ||
	    str_format(store, sizeof(store), "%s/store", top) < 0 || mkdir(folder, 0700) < 0)
		return -errno;
	argv_free(&share.command); /* that of the process which this one comes from */
	share.store = store;
	share.store_fd = open(store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	share.served = SHARE_CIFS;
	r = share_make(&share, folder, "storeboot", &e);
	if (r < 0)
		printf("# %s\n", e.text);
	return r;
}

static pid_t start(void (*what)(int number), int number)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	what(number);
	fflush(stdout);
	_exit(0);
}

static void busy_loop(int number)
{
	setsid(); /* not one group of processes to the scheduler (sched(7), autogroup) */
	for (volatile unsigned int i = (unsigned int)number;; i++)
		;
}

/* Exits with the number of connections that were not served, at most 100. */
static void be_client(int number)
{
	int refused = 0;
	char name[16];

	snprintf(name, sizeof(name), "run%d", number);
	if (make_run(name) < 0)
		_exit(101);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct served s;
		uint32_t status = open_connection(&s) < 0 ? SMB1_NO_ANSWER : begin(&s);

		end(&s);
		if (status && refused++ < 3)
			printf("# client %d, connection %d: status %08x\n", number, i,
			       (unsigned int)status);
	}
	fflush(stdout);
	_exit(refused);
}

/* Binds this process, and those it starts, to two processors of those it has, which are in ret. */
static void take_two_processors(cpu_set_t *ret)
{
	cpu_set_t two;

	CPU_ZERO(&two);
	CHECK_INT(sched_getaffinity(0, sizeof(*ret), ret), 0);
	for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; i++)
		if (CPU_ISSET(i, ret))
			CPU_SET(i, &two);
	CHECK_INT(sched_setaffinity(0, sizeof(two), &two), 0);
}

static void each_connection_is_served_on_a_busy_host(void)
{
	pid_t loops[LOOPS], clients[CLIENTS];
	cpu_set_t all;
	int status;

	take_two_processors(&all);
	for (int i = 0; i < LOOPS; i++)
		loops[i] = start(busy_loop, i);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = start(be_client, i);
	for (int i = 0; i < CLIENTS; i++) {
		CHECK_INT(waitpid(clients[i], &status, 0), clients[i]);
		CHECK(WIFEXITED(status));
		CHECK_INT(WEXITSTATUS(status), 0);
	}
	for (int i = 0; i < LOOPS; i++) {
		kill(loops[i], SIGKILL);
		waitpid(loops[i], NULL, 0);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

/* Process's parent by /proc/PID/stat, with its name in ret. */
static pid_t parent_of(const char *pid, char ret[32])
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[64];
	int parent = 0;

	if (str_format(path, sizeof(path), "/proc/%s/stat", pid) < 0 ||
	    file_read(AT_FDCWD, path, 4096, &text) < 0 ||
	    sscanf(text.data, "%*d (%31[^)]) %*c %d", ret, &parent) != 2)
		return 0;
	return parent;
}

/* Counts the processes below pid, and prints them. */
static int count_below(pid_t pid)
{
	_cleanup_closedir_ DIR *d = opendir("/proc");
	struct dirent *entry;
	char name[32];
	int n = 0;

	while (d && (entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    parent_of(entry->d_name, name) == pid) {
			printf("# %s %s, child of %d\n", entry->d_name, name, (int)pid);
			n += 1 + count_below((pid_t)atoi(entry->d_name));
		}
	return n;
}

/* Connects, and returns the microseconds that it took; UINT64_MAX: it was not served. */
static uint64_t time_connection(void)
{
	uint64_t start = sys_now_us(), took;
	struct served s;
	bool well = open_connection(&s) == 0 && begin(&s) == 0;

	took = sys_now_us() - start;
	end(&s);
	return well ? took : UINT64_MAX;
}

/* Makes a store of so many paths and one that is not to be seen, and the run that exposes the
 * others. */
static void make_closure(int n)
{
	char path[PATH_MAX + 64], name[64];

	strv_free(&share.exposed);
	CHECK_INT(strv_add(&share.exposed, "file"), 0);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/store/path%d", top, i);
		CHECK(mkdir(path, 0755) == 0 || errno == EEXIST);
		snprintf(name, sizeof(name), "path%d", i);
		CHECK_INT(strv_add(&share.exposed, name), 0);
	}
	share.expose = EXPOSE_CLOSURE;
	snprintf(name, sizeof(name), "closure%d", n);
	CHECK_INT(make_run(name), 0);
}

/* With one bind of bwrap's for each path a connection took a minute and more. The quickest of
 * several counts, as other work here only ever adds to it. */
static void a_closure_of_5000_paths_is_served_without_delay(void)
{
	uint64_t quickest = UINT64_MAX, took;

	make_closure(5000);
	for (int i = 0; i < 6; i++) {
		took = time_connection();
		CHECK(took != UINT64_MAX);
		quickest = took < quickest ? took : quickest;
	}
	printf("# 5000 paths: %llu us\n", (unsigned long long)quickest);
	CHECK(quickest < 20 * 1000000ull);
}

static uint32_t open_path(struct served *s, const char *path)
{
	return smb1_create(&s->smb, path, SMB1_READ, SMB1_OPEN);
}

static void a_closure_shows_its_paths_and_no_other(void)
{
	struct served s;

	CHECK_INT(open_connection(&s), 0);
	CHECK_INT(begin(&s), 0);
	CHECK_INT(open_path(&s, "nix\\store\\path0"), 0);
	CHECK_INT(open_path(&s, "nix\\store\\path4999"), 0);
	CHECK_INT(open_path(&s, "nix\\store\\.links"), 0);
	CHECK_INT(open_path(&s, "nix\\store\\hidden"),
		  0xc0000034); /* NT_STATUS_OBJECT_NAME_NOT_FOUND */
	end(&s);
}

/* The guest gets none of it, and the launcher tells it. run: make_run's. */
static void check_reason(const char *run, const char *want)
{
	_cleanup_buf_ struct buf text = { 0 };
	char log[PATH_MAX], byte;
	struct served s;

	CHECK_INT(open_connection(&s), 0);
	CHECK_INT(recv(s.smb.fd, &byte, 1, 0), 0);
	end(&s);
	CHECK_INT(str_format(log, sizeof(log), "%s/%s/" SERVER_LOG, top, run), 0);
	CHECK_INT(file_read(AT_FDCWD, log, 65536, &text), 0);
	CHECK_HAS(text.data, want);
}

/* Its helper cannot attach the tree, as this is no mount namespace. An empty store must not be
 * served. */
/* Each connection is served from the folder of the start, whatever takes its path. */
static void another_folder_takes_the_place(void)
{
	char store[PATH_MAX], moved[PATH_MAX];
	struct served s;

	CHECK_INT(make_run("replaced"), 0);
	CHECK_INT(str_format(store, sizeof(store), "%s/store", top), 0);
	CHECK_INT(str_format(moved, sizeof(moved), "%s/moved", top), 0);
	CHECK_INT(rename(store, moved) | symlink("/etc", store), 0);
	CHECK_INT(open_connection(&s), 0);
	CHECK_INT(begin(&s), 0);
	CHECK(open_path(&s, "nix\\store\\passwd") != 0);
	end(&s);
	CHECK_INT(unlink(store) | rename(moved, store), 0);
}

static void a_server_without_its_tree_is_not_started(void)
{
	int kept = dup(share.tree_fd), other = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	struct served s;

	CHECK(kept >= 0 && other >= 0 && dup2(other, share.tree_fd) >= 0);
	for (int i = 0; i < 8; i++) {
		CHECK_INT(open_connection(&s), 0);
		CHECK(smb1_connect(&s.smb, "qemu") != 0);
		end(&s);
	}
	check_reason("closure5000", "the file server: the closure's paths cannot be shown: ");
	CHECK(dup2(kept, share.tree_fd) >= 0);
	close(kept);
	close(other);
}

/* bwrap is two of them: its monitor, and the first process of the namespace. */
static void a_connection_costs_one_smbd(void)
{
	struct served s;

	CHECK_INT(make_run("counted"), 0);
	CHECK_INT(open_connection(&s), 0);
	CHECK_INT(begin(&s), 0);
	CHECK_INT(count_below(s.server), 2);
	end(&s);
}

/* An older smbd prints what it logs, and any prints which of its parameters it does not know. */
static void what_a_server_prints_is_not_sent_to_the_guest(void)
{
	char script[PATH_MAX + 100];
	_cleanup_buf_ struct buf text = { 0 };
	struct err e = { 0 };
	struct served s;

	CHECK_INT(buf_addf(&text, "#!/bin/sh\necho stdout; echo stderr >&2\nexec '%s' \"$@\"\n",
			   share.smbd),
		  0);
	CHECK_INT(folder_write(top, "smbd", text.data, text.len, &e), 0);
	CHECK(str_format(script, sizeof(script), "%s/smbd", top) == 0 && chmod(script, 0755) == 0);
	CHECK_INT(str_format(share.smbd, sizeof(share.smbd), "%s", script), 0);
	CHECK_INT(make_run("loud"), 0);
	CHECK_INT(open_connection(&s), 0);
	CHECK_INT(begin(&s), 0);
	end(&s);
}

static void why_a_server_did_not_start_is_told(void)
{
	char file[PATH_MAX];

	CHECK_INT(str_format(share.bwrap, sizeof(share.bwrap), "%s/no-such-bwrap", top), 0);
	CHECK_INT(make_run("no-bwrap"), 0);
	check_reason("no-bwrap", "the file server: cannot start /");
	CHECK_INT(str_format(file, sizeof(file), "%s/no-bwrap/" SERVER_FILE, top), 0);
	CHECK_INT(unlink(file), 0);
	check_reason("no-bwrap", SERVER_FILE ": No such file or directory\n");
}

/* The programs, and a store of one file. */
static int prepare(struct err *e)
{
	char store[PATH_MAX];
	int r = proc_find(NULL, "smbd", "samba", share.smbd, e);

	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", share.bwrap, e);
	if (r == 0)
		r = smb_check(share.smbd, share.bwrap, e);
	if (r == 0)
		r = folder_make(top, e);
	if (r == 0 &&
	    (str_format(store, sizeof(store), "%s/store", top) < 0 || mkdir(store, 0755) < 0))
		r = err_sys(e, errno, "%s/store", top);
	if (r == 0)
		r = folder_write(store, "file", "x", 1, e);
	return r < 0 ? r : folder_write(store, "hidden", "x", 1, e);
}

int main(void)
{
	struct err e = { 0 };

	if (prepare(&e) < 0) {
		SKIP("file servers", e.text);
		TEST_END();
	}
	RUN(a_connection_costs_one_smbd);
	RUN(a_closure_of_5000_paths_is_served_without_delay);
	RUN(a_closure_shows_its_paths_and_no_other);
	RUN(a_server_without_its_tree_is_not_started);
	share.tree_fd = -1; /* what that has ends with this process */
	share.expose = EXPOSE_STORE;
	RUN(another_folder_takes_the_place);
	RUN(each_connection_is_served_on_a_busy_host);
	if (str_after(share.smbd, "/usr/"))
		RUN(what_a_server_prints_is_not_sent_to_the_guest);
	else
		SKIP("what_a_server_prints_is_not_sent_to_the_guest",
		     "its script would not see this smbd");
	RUN(why_a_server_did_not_start_is_told);
	folder_remove(top);
	TEST_END();
}
