/* SPDX-License-Identifier: MIT */
/* fail.c - the one place where a failed boot ends */
#include "init/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/record.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"
#include "init/shell.h"

static const char *const disk_states[] = {
	[DISK_UNTOUCHED] = "; disk unchanged",
	[DISK_NOT_FOUND] = "",
	[DISK_PARTLY] = "",
	[DISK_FORMATTED] = "; disk formatted in this boot",
	[DISK_IN_USE] = "; disk mounted as it was found",
};

void fail_text(const struct boot *b, char *ret, size_t size)
{
	/* A function that saw the disk itself may have said it. */
	bool said = strstr(b->err.text, "disk unchanged");

	snprintf(ret, size, "%.960s%s", b->err.text, said ? "" : disk_states[b->disk]);
}

/* Whether an error line in the kernel's log reaches the consoles by itself: the first number of
 * printk is the level below which lines do (proc(5), /proc/sys/kernel/printk). */
static bool kernel_shows_errors(const struct boot *b)
{
	char path[64], level[64];

	return str_format(path, sizeof(path), "%s/proc/sys/kernel/printk", boot_api(b)) == 0 &&
	       file_read_line(AT_FDCWD, path, level, sizeof(level)) == 0 &&
	       (level[0] > '0' + LOG_ERROR ||
		(level[0] >= '1' && level[1] >= '0' && level[1] <= '9'));
}

static void write_console(const struct boot *b, const char *tty, const char *line)
{
	char path[128];
	_cleanup_close_ int fd = -1;

	if (str_format(path, sizeof(path), "%s/dev/%s", boot_api(b), tty) < 0)
		return;
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && file_write_all(fd, line, strlen(line)) == 0)
		(void)tcdrain(fd);
}

static void write_consoles(const struct boot *b, const char *line)
{
	char path[64], list[256], *save = NULL;

	if (str_format(path, sizeof(path), "%s/sys/class/tty/console/active", boot_api(b)) < 0 ||
	    file_read_line(AT_FDCWD, path, list, sizeof(list)) < 0)
		return;
	for (char *tty = strtok_r(list, " ", &save); tty; tty = strtok_r(NULL, " ", &save))
		write_console(b, tty, line);
}

/* One line on kmsg and on every console, once each. */
static void say(const struct boot *b, const char *text)
{
	char line[1200];

	log_error("%s", text);
	if (kernel_shows_errors(b))
		return;
	snprintf(line, sizeof(line), "\r\nstoreboot: %s\r\n", text);
	write_consoles(b, line);
}

static void report(struct boot *b)
{
	struct record rec = { .kind = RECORD_FAIL, .num = b->err.num, .start_us = sys_now_us() };
	struct err ignored;

	/* The config step knows where it goes, even when it failed over another word. */
	if (b->report.fd < 0 && b->config.value[PARAM_REPORT] &&
	    report_open(&b->report, b->config.value[PARAM_REPORT], &ignored) < 0)
		return;
	snprintf(rec.name, sizeof(rec.name), "%s", b->step);
	fail_text(b, rec.text, sizeof(rec.text));
	report_add(&b->report, &rec);
	report_drain(&b->report);
}

/* Leaves the root disk clean, whatever is still open on it. */
static void put_disk_down(const struct boot *b)
{
	if (!b->root_mounted)
		return;
	sync();
	if (mount(NULL, b->switched ? "/" : NEW_ROOT, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		log_warning("the root disk could not be made read-only: %s", strerror(errno));
}

int fail(struct boot *b)
{
	char text[1024], line[1152];
	struct err e;

	fail_text(b, text, sizeof(text));
	snprintf(line, sizeof(line), "stage 1 failed at step %s: %s", b->step, text);
	say(b, line);
	report(b);
	if (!b->config.panic_on_fail && b->config.shell_on_fail &&
	    shell_run(b, "exit powers off", &e) < 0)
		say(b, e.text);
	put_disk_down(b);
	if (b->config.panic_on_fail)
		return 1;
	reboot(RB_POWER_OFF);
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}
