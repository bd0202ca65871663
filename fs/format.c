/* SPDX-License-Identifier: MIT */
/*
 * format.c - an ext3 file system, as `mke2fs -t ext3` makes it (libext2fs)
 *
 * Theory of operation: the calls and their order are those of mke2fs, so that dumpe2fs output and
 * the bytes are the same (tests/unit/fs/format.c compares them). Only zeroes are not written,
 * because the caller has read the disk and found zeroes. This omits the inode tables and the
 * journal's blocks, nearly all that mke2fs writes.
 *
 * After a power cut or an error, the disk has either our marker (marker.h) and no file system, and
 * the next boot formats it again; or a whole file system, with or without the marker. The order,
 * with a flush after each: the marker; all blocks except the primary superblock; its second sector;
 * its first, which has the magic number. Then the superblock is read again and the marker cleared.
 *
 * A sector is written whole or not at all, so the magic number implies that everything else is on
 * the disk. strict_io writes nothing after the first failed write. Until the marker is cleared, a
 * failure also clears the superblock.
 */
#include "fs/ext.h"
#include "fs/format.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "fs/journal.h"
#include "fs/marker.h"
#include "fs/strict_io.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define MIB ((uint64_t)1 << 20)
#define LABEL_MAX 16

/* mke2fs.conf(5), [fs_types], and parse_fs_type. ext3 is limited to 2^32 blocks, below 16 TiB. */
static const struct size_class {
	uint64_t below;		/* bytes */
	unsigned int block;	/* bytes */
	unsigned int per_inode; /* bytes of disk per inode */
} classes[] = {
	{ 3 * MIB, 1024, 8192 },	 /* floppy */
	{ 512 * MIB, 1024, 4096 },	 /* small */
	{ 4 * MIB * MIB, 4096, 16384 },	 /* default */
	{ 16 * MIB * MIB, 4096, 32768 }, /* big */
};

struct format {
	const char *path;
	const char *label;
	ext2_filsys fs;
	struct strict_io io;
	struct ext2fs_journal_params journal;
	blk64_t overhead;   /* blocks that hold no file data, without the journal */
	int fd;		    /* our own descriptor of the disk, opened before the first write */
	uint64_t disk_size; /* bytes, including any that the file system does not use */
	bool marked;	    /* the marker may be on the disk */
	bool published;	    /* the primary superblock, or a part of it, may be on the disk */
};

static void format_done(struct format *f)
{
	if (f->fs)
		ext2fs_free(f->fs);
	cleanup_close(&f->fd);
}

/* Returns the size to format, in bytes, and the disk's logical sector size. */
static int geometry(struct format *f, uint64_t size, uint64_t *ret_size, unsigned int *ret_sector,
		    struct err *e)
{
	uint64_t whole = 0;
	int sector = 512;
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return err_sys(e, errno, "cannot look at %s", f->path);
	if (S_ISREG(st.st_mode))
		whole = (uint64_t)st.st_size;
	else if (!S_ISBLK(st.st_mode))
		return err_set(e, ENOTBLK, "%s is neither a block device nor an image file",
			       f->path);
	else if (ioctl(f->fd, BLKGETSIZE64, &whole) < 0 || ioctl(f->fd, BLKSSZGET, &sector) < 0)
		return err_sys(e, errno, "cannot ask %s for its size", f->path);
	if (size > whole)
		return err_set(e, ENOSPC, "cannot format %s: %llu bytes are wanted, it has %llu",
			       f->path, (unsigned long long)size, (unsigned long long)whole);
	f->disk_size = whole;
	*ret_size = size ? size : whole;
	*ret_sector = (unsigned int)sector;
	return 0;
}

static int parameters(struct format *f, uint64_t size, unsigned int sector,
		      struct ext2_super_block *p, struct err *e)
{
	unsigned int block, i = 0;
	uint64_t blocks;

