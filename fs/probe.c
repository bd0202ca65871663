/* SPDX-License-Identifier: MIT */
/*
 * probe.c - what a disk holds (libblkid), and whether it is empty
 *
 * Theory of operation: blkid_do_safeprobe returns 0 if it found something, 1 if it found nothing,
 * and -1 for an error or several signatures (-2 in releases before 2.39). The zero check follows
 * only after 1, and only a disk of zeroes is empty: libblkid also returns 1 for tar files, random
 * data and an ext3 that lost its primary superblock.
 *
 * Every prober runs on every boot, even after the first one has found ext3. This finds a second
 * signature; mounting such a disk would also write to it. On a formatted disk of 512 MiB it takes
 * 46 reads, 4 million instructions of a TCG guest with Linux 6.1 (one million of them for ZFS
 * labels). The zero check of a first boot takes 190 million.
 *
 * BLKID_SUBLKS_BADCSUM stays off: with it, random data inside a valid file system could count as a
 * second signature. The zero check finds whatever the flag could find.
 */
#include "fs/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <blkid/blkid.h>

#include "fs/marker.h"
#include "fs/zero.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define MIB ((uint64_t)1 << 20)

static void cleanup_probe(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}

static const char *value(blkid_probe pr, const char *name)
{
	const char *v;

	return blkid_probe_lookup_value(pr, name, &v, NULL) == 0 ? v : NULL;
}

/* Truncates a label that is too long; replaces all but printable ASCII: messages stay on one line,
 * and a terminal obeys nothing in them (UTF-8 has control characters too). */
static void copy_text(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; src && src[n] != '\0' && n + 1 < size; n++)
		dst[n] = src[n] < ' ' || src[n] > '~' ? '?' : src[n];
	dst[n] = '\0';
}

static int disk_size(int fd, const char *what, uint64_t *ret, struct err *e)
{
	uint64_t size = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at %s", what);
	if (S_ISREG(st.st_mode))
		size = (uint64_t)st.st_size;
	else if (!S_ISBLK(st.st_mode))
		return err_set(e, ENOTBLK, "%s is neither a block device nor an image file", what);
	else if (ioctl(fd, BLKGETSIZE64, &size) < 0)
		return err_sys(e, errno, "cannot ask %s for its size", what);
	if (size == 0)
		return err_set(e, ENOMEDIUM, "%s has no size: an empty or truncated image", what);
	*ret = size;
	return 0;
}

/* Lists all signatures ("ext3, swap") for the message that refuses them. */
static void list_signatures(blkid_probe pr, char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = '\0';
	blkid_reset_probe(pr);
	while (blkid_do_probe(pr) == 0) {
		const char *name = value(pr, "TYPE");

		if (!name)
			name = value(pr, "PTTYPE");
		if (!name || str_format(dst + n, size - n, "%s%s", n ? ", " : "", name) < 0)
			continue;
		n = strlen(dst);
	}
}

static int refuse(blkid_probe pr, const char *what, struct err *e)
{
	char names[128];

	list_signatures(pr, names, sizeof(names));
	if (names[0] == '\0')
		return err_set(e, EUCLEAN, "libblkid cannot say what %s holds; disk unchanged",
			       what);
	return err_set(e, EUCLEAN,
		       "%s holds signatures that exclude one another (%s); disk unchanged; "
		       "wipefs(8) lists and erases them",
		       what, names);
}

/* Fills type, usage, label and uuid. Returns 0 (found), 1 (nothing found) or -errno. */
static int signatures(int fd, const char *what, struct probe *p, struct err *e)
{
	_cleanup_(cleanup_probe) blkid_probe pr = blkid_new_probe();
	const char *table, *uuid;
	size_t len;
	int r;

	if (!pr)
		return err_set(e, ENOMEM, "cannot probe %s: out of memory", what);
	errno = 0;
	if (blkid_probe_set_device(pr, fd, 0, 0) != 0)
		return err_sys(e, errno ? errno : EIO, "libblkid cannot use %s", what);
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
						      BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUIDRAW);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_FORCE_GPT);
	errno = 0;
	r = blkid_do_safeprobe(pr);
	if (r == 1)
		return 1;
	if (r != 0 && errno == EIO)
		return err_sys(e, EIO, "cannot read %s; disk unchanged", what);
	if (r != 0)
		return refuse(pr, what, e);
	table = value(pr, "PTTYPE");
	/* One file system by its superblock, several by the table. Either may be wrong, so do not
	 * write. */
	if (table && value(pr, "TYPE"))
		return refuse(pr, what, e);
	copy_text(p->type, sizeof(p->type), table ? table : value(pr, "TYPE"));
	copy_text(p->usage, sizeof(p->usage), table ? "table" : value(pr, "USAGE"));
	copy_text(p->label, sizeof(p->label), value(pr, "LABEL"));
	if (blkid_probe_lookup_value(pr, "UUID_RAW", &uuid, &len) == 0 && len == sizeof(p->uuid))
		memcpy(p->uuid, uuid, sizeof(p->uuid));
	/* Refuse a success without a type. */
	return p->type[0] ? 0 : refuse(pr, what, e);
}

/* Reads the marker's sector and, if the disk has grown since, the part that was added. */
static int look_for_marker(int fd, struct probe *p)
{
	uint8_t first[MARKER_SIZE] = { 0 }, uuid[16];
	uint64_t marked, found;
	int r = file_pread_all(fd, first, p->size < sizeof(first) ? (size_t)p->size : sizeof(first),
			       0);

	if (r < 0 || !marker_parse(first, p->size, uuid, &marked))
		return r;
	if (marked < p->size)
		r = fs_find_nonzero(fd, marked & ~(uint64_t)4095, p->size, &found);
	if (r < 0)
		return r;
	p->marker = r == 0;
	p->finished = p->marker && memcmp(p->uuid, uuid, sizeof(uuid)) == 0;
	return 0;
}

static int find_nonzero(int fd, bool known_zero, uint64_t size, uint64_t *ret)
{
	int r;

	if (!known_zero || size <= 2 * MIB)
		return fs_find_nonzero(fd, 0, size, ret);
	r = fs_find_nonzero(fd, 0, MIB, ret);
	return r ? r : fs_find_nonzero(fd, (size - MIB) & ~(uint64_t)4095, size, ret);
}

int fs_probe(int fd, const char *what, bool known_zero, struct probe *ret, struct err *e)
{
	struct probe p = { 0 };
	int r = disk_size(fd, what, &p.size, e);
	bool known;

	if (r < 0)
		return r;
	r = signatures(fd, what, &p, e);
	/* libblkid turns read-ahead off for this descriptor. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL);
	if (r < 0)
		return r;
	known = r == 0;
	r = look_for_marker(fd, &p);
	if (r == 0 && !known && !p.marker) {
		r = find_nonzero(fd, known_zero, p.size, &p.nonzero);
		p.empty = r == 0;
	}
	if (r < 0)
		return err_sys(e, r, "cannot read all of %s; disk unchanged", what);
	*ret = p;
	return 0;
}
