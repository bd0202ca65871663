/* SPDX-License-Identifier: MIT */
/*
 * policy.c - what to do with a disk, given its contents: the one place that permits a format
 *
 * Theory of operation: only a format can destroy data. A disk is formatted in two cases: it has no
 * signature, no partition table and no byte other than zero; or it has the marker of an interrupted
 * format of ours (marker.h) and no signature. In both cases its size must be the one that the host
 * gave, if any. Every other disk that does not hold a file system for rootfstype= is refused.
 */
#include "fs/policy.h"

#include <errno.h>
#include <inttypes.h>

#include "fs/format.h"
#include "init/lib/str.h"

#define KEPT "not formatted, disk unchanged"

/* The usual spelling: "GPT" for libblkid's "gpt". */
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
	const struct fs_type *type = fs_type_find(want->fstype);

	if (!type || !type->make)
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
	const struct fs_type *type = fs_type_find(want->fstype);
	bool known = p->type[0] != '\0', ours = p->finished && type && type->whole;

	if (p->marker && !known)
		return format(FS_FORMAT_AGAIN, p, want, disk, e);
	if (known && p->marker == ours && fs_type_mounts(want->fstype, type, p->type))
		return ours ? FS_FINISH : FS_MOUNT;
	if (!known && p->empty)
		return format(FS_FORMAT, p, want, disk, e);
	return refuse(p, want->fstype, disk, e);
}

int fs_carry_out(enum fs_verdict verdict, const char *path, const char *fstype, struct err *e)
{
	const struct fs_type *type = fs_type_find(fstype);

	switch (verdict) {
	case FS_FORMAT:
		return type->make(path, 0, NULL, e);
	case FS_FORMAT_AGAIN:
		return fs_format_again(path, type, e);
	case FS_FINISH:
		return fs_format_finish(path, type, e);
	case FS_MOUNT:
		return 0;
	case FS_REFUSE:
	default:
		return -e->num;
	}
}