	/* Like mke2fs: whole pages, so that the kernel can cache the last block. */
	size &= ~(uint64_t)4095;
	while (i < ARRAY_SIZE(classes) && size >= classes[i].below)
		i++;
	if (i == ARRAY_SIZE(classes))
		return err_set(e, EFBIG, "cannot format %s: ext3 ends below 16 TiB", f->path);
	block = classes[i].block > sector ? classes[i].block : sector;
	if (block > 4096)
		return err_set(e, EOPNOTSUPP, "cannot format %s: it has sectors of %u bytes",
			       f->path, sector);
	blocks = size / block;
	p->s_rev_level = EXT2_DYNAMIC_REV;
	p->s_log_block_size = block == 4096 ? 2 : block == 2048 ? 1 : 0;
	p->s_log_cluster_size = p->s_log_block_size;
	ext2fs_blocks_count_set(p, blocks);
	ext2fs_r_blocks_count_set(p, blocks * 5 / 100);
	p->s_inodes_count = (uint32_t)(blocks * block / classes[i].per_inode);
	p->s_inode_size = 256;
	p->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	p->s_feature_compat = EXT3_FEATURE_COMPAT_HAS_JOURNAL | EXT2_FEATURE_COMPAT_EXT_ATTR |
			      EXT2_FEATURE_COMPAT_RESIZE_INODE | EXT2_FEATURE_COMPAT_DIR_INDEX;
	p->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE;
	p->s_feature_ro_compat =
		EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
	return 0;
}

/*
 * Makes a version 4 UUID (RFC 9562, 5.4). It must be unique, not secret, so a first boot need not
 * wait until the kernel's random pool is ready (a second and some 400 million instructions without
 * RDRAND). mke2fs does not wait either.
 */
static int make_uuid(uint8_t *uuid)
{
	if (getrandom(uuid, 16, GRND_INSECURE) != 16)
		return -EIO;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

static errcode_t set_super(struct format *f)
{
	struct ext2_super_block *s = f->fs->super;

	if (make_uuid(s->s_uuid) < 0 || make_uuid((uint8_t *)s->s_hash_seed) < 0)
		return EIO;
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	/* No checks by mount count or time: enable_periodic_fsck = 0 in mke2fs.conf(5). */
	s->s_max_mnt_count = -1;
	s->s_checkinterval = 0;
	if (f->label)
		memcpy(s->s_volume_name, f->label, strlen(f->label));
	return 0;
}

static errcode_t size_journal(struct format *f)
{
	return ext2fs_get_journal_params(&f->journal, f->fs);
}

static errcode_t place_tables(struct format *f)
{
	errcode_t r = ext2fs_allocate_tables(f->fs);

	if (r)
		return r;
	/* The caller has read zeroes there. mke2fs sets the flag, too, after zeroing the tables. */
	for (dgrp_t i = 0; i < f->fs->group_desc_count; i++)
		ext2fs_bg_flags_set(f->fs, i, EXT2_BG_INODE_ZEROED);
	return ext2fs_count_used_clusters(f->fs, f->fs->super->s_first_data_block,
					  ext2fs_blocks_count(f->fs->super) - 1, &f->overhead);
}

static errcode_t make_root(struct format *f)
{
	return ext2fs_mkdir(f->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL);
}

/* e2fsck needs space in lost+found that it need not allocate: 16 KiB, or 12 blocks. */
static errcode_t make_lost_found(struct format *f)
{
	static const char name[] = "lost+found";
	ext2_filsys fs = f->fs;
	unsigned int size = fs->blocksize;
	ext2_ino_t ino;
	errcode_t r;

	fs->umask = 077;
	r = ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, name);
	if (r == 0)
		r = ext2fs_lookup(fs, EXT2_ROOT_INO, name, sizeof(name) - 1, NULL, &ino);
	for (int i = 1; r == 0 && i < EXT2_NDIR_BLOCKS && size < 16384; i++) {
		r = ext2fs_expand_dir(fs, ino);
		size += fs->blocksize;
	}
	return r;
}

static errcode_t reserve_inodes(struct format *f)
{
	ext2_filsys fs = f->fs;

	for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
		ext2fs_inode_alloc_stats2(fs, i, +1, 0);
	ext2fs_mark_inode_bitmap2(fs->inode_map, EXT2_BAD_INO);
	ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
	ext2fs_mark_ib_dirty(fs);
	return ext2fs_update_bb_inode(fs, NULL);
}

