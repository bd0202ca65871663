/* SPDX-License-Identifier: MIT */
/* fake_tree.h - a folder of a kernel's modules for tests, in a temporary folder */
#ifndef STOREBOOT_TESTS_FAKE_TREE_H
#define STOREBOOT_TESTS_FAKE_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "host/initrd/compress.h"
#include "init/lib/file.h"
#include "tests/lib/fake_elf.h"

#define FAKE_RELEASE "6.1.0-9-test"

struct fake_tree {
	char root[64];
	int fd; /* root's */
};

static inline int fake_tree_open(struct fake_tree *t)
{
	memcpy(t->root, "/tmp/storeboot-test.XXXXXX", sizeof("/tmp/storeboot-test.XXXXXX"));
	if (!mkdtemp(t->root))
		return -1;
	t->fd = open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->fd < 0 ? -1 : 0;
}

static inline int fake_tree_remove(const char *path, const struct stat *st, int type,
				   struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fake_tree_close(struct fake_tree *t)
{
	cleanup_close(&t->fd);
	nftw(t->root, fake_tree_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the root, and the folders above it. */
static inline int fake_tree_write(const struct fake_tree *t, const char *path, const void *data,
				  size_t len)
{
	char folder[256];
	const char *slash = strrchr(path, '/');
	int r = 0;

	if (slash && str_format(folder, sizeof(folder), "%.*s", (int)(slash - path), path) == 0)
		r = file_mkdirs(t->fd, folder, 0755);
	return r < 0 ? r : file_replace(t->fd, path, data, len, 0644);
}

static inline int fake_tree_text(const struct fake_tree *t, const char *path, const char *text)
{
	return fake_tree_write(t, path, text, strlen(text));
}

/* A module of FAKE_RELEASE for x86-64, packed as how says; its content depends on its name only. */
static inline int fake_tree_module(const struct fake_tree *t, const char *path,
				   enum compression how)
{
	_cleanup_buf_ struct buf elf = { 0 }, packed = { 0 };
	const char *ko = strstr(path, ".ko");
	int r = fake_module(FAKE_RELEASE, EM_X86_64, (size_t)(ko - path) * 100, &elf);

	if (r == 0)
		r = compress_buf(how, elf.data, elf.len, &packed);
	/* compress_buf may pad; a module that is not packed must end where it ends. */
	if (r == 0 && how == COMPRESS_NONE)
		packed.len = elf.len;
	return r < 0 ? r : fake_tree_write(t, path, packed.data, packed.len);
}

#endif
