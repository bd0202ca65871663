/* SPDX-License-Identifier: MIT */
/* soak_init.c - stage 2, or the command, of a guest of the soak: ends it in one of many ways */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define COUNT "/soak-count"

/* One write(2), so that no other line gets between. */
static void say(const char *text, long n)
{
	char line[80];
	const int len = snprintf(line, sizeof(line), "SOAK %s %ld\n", text, n);

	if (write(STDOUT_FILENO, line, len) < 0)
		_exit(99);
}

/* Counts the boots of this disk. Once "wrote N" is on the console, no later boot may see less. */
static void count(void)
{
	char text[32] = "";
	int fd = open(COUNT, O_RDONLY), dir;
	long n = 0;

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) >= 0)
			n = atol(text);
		close(fd);
	}
	say("saw", n++);
	fd = open(COUNT ".new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dir = open("/", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || dir < 0 || dprintf(fd, "%ld\n", n) < 0 || fsync(fd) < 0 || close(fd) < 0 ||
	    rename(COUNT ".new", COUNT) < 0 || fsync(dir) < 0)
		say("wrote nothing", errno);
	else
		say("wrote", n);
}

static void sysrq(char key)
{
	const int fd = open("/proc/sysrq-trigger", O_WRONLY);

	if (fd >= 0 && write(fd, &key, 1) == 1)
		sleep(100);
}

static void off(int how)
{
	sync();
	mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	say("end", 0);
	reboot(how);
}

static void act(const char *action)
{
	if (!strcmp(action, "reboot"))
		off(RB_AUTOBOOT);
	if (!strcmp(action, "panic"))
		sysrq('c');
	if (!strcmp(action, "reset")) {
		say("end", 0);
		sysrq('b');
	}
	if (!strcmp(action, "exit"))
		_exit(3);
	if (!strcmp(action, "kill-self"))
		raise(SIGKILL);
	if (!strcmp(action, "kill-all"))
		kill(-1, SIGKILL);
	if (!strcmp(action, "hang"))
		for (;;)
			pause();
	off(RB_POWER_OFF);
}

/* Waits, or until someone asks PID 1 for the end. Returns the signal, or -1. */
static int wait_ms(long ms)
{
	const struct timespec limit = { ms / 1000, ms % 1000 * 1000000 };
	sigset_t asked;

	sigemptyset(&asked);
	sigaddset(&asked, SIGUSR1);
	sigaddset(&asked, SIGUSR2);
	sigaddset(&asked, SIGTERM);
	sigaddset(&asked, SIGPWR);
	sigprocmask(SIG_BLOCK, &asked, NULL);
	return ms < 0 ? sigwaitinfo(&asked, NULL) : sigtimedwait(&asked, NULL, &limit);
}

/* The kernel's words have soak=ACTION,MS. */
static char *of_cmdline(char *text, size_t size)
{
	const int fd = open("/proc/cmdline", O_RDONLY);
	const ssize_t n = read(fd, text, size - 1);
	char *at;

	text[n < 0 ? 0 : n] = '\0';
	at = strstr(text, " soak=");
	return at ? at + 6 : "poweroff,0";
}

int main(int argc, char **argv)
{
	char text[4096], *action = argc > 1 ? argv[1] : of_cmdline(text, sizeof(text));
	char *ms = strchr(action, ',');
	long wait = ms ? atol(ms + 1) : 0;

	action[strcspn(action, ", \n")] = '\0';
	say("stage2", 0);
	count();
	if (!strcmp(action, "hang"))
		wait = -1;
	if (wait_ms(wait) > 0 && getpid() == 1)
		off(RB_POWER_OFF);
	act(action);
	for (;;)
		pause();
}