static errcode_t make_resize_inode(struct format *f)
{
	return ext2fs_create_resize_inode(f->fs);
}

static errcode_t make_journal(struct format *f)
{
	struct ext2_super_block *s = f->fs->super;

	s->s_overhead_clusters =
		(uint32_t)(f->overhead + f->journal.num_journal_blocks + s->s_first_data_block);
	return journal_make(f->fs, &f->journal);
}

/* Keep the library's descriptor open until the end: it holds the disk exclusively. */
static errcode_t write_out(struct format *f)
{
	errcode_t r = ext2fs_flush(f->fs);

	return r || f->io.held ? r : EXT2_ET_BAD_MAGIC;
}

/* This fsync reports every write error since f->fd was opened, even if an fsync of another
 * descriptor has reported it (errseq_t, kernel's core-api/errseq.rst). */
static errcode_t flush(struct format *f)
{
	return fsync(f->fd) < 0 ? errno : 0;
}

static errcode_t mark(struct format *f)
{
	uint8_t sector[MARKER_SIZE];

	marker_make(f->fs->super->s_uuid, f->disk_size, sector);
	f->marked = true;
	return -marker_write(f->fd, sector);
}

/* Writes one sector of the primary superblock and flushes it. */
static errcode_t publish_part(struct format *f, size_t offset)
{
	ssize_t n;

	f->published = true;
	n = pwrite(f->fd, f->io.super + offset, MARKER_SIZE, SUPERBLOCK_OFFSET + (off_t)offset);
	if (n >= 0 && n < MARKER_SIZE)
		return EXT2_ET_SHORT_WRITE;
	return n < 0 ? errno : flush(f);
}

static errcode_t publish(struct format *f)
{
	errcode_t r = publish_part(f, MARKER_SIZE);

	return r ? r : publish_part(f, 0);
}

static const struct {
	const char *what;
	errcode_t (*run)(struct format *f);
} steps[] = {
	{ "setting up the superblock", set_super },
	{ "sizing the journal", size_journal },
	{ "marking the disk", mark },
	{ "placing inode tables", place_tables },
	{ "making the root folder", make_root },
	{ "making lost+found", make_lost_found },
	{ "reserving inodes", reserve_inodes },
	{ "reserving room to grow", make_resize_inode },
	{ "making the journal", make_journal },
	{ "writing out", write_out },
	{ "fsync", flush },
	{ "writing the superblock", publish },
};

/* Returns an errno value. Errors of system calls are below those of libext2fs (com_err(3)). */
static int errno_of(errcode_t r)
{
	switch (r) {
	case EXT2_ET_NO_MEMORY:
		return ENOMEM;
	case EXT2_ET_TOOSMALL:
	case EXT2_ET_JOURNAL_TOO_SMALL:
		return ENOSPC;
	default:
		return r > 0 && r < 4096 ? (int)r : EIO;
	}
}

static const char *text_of(errcode_t r)
{
	switch (r) {
	case EXT2_ET_TOOSMALL:
	case EXT2_ET_JOURNAL_TOO_SMALL:
		return "too small for ext3 with its journal";
	case EXT2_ET_SHORT_WRITE:
		return "short write, the disk or its image has no room";
	default:
		return strerror(errno_of(r));
	}
}

/* Clears the primary superblock if it may have been written. Returns the state of the disk, for the
 * message. */
static const char *undo(struct format *f)
{
	static const char zero[MARKER_SIZE];

	if (!f->marked && !f->io.wrote)
		return "disk unchanged";
	/*
	 * Clear only the first sector: the magic number must not remain without the second. If this
	 * write fails too and the superblock remains, everything else is on the disk, and the next
	 * boot finds the format finished.
	 */
	if (f->published &&
	    pwrite(f->fd, zero, sizeof(zero), SUPERBLOCK_OFFSET) == (ssize_t)sizeof(zero))
		(void)!fsync(f->fd);
	return "partly written, holds no file system; the next boot formats it again";
}

