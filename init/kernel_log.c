/* SPDX-License-Identifier: MIT */
/*
 * kernel_log.c - the kernel's phases before PID 1, from its own log
 *
 * The texts are those of init/main.c and init/initramfs.c, unchanged from 5.10 to 7.3. Since 5.13
 * unpacking runs in parallel with driver initialisation, so a phase may end before the previous one
 * in the table.
 */
#include "init/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/record.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"

#define RECORDS_MAX 4000 /* a limit, because the log grows while it is read */

const char *const kernel_phase_names[KERNEL_PHASES] = { "machine", "initramfs", "drivers",
							"to PID 1" };

static const char *const last_words[KERNEL_PHASES] = {
	"Trying to unpack rootfs image as initramfs",
	"Freeing initrd memory",
	"Freeing unused kernel image (initmem)",
	"Run /init as init process",
};

static bool begins(const char *text, const char *end, const char *words)
{
	size_t n = strlen(words);

	return (size_t)(end - text) >= n && memcmp(text, words, n) == 0;
}

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT" */
void kernel_phases_take(struct kernel_phases *p, const char *record, size_t len)
{
	const char *text = memchr(record, ';', len);
	unsigned long long us;

	if (!text || sscanf(record, "%*u,%*u,%llu,", &us) != 1)
		return;
	text++;
	if (begins(text, record + len, KERNEL_LOG_MARK))
		p->mark_us = us;
	for (size_t i = 0; i < KERNEL_PHASES; i++)
		if (!p->end_us[i] && begins(text, record + len, last_words[i]))
			p->end_us[i] = us;
}

void kernel_phases_move(struct kernel_phases *p, uint64_t now_us)
{
	for (size_t i = 0; p->mark_us && i < KERNEL_PHASES; i++) {
		uint64_t before_us = p->mark_us - p->end_us[i];

		if (p->end_us[i])
			p->end_us[i] = before_us < now_us ? now_us - before_us : 0;
	}
}

/* Level 7 keeps the mark off the consoles. */
static uint64_t write_mark(int fd)
{
	static const char mark[] = "<7>" KERNEL_LOG_MARK "\n";
	uint64_t now_us = sys_now_us();

	if (file_write_all(fd, mark, sizeof(mark) - 1) < 0)
		return 0; /* and the log has no mark */
	return now_us;
}

void kernel_log_report(struct boot *b)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	uint64_t now_us = fd >= 0 ? write_mark(fd) : 0;
	struct kernel_phases p = { 0 };
	char line[2048]; /* a longer record is skipped (EINVAL) */
	uint64_t from = 0;
	ssize_t n;

	for (int i = 0; fd >= 0 && i < RECORDS_MAX && !p.mark_us; i++) {
		n = read(fd, line, sizeof(line) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINVAL || errno == EINTR))
			continue; /* EPIPE: records were overwritten */
		if (n <= 0)
			break;
		line[n] = '\0';
		kernel_phases_take(&p, line, (size_t)n);
	}
	kernel_phases_move(&p, now_us);
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
