/* SPDX-License-Identifier: MIT */
/*
 * probe.c - fuzz target: any disk, as stage 1 looks at it with libblkid (fuzz_disk.h has the input)
 *
 * Only a disk of zeroes, or one with a format's marker and no signature, is to be formatted.
 */
#include "fs/probe.h"

#include <string.h>

#include "fs/policy.h"
#include "tests/lib/fuzz_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s, size_t size)
{
	if (!memchr(s, '\0', size))
		abort();
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			abort();
}

static void check(const struct fuzz_disk *d, const struct probe *p)
{
	static const char *const types[] = { "ext2", "ext3", "ext4" };
	const bool zero = fuzz_disk_is_zero(d, 0);

	check_text(p->type, sizeof(p->type));
	check_text(p->label, sizeof(p->label));
	if (p->size != d->size || p->empty != (zero && !p->type[0]) || (p->empty && p->marker) ||
	    (p->finished && !p->marker))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct fs_want want = { .fstype = types[i] };
		struct err e = { 0 };
		enum fs_verdict v = fs_decide(p, &want, "disk", &e);

		if ((v == FS_REFUSE) != (e.num != 0) || (v == FS_FORMAT && !zero) ||
		    (v == FS_FORMAT_AGAIN && (!p->marker || p->type[0])) ||
		    (v == FS_MOUNT && (strncmp(p->type, "ext", 3) != 0 || p->marker)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = -1;
	struct fuzz_disk d;
	struct probe p = { 0 };
	struct err e = { 0 };
	int r;

	fuzz_disk_make(&d, data, size);
	fd = open(d.path, O_RDONLY | O_CLOEXEC);
	r = fs_probe(fd, "disk", false, &p, &e);
	if ((r < 0) != (e.num != 0))
		abort();
	if (r == 0)
		check(&d, &p);
	close(d.fd);
	return 0;
}