static int fail(struct format *f, const char *step, errcode_t r, struct err *e)
{
	char where[64] = "", code[32] = "";

	/* The first failed write is the cause of any error that the library returns. */
	if (f->io.failed)
		r = f->io.failed;
	if (f->io.failed && f->io.failed_at &&
	    str_format(where, sizeof(where), ", at byte %llu", f->io.failed_at) < 0)
		where[0] = '\0';
	if (r >= 4096 && str_format(code, sizeof(code), " (libext2fs %ld)", (long)r) < 0)
		code[0] = '\0';
	if (f->fs) {
		ext2fs_free(f->fs);
		f->fs = NULL;
	}
	return err_set(e, errno_of(r), "cannot format %s: %s%s: %s%s; %s", f->path, step, where,
		       text_of(r), code, undo(f));
}

/* Opens the disk by name and reads the superblock from the disk, not from the page cache. */
static int read_super(const struct format *f, struct ext2_super_block *ret)
{
	_cleanup_close_ int fd = open(f->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return file_pread_all(fd, ret, sizeof(*ret), SUPERBLOCK_OFFSET);
}

static int check(struct format *f, struct err *e)
{
	struct ext2_super_block got;
	int r = read_super(f, &got);

	if (r < 0)
		return fail(f, "reading the superblock again", -r, e);
	if (memcmp(&got, f->io.super, sizeof(got)) != 0 || got.s_magic != EXT2_SUPER_MAGIC ||
	    !(got.s_state & EXT2_VALID_FS))
		return fail(f, "the superblock reads back otherwise than written", EIO, e);
	r = marker_write(f->fd, NULL);
	/* Undo nothing from here on: the marker may already be cleared. */
	return r < 0 ? err_sys(e, r,
			       "formatted %s, but cannot take the marker off it; the next boot "
			       "does",
			       f->path) :
		       0;
}

static int format_run(struct format *f, struct ext2_super_block *parameter, struct err *e)
{
	/* The library opens without O_CLOEXEC, so spawn nothing while the disk is open. */
	errcode_t r = ext2fs_initialize(f->path, EXT2_FLAG_EXCLUSIVE | EXT2_FLAG_64BITS, parameter,
					unix_io_manager, &f->fs);

	if (r)
		return fail(f, "opening it and laying it out", r, e);
	r = strict_io_attach(&f->io, f->fs);
	if (r)
		return fail(f, "opening it and laying it out", r, e);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		r = steps[i].run(f);
		if (r || f->io.failed)
			return fail(f, steps[i].what, r, e);
	}
	return check(f, e);
}

/* Writes nothing. The caller reports "disk unchanged" if this fails. */
static int format_prepare(struct format *f, uint64_t size, struct ext2_super_block *parameter,
			  struct err *e)
{
	unsigned int sector;
	int r;

	if (f->label && strlen(f->label) > LABEL_MAX)
		return err_set(e, EINVAL, "cannot format %s: label \"%s\" is over %d bytes",
			       f->path, f->label, LABEL_MAX);
	f->fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (f->fd < 0)
		return err_sys(e, errno, "cannot open %s to format it", f->path);
	r = geometry(f, size, &size, &sector, e);
	return r < 0 ? r : parameters(f, size, sector, parameter, e);
}

int fs_format_ext3(const char *path, uint64_t size, const char *label, struct err *e)
{
	_cleanup_(format_done) struct format f = { .path = path, .label = label, .fd = -1 };
	struct ext2_super_block parameter = { 0 };
	int r = format_prepare(&f, size, &parameter, e);

	if (r < 0)
		return err_set(e, r, "%s; disk unchanged", e->text);
	return format_run(&f, &parameter, e);
}

/* The first sector of the superblock is written last, so it shows that everything else is there. */
bool ext_whole(const uint8_t *head, const uint8_t *uuid, uint64_t size)
{
	struct ext2_super_block s;

	memcpy(&s, head + SUPERBLOCK_OFFSET, sizeof(s));
	return s.s_magic == EXT2_SUPER_MAGIC && (s.s_state & EXT2_VALID_FS) &&
	       memcmp(s.s_uuid, uuid, sizeof(s.s_uuid)) == 0 && s.s_log_block_size <= 2 &&
	       (uint64_t)s.s_blocks_count << (10 + s.s_log_block_size) <= size;
}
