/* SPDX-License-Identifier: MIT */
/* journal.c - an empty journal for a new ext3 */
#include "fs/journal.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "init/lib/macro.h"

static errcode_t allocate(ext2_filsys fs, struct ext2_inode *inode, blk64_t blocks)
{
	/* ext2fs_bmap2 needs two blocks: an indirect block and a new one. */
	_cleanup_free_ char *buf = calloc(2, fs->blocksize);
	errcode_t r = buf ? 0 : EXT2_ET_NO_MEMORY;

	for (blk64_t i = 0; i < blocks && r == 0; i++) {
		blk64_t at;

		r = ext2fs_bmap2(fs, EXT2_JOURNAL_INO, inode, buf, BMAP_ALLOC, i, NULL, &at);
	}
	return r;
}

static errcode_t make_inode(ext2_filsys fs, blk64_t blocks, struct ext2_inode *ret)
{
	struct ext2_inode inode = { 0 };
	errcode_t r = ext2fs_read_inode(fs, EXT2_JOURNAL_INO, &inode);

	if (r)
		return r;
	if (inode.i_blocks > 0)
		return EEXIST;
	inode.i_mtime = inode.i_ctime = (uint32_t)(fs->now ? fs->now : time(NULL));
	inode.i_links_count = 1;
	inode.i_mode = LINUX_S_IFREG | S_IRUSR | S_IWUSR;
	r = ext2fs_inode_size_set(fs, &inode, (ext2_off64_t)(blocks * fs->blocksize));
	if (r == 0)
		r = allocate(fs, &inode, blocks);
	if (r == 0)
		r = ext2fs_write_new_inode(fs, EXT2_JOURNAL_INO, &inode);
	*ret = inode;
	return r;
}

/* The first block is the journal's own superblock. All others stay zero. */
static errcode_t write_first_block(ext2_filsys fs, struct ext2_inode *inode,
				   struct ext2fs_journal_params *size)
{
	char *data = NULL;
	blk64_t at;
	errcode_t r = ext2fs_create_journal_superblock2(fs, size, 0, &data);

	if (r)
		return r;
	r = ext2fs_bmap2(fs, EXT2_JOURNAL_INO, inode, NULL, 0, 0, NULL, &at);
	if (r == 0)
		r = io_channel_write_blk64(fs->io, at, 1, data);
	ext2fs_free_mem(&data);
	return r;
}

errcode_t journal_make(ext2_filsys fs, struct ext2fs_journal_params *size)
{
	struct ext2_super_block *s = fs->super;
	struct ext2_inode inode;
	errcode_t r = make_inode(fs, size->num_journal_blocks, &inode);

	if (r == 0)
		r = write_first_block(fs, &inode, size);
	if (r)
		return r;
	/* A copy of the inode's blocks and size, for e2fsck (kernel's filesystems/ext4/super.rst).
	 */
	memcpy(s->s_jnl_blocks, inode.i_block, sizeof(inode.i_block));
	s->s_jnl_blocks[15] = inode.i_size_high;
	s->s_jnl_blocks[16] = inode.i_size;
	s->s_jnl_backup_type = EXT3_JNL_BACKUP_BLOCKS;
	s->s_journal_inum = EXT2_JOURNAL_INO;
	ext2fs_mark_super_dirty(fs);
	return 0;
}
