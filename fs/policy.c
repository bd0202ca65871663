/* SPDX-License-Identifier: MIT */
/*
 * policy.c - what becomes of a disk, by what it holds: the one place that permits a format
 *
 * Theory of operation: formatting is the one act that can destroy data. Two disks are formatted:
 * one without a signature, a partition table and a byte that is not zero; and one on which a format
 * of ours was cut short, which its marker says (marker.h) and no signature denies. For both the
 * size must be the one that the host named, where it named one. What else is no file system that
 * rootfstype= asks for is refused.
 */
#include "fs/policy.h"

#include <errno.h>
#include <inttypes.h>

#include "init/lib/str.h"

#define KEPT "not formatted, disk unchanged"

/* Whether a driver that is asked for one type of ext mounts another. A journal asked for must be
 * there, so ext2 content is no ext3. */
static bool can_mount(const char *asked, const char *found)
{
	static const char *const as_well[][2] = {
		{ "ext4", "ext3" },
		{ "ext4", "ext2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(as_well); i++)
		if (str_eq(as_well[i][0], asked) && str_eq(as_well[i][1], found))
			return true;
	return str_eq(asked, found);
}

/* What it is is said in the words of its own trade: "GPT", as libblkid's "gpt" is written. */
static const char *table_name(const char *type)
{
	return str_eq(type, "gpt") ? "GPT" : str_eq(type, "dos") ? "DOS" : type;
}

static enum fs_verdict refuse(const struct probe *p, const char *fstype, const char *disk,
				struct err *e)
{
	const char *quote = p->label[0] ? "\"" : "", *gap = p->label[0] ? " " : "";

	if (p->marker && p->type[0])
		err_set(e, EEXIST,
			"%s holds %s and the marker of a format that was cut short, which does not "
			"belong to it; " KEPT,
			disk, p->type);
	else if (!p->type[0])
		err_set(e, EEXIST,
			"%s holds nothing that is known here, but is not empty: byte %" PRIu64
			" is not zero; " KEPT,
			disk, p->nonzero);
	else if (str_eq(p->usage, "table"))
		err_set(e, EEXIST, "%s holds a %s partition table; " KEPT, disk,
			table_name(p->type));
	else if (str_after(p->type, "ext"))
		err_set(e, EEXIST, "%s holds %s%s%s%s%s, not %s (rootfstype=%s mounts it); " KEPT,
			disk, p->type, gap, quote, p->label, quote, fstype, p->type);
	else
		err_set(e, EEXIST, "%s holds %s%s%s%s%s, not %s; " KEPT, disk, p->type, gap, quote,
			p->label, quote, fstype);
	return FS_REFUSE;
}

static enum fs_verdict format(enum fs_verdict how, const struct probe *p,
				const struct fs_want *want, const char *disk, struct err *e)
{
	if (!str_eq(want->fstype, "ext3"))
		err_set(e, EINVAL,
			"%s holds no file system, and stage 1 makes ext3, not rootfstype=%s; " KEPT,
			disk, want->fstype);
	else if (want->size && want->size != p->size)
		err_set(e, EINVAL,
			"%s has %" PRIu64 " bytes, the disk that the host means has %" PRIu64
			"; " KEPT,
			disk, p->size, want->size);
	else
		return how;
	return FS_REFUSE;
}

enum fs_verdict fs_decide(const struct probe *p, const struct fs_want *want, const char *disk,
			    struct err *e)
{
	bool known = p->type[0] != '\0';

	if (p->marker && !known)
		return format(FS_FORMAT_AGAIN, p, want, disk, e);
	if (known && p->marker == p->finished && can_mount(want->fstype, p->type))
		return p->finished ? FS_FINISH : FS_MOUNT;
	if (!known && p->empty)
		return format(FS_FORMAT, p, want, disk, e);
	return refuse(p, want->fstype, disk, e);
}
