/* SPDX-License-Identifier: MIT */
/*
 * kernel_log.c - the kernel's phases before PID 1, from its own log
 *
 * The words are those of init/main.c and init/initramfs.c, the same from 5.10 to 7.3. Unpacking runs beside
 * the drivers' start since 5.13, so a phase may end before the one that stands above it.
 */
#include "init/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/lib/record.h"
#include "init/lib/str.h"

#define RECORDS_MAX 4000 /* of a log that grows as it is read */

const char *const kernel_phase_names[KERNEL_PHASES] = { "machine", "initramfs", "drivers", "to PID 1" };

static const char *const last_words[KERNEL_PHASES] = {
	"Trying to unpack rootfs image as initramfs",
	"Freeing initrd memory",
	"Freeing unused kernel image (initmem)",
	"Run /init as init process",
};

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT" */
void kernel_phases_take(struct kernel_phases *p, const char *record, size_t len)
{
	const char *text = memchr(record, ';', len);
	unsigned long long us;

	if (!text || sscanf(record, "%*u,%*u,%llu,", &us) != 1)
		return;
	text++;
	for (size_t i = 0; i < KERNEL_PHASES; i++) {
		size_t n = strlen(last_words[i]);

		if (!p->end_us[i] && (size_t)(record + len - text) >= n && memcmp(text, last_words[i], n) == 0)
			p->end_us[i] = us;
	}
}

void kernel_log_report(struct boot *b)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct kernel_phases p = { 0 };
	char line[2048]; /* a longer record is passed over (EINVAL) */
	uint64_t from = 0;
	ssize_t n;

	for (int i = 0; fd >= 0 && i < RECORDS_MAX && !p.end_us[KERNEL_PHASES - 1]; i++) {
		n = read(fd, line, sizeof(line) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINVAL || errno == EINTR))
			continue; /* EPIPE: the log has moved on */
		if (n <= 0)
			break;
		line[n] = '\0';
		kernel_phases_take(&p, line, (size_t)n);
	}
	for (size_t i = 0; i < KERNEL_PHASES; i++) {
		struct record rec = { .kind = RECORD_KERNEL, .start_us = from };

		if (p.end_us[i] <= from)
			continue;
		rec.took_us = p.end_us[i] - from;
		from = p.end_us[i];
		snprintf(rec.name, sizeof(rec.name), "%s", kernel_phase_names[i]);
		report_add(&b->report, &rec);
	}
}
