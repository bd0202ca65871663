/* SPDX-License-Identifier: MIT */
/* report.c - send records to the host through a character device in raw mode */
#include "init/report.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "init/lib/file.h"

static int send(struct report *r)
{
	int err = file_write_all(r->fd, r->waiting.data, r->waiting.len);

	r->waiting.len = 0;
	if (err < 0)
		report_off(r);
	return err;
}

void report_add(struct report *r, const struct record *rec)
{
	char line[RECORD_LINE_MAX];
	int n;

	if (r->off)
		return;
	n = record_format(rec, line, sizeof(line));
	if (n < 0 || buf_add(&r->waiting, line, (size_t)n) < 0)
		return;
	if (r->fd >= 0 && send(r) < 0)
		return;
}

int report_open(struct report *r, const char *device, struct err *e)
{
	/* O_NONBLOCK only for the open: a serial port without CLOCAL would wait for a carrier. */
	_cleanup_close_ int fd = open(device, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;
	int flags, err;

	if (r->fd >= 0)
		return 0;
	if (fd < 0)
		return err_sys(e, errno, "storeboot.report=%s", device);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return err_sys(e, errno, "storeboot.report=%s: fcntl", device);
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		t.c_cflag |= CLOCAL;
		if (tcsetattr(fd, TCSANOW, &t) < 0)
			return err_sys(e, errno, "storeboot.report=%s: raw mode", device);
	}
	r->fd = take_fd(&fd);
	r->off = false;
	err = r->waiting.len > 0 ? send(r) : 0;
	return err < 0 ? err_sys(e, err, "storeboot.report=%s: write", device) : 0;
}

void report_off(struct report *r)
{
	cleanup_close(&r->fd);
	r->fd = -1;
	r->off = true;
	buf_free(&r->waiting);
}

void report_drain(const struct report *r)
{
	/* ENOTTY: the device is no terminal and has nothing to drain. */
	if (r->fd >= 0 && tcdrain(r->fd) < 0)
		return;
}
