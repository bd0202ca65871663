/* SPDX-License-Identifier: MIT */
/* type.c - table of the file systems for a root disk */
#include "fs/type.h"

#include "fs/ext.h"
#include "fs/format.h"
#include "init/lib/str.h"

static const struct fs_type types[] = {
	{ .name = "ext3",
	  .repair_tool = "e2fsck",
	  .make = fs_format_ext3,
	  .whole = ext_whole,
	  .grow = ext_grow },
	{ .name = "ext4",
	  .also = { "ext3", "ext2" },
	  .repair_tool = "e2fsck",
	  .whole = ext_whole,
	  .grow = ext_grow },
	{ .name = "ext2", .repair_tool = "e2fsck", .grow = ext_grow },
};

const struct fs_type *fs_type_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].name, name))
			return &types[i];
	return NULL;
}

bool fs_type_mounts(const char *asked, const struct fs_type *type, const char *found)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(type->also) && type->also[i]; i++)
		if (str_eq(type->also[i], found))
			return true;
	return str_eq(asked, found);
}
