/* SPDX-License-Identifier: MIT */
/*
 * host_fs.c - the host's file system that holds a file
 *
 * The file system is found by its mount number, which /proc/self/fdinfo has for an open file
 * (proc(5)). The device number is not enough: on btrfs each subvolume has its own, which mountinfo
 * does not list.
 */
#include "host/lib/host_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "init/lib/file.h"

static int mount_of(int fd, int *ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	const char *line;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	r = file_read(AT_FDCWD, path, 65536, &text);
	if (r < 0)
		return r;
	line = strstr(text.data, "mnt_id:");
	return line && sscanf(line, "mnt_id: %d", ret) == 1 ? 0 : -ENOENT;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\040" is one byte (the kernel's fs/seq_file.c, mangle_path). */
static int unescape(const char *s, char *dst, size_t size)
{
	size_t n = 0;

	for (; *s && n + 1 < size; s++) {
		dst[n] = *s;
		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
			dst[n] = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		}
		if (dst[n] == '\0')
			return -EBADMSG; /* no path has it */
		n++;
	}
	dst[n] = '\0';
	return *s ? -ENAMETOOLONG : 0;
}

/* Parses the root, mount point, type and device of a line such as: 36 35 98:0 /root /mount/point
 * rw,noatime shared:1 - ext3 /dev/vda rw */
static int parse(char *line, struct host_fs *ret)
{
	char *rest = strstr(line, " - "), *save = NULL, *field[5], *type, *device;
	unsigned int major_no, minor_no;

	if (!rest)
		return -ENOENT;
	*rest = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(field); i++)
		field[i] = strtok_r(i ? NULL : line, " ", &save);
	type = strtok_r(rest + 3, " ", &save);
	device = strtok_r(NULL, " ", &save);
	if (!field[4] || !device || str_format(ret->type, sizeof(ret->type), "%s", type) < 0 ||
	    sscanf(field[2], "%u:%u", &major_no, &minor_no) != 2 ||
	    unescape(field[3], ret->root, sizeof(ret->root)) < 0 ||
	    unescape(field[4], ret->point, sizeof(ret->point)) < 0 ||
	    unescape(device, ret->device, sizeof(ret->device)) < 0)
		return -ENOENT;
	ret->dev = makedev(major_no, minor_no);
	return 0;
}

int host_fs_find(char *mountinfo, int id, struct host_fs *ret)
{
	char *save = NULL;
	int got;

	for (char *line = strtok_r(mountinfo, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%d ", &got) == 1 && got == id)
			return parse(line, ret);
	return -ENOENT;
}

int host_fs_of(int fd, struct host_fs *ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct statvfs st;
	int id, r = mount_of(fd, &id);

	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/self/mountinfo", (size_t)16 << 20, &text);
	if (r == 0)
		r = host_fs_find(text.data, id, ret);
	if (r < 0)
		return r;
	if (fstatvfs(fd, &st) < 0)
		return -errno;
	ret->free = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}
