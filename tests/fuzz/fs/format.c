/* SPDX-License-Identifier: MIT */
/*
 * format.c - fuzz target: any disk, from the look at it to the file system that libext2fs makes
 *
 * fuzz_disk.h has the input. If its last byte is odd, the disk begins with the marker of a format
 * that was cut short, and the rest of the input is what that format left; the UUID is zeroes then.
 * A disk that is refused or mounted keeps every byte. A formatted disk has a whole file system
 * afterwards, and would be mounted.
 */
#include "fs/format.h"

#include <string.h>

#include "fs/marker.h"
#include "fs/policy.h"
#include "fs/probe.h"
#include "tests/lib/fuzz_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fs_want want = { .fstype = "ext3" };

static int look(const struct fuzz_disk *d, struct probe *p, enum fs_verdict *ret, struct err *e)
{
	_cleanup_close_ int fd = open(d->path, O_RDONLY | O_CLOEXEC);
	int r = fs_probe(fd, "disk", false, p, e);

	*ret = r < 0 ? FS_REFUSE : fs_decide(p, &want, "disk", e);
	return r;
}

static void check_whole(const struct fuzz_disk *d)
{
	enum fs_verdict verdict;
	struct err e = { 0 };
	struct probe p;

	if (look(d, &p, &verdict, &e) < 0 || verdict != FS_MOUNT || p.marker ||
	    strcmp(p.type, "ext3") != 0)
		abort();
}

/* e: of a failure. */
static void check_failed(const struct fuzz_disk *d, const struct err *e)
{
	enum fs_verdict verdict;
	struct err again = { 0 };
	struct probe p;

	/* Another boot formats it, unless it is as it was. */
	if (strstr(e->text, "the next boot formats it again") &&
	    (look(d, &p, &verdict, &again) < 0 || verdict != FS_FORMAT_AGAIN))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_disk d;
	struct err e = { 0 };
	struct probe p = { 0 };
	enum fs_verdict verdict;
	uint64_t before;

	fuzz_disk_make(&d, data, size);
	if (size > 0 && data[size - 1] & 1) {
		uint8_t sector[MARKER_SIZE], uuid[16] = { 0 };

		marker_make(uuid, d.size, sector);
		if (pwrite(d.fd, sector, sizeof(sector), 0) != (ssize_t)sizeof(sector))
			abort();
	}
	before = fuzz_disk_hash(&d);
	(void)!look(&d, &p, &verdict, &e);
	if (verdict == FS_REFUSE || verdict == FS_MOUNT) {
		if (fuzz_disk_hash(&d) != before)
			abort();
	} else if (fs_carry_out(verdict, d.path, want.fstype, &e) == 0) {
		check_whole(&d);
	} else {
		check_failed(&d, &e);
	}
	close(d.fd);
	return 0;
}
