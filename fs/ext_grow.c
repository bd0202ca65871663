/* SPDX-License-Identifier: MIT */
/*
 * ext_grow.c - grow a mounted ext file system to the size of its disk
 *
 * The kernel grows the file system group by group, each in one journal transaction
 * (fs/ext4/resize.c, EXT4_IOC_RESIZE_FS). A power cut leaves it at some size in between, and the
 * next boot continues. Beyond the limit of the resize inode, 64 GiB with 1 KiB blocks, the kernel
 * uses meta_bg. It writes the tables of the new groups, which takes seconds for gigabytes.
 */
#include "fs/ext.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "init/lib/file.h"

/* fs/ext4/ext4.h; not in the kernel's UAPI headers before Linux 5.18 */
#define IOC_RESIZE_FS _IOW('f', 16, uint64_t)

/* struct ext4_super_block (Documentation/filesystems/ext4/super.rst) */
#define AT_BLOCKS 0x4
#define AT_LOG_BLOCK_SIZE 0x18
#define AT_MAGIC 0x38
#define AT_INCOMPAT 0x60
#define AT_BLOCKS_HI 0x150
#define MAGIC 0xef53
#define INCOMPAT_64BIT 0x80

#define AT_FIRST_DATA_BLOCK 0x14
#define AT_BLOCKS_PER_GROUP 0x20
#define AT_INODES_PER_GROUP 0x28
#define AT_INODE_SIZE 0x58
#define AT_RESERVED_GDT 0xce
#define OLD_INODE_SIZE 128 /* revision 0 has no inode size field */
#define DESCRIPTOR_SIZE 64 /* the maximum */

/* Ignore a smaller gain. */
#define WORTHWHILE ((uint64_t)1 << 20)
/* mke2fs makes no last group with fewer data blocks (lib/ext2fs/initialize.c). */
#define GROUP_DATA_MIN 50

static uint32_t le(const void *superblock, size_t at, size_t bytes)
{
	const uint8_t *p = (const uint8_t *)superblock + at;
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/*
 * The minimum size of a last group, in blocks: bitmaps, inode table, a copy of the superblock and
 * group descriptors, and some data. Slightly more than mke2fs and the kernel require
 * (fs/ext4/resize.c, ext4_resize_fs), because not every group has such a copy.
 */
static uint64_t least_group(const void *superblock, uint64_t groups)
{
	const uint32_t block = 1024U << le(superblock, AT_LOG_BLOCK_SIZE, 4);
	const uint32_t inode = le(superblock, AT_INODE_SIZE, 2);
	const uint64_t inodes =
		(uint64_t)(inode ? inode : OLD_INODE_SIZE) * le(superblock, AT_INODES_PER_GROUP, 4);

	return 2 + (inodes + block - 1) / block + 1 +
	       (groups * DESCRIPTOR_SIZE + block - 1) / block + le(superblock, AT_RESERVED_GDT, 2) +
	       GROUP_DATA_MIN;
}

/* Returns the size to request, in blocks. Like the kernel, omits an end of the disk that is too
 * small for a group. now, disk: blocks. */
static uint64_t whole_groups(const void *superblock, uint64_t now, uint64_t disk)
{
	const uint64_t first = le(superblock, AT_FIRST_DATA_BLOCK, 4);
	const uint64_t per_group = le(superblock, AT_BLOCKS_PER_GROUP, 4);
	uint64_t rest, groups;

	if (per_group == 0 || disk <= first)
		return disk;
	rest = (disk - first) % per_group;
	groups = (disk - first) / per_group + 1;
	return rest > 0 && disk - rest >= now && rest < least_group(superblock, groups) ?
		       disk - rest :
		       disk;
}

uint64_t ext_grow_blocks(const void *superblock, uint64_t disk, uint64_t *ret_now)
{
	uint32_t log = le(superblock, AT_LOG_BLOCK_SIZE, 4);
	uint64_t blocks = le(superblock, AT_BLOCKS, 4), target;

	if (le(superblock, AT_MAGIC, 2) != MAGIC || log > 6)
		return 0;
	if (le(superblock, AT_INCOMPAT, 4) & INCOMPAT_64BIT)
		blocks |= (uint64_t)le(superblock, AT_BLOCKS_HI, 4) << 32;
	if (blocks == 0 || blocks > UINT64_MAX >> (10 + log))
		return 0;
	*ret_now = blocks << (10 + log);
	target = whole_groups(superblock, blocks, disk >> (10 + log));
	return target > blocks && (target - blocks) << (10 + log) >= WORTHWHILE ? target : 0;
}

/* Returns as ext_grow_blocks; 0 also if the disk cannot be read, which the mount has reported. */
static uint64_t look(const char *disk, uint64_t *ret_now, uint64_t *ret_disk)
{
	_cleanup_close_ int fd = open(disk, O_RDONLY | O_CLOEXEC);
	uint8_t superblock[EXT_SUPERBLOCK_SIZE];

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, ret_disk) < 0 ||
	    file_pread_all(fd, superblock, sizeof(superblock), EXT_SUPERBLOCK_AT) < 0)
		return 0;
	return ext_grow_blocks(superblock, *ret_disk, ret_now);
}

void ext_grow(const char *disk, const char *folder, struct fs_growth *ret)
{
	uint64_t blocks = look(disk, &ret->before, &ret->disk);
	_cleanup_close_ int fd = -1;

	if (blocks == 0)
		return;
	ret->tried = true;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, IOC_RESIZE_FS, &blocks) < 0)
		ret->num = errno;
	/* The size decides, not the result of the ioctl. */
	ret->smaller = look(disk, &ret->now, &ret->disk) > 0;
}
