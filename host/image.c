/* SPDX-License-Identifier: MIT */
/*
 * image.c - the guest's disk: a qcow2 file that is made once and never replaced
 *
 * Theory of operation: a new image is written into a file that has no name yet (O_TMPFILE), locked,
 * and then linked to its name, which link(2) refuses where there is something already. So whatever
 * ends this in between leaves nothing, and no one sees half an image. Where the file system has no
 * O_TMPFILE the same is done with a temporary name.
 *
 * The lock is flock(2) on the image itself: it needs no further file, goes with the process, and does
 * not touch the locks that QEMU takes on the same file (fcntl(2), open file description locks).
 */
#include "host/image.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "host/exit.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

#define TIMEOUT_MS 60000
#define UNCHANGED "; image unchanged"

static int run_qemu_img(const char *const *argv, struct buf *out, struct buf *said, struct err *e)
{
	struct spawn s = { .path = argv[0], .argv = argv, .stdin_fd = -1, .timeout_ms = TIMEOUT_MS };
	int status = 0, r = spawn_run(&s, out, said, &status);
	const char *text = said->data, *own;

	if (r < 0)
		return err_sys(e, r, "%s %s", argv[0], argv[1]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	own = said->len > 0 ? str_after(text, "qemu-img: ") : NULL;
	return err_exit(e, EXIT_IMAGE, EIO, "%s", own ? own : said->len > 0 ? text : "no reason given");
}

static const char *member(json_object *o, const char *name)
{
	json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : NULL;
}

static int check_info(const char *path, json_object *info, struct err *e)
{
	json_object *specific, *data, *size;
	const char *format = member(info, "format"), *backing = member(info, "backing-filename");

	if (!format || !str_eq(format, "qcow2"))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s is a %s image, not qcow2" UNCHANGED, path,
				format ? format : "nameless");
	if (backing)
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s is only a layer over %s; storeboot takes an image that stands "
				"alone (qemu-img convert -O qcow2)" UNCHANGED,
				path, backing);
	if (json_object_object_get_ex(info, "format-specific", &specific) &&
	    json_object_object_get_ex(specific, "data", &data) && member(data, "data-file"))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s keeps its data in another file, %s" UNCHANGED,
				path, member(data, "data-file"));
	if (!json_object_object_get_ex(info, "virtual-size", &size) ||
	    json_object_get_int64(size) <= 0)
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s holds a disk of no size" UNCHANGED, path);
	return 0;
}

int image_check_info(const char *path, const char *json, size_t len, struct err *e)
{
	struct json_tokener *tok = json_tokener_new();
	json_object *info = tok && len < INT_MAX ? json_tokener_parse_ex(tok, json, (int)len) : NULL;
	int r;

	if (json_object_is_type(info, json_type_object))
		r = check_info(path, info, e);
	else
		r = err_exit(e, EXIT_IMAGE, EINVAL, "%s: qemu-img info gave no answer" UNCHANGED, path);
	json_object_put(info);
	if (tok)
		json_tokener_free(tok);
	return r;
}

/* The process that holds a flock on the file, from /proc/locks (proc(5)); 0 when it cannot be seen. */
static int lock_holder(const struct stat *st)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/locks", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned int major_no, minor_no;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_no, &minor_no,
			   &inode) == 4 &&
		    inode == st->st_ino && major_no == major(st->st_dev) &&
		    minor_no == minor(st->st_dev))
			return pid;
	}
	return 0;
}

static int in_use(const char *path, const struct stat *st, struct err *e)
{
	_cleanup_buf_ struct buf command = { 0 };
	int pid = lock_holder(st);
	char proc[64];

	if (pid <= 0)
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by another process", path);
	snprintf(proc, sizeof(proc), "/proc/%d/cmdline", pid);
	/* A lock outlives who took it where a child has inherited it. */
	if (file_read(AT_FDCWD, proc, 65536, &command) < 0 || command.len == 0)
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by a process that pid %d started",
				path, pid);
	for (size_t i = 0; i + 1 < command.len; i++)
		if ((unsigned char)command.data[i] < ' ')
			command.data[i] = ' ';
	return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by pid %d (%.200s)", path, pid,
			command.data);
}

static int take_lock(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return in_use(path, &st, e);
	err_sys(e, errno, "cannot lock %s", path);
	e->exit_status = EXIT_IMAGE;
	return -e->num;
}

/* QEMU's own locks stop qemu-img from reading an image that another QEMU has open. */
static int check_content(const char *qemu_img, const char *path, struct err *e)
{
	const char *const argv[] = { qemu_img, "info", "-f", "qcow2", "--output=json", path, NULL };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	struct err inner = { 0 };
	int r = run_qemu_img(argv, &out, &said, &inner);

	if (r == 0)
		return image_check_info(path, out.data ? out.data : "", out.len, e);
	if (said.data && strstr(said.data, " lock"))
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by another QEMU", path);
	return err_exit(e, EXIT_IMAGE, EINVAL, "%s is no qcow2 image that can be used: %.400s" UNCHANGED,
			path, inner.text);
}

static int refuse(struct err *e, int num, const char *path, const char *what)
{
	err_sys(e, num, "%s: %s", path, what);
	e->exit_status = EXIT_IMAGE;
	return -e->num;
}

/* Nothing is there: the name is where the image will be, its folder with links resolved. */
static int resolve_new(const char *path, struct image *ret, struct err *e)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int n = slash ? (int)(slash - path) : 1;

	if (!*base || str_eq(base, ".") || str_eq(base, ".."))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s names no file", path);
	if (str_format(folder, sizeof(folder), "%.*s", n ? n : 1, slash ? path : ".") < 0)
		return refuse(e, ENAMETOOLONG, path, "cannot be the disk image");
	if (!realpath(folder, real))
		return refuse(e, errno, path, "its folder");
	if (access(real, W_OK) < 0)
		return refuse(e, errno, path, "cannot make the disk image; its folder");
	if (str_format(ret->path, sizeof(ret->path), "%s/%s", str_eq(real, "/") ? "" : real, base) < 0)
		return refuse(e, ENAMETOOLONG, path, "cannot be the disk image");
	return 0;
}

static int open_existing(const char *qemu_img, const char *path, struct image *ret, struct err *e)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (!realpath(path, ret->path))
		return errno == ENOENT ? err_exit(e, EXIT_IMAGE, ENOENT,
						  "%s is a link to nothing; remove it, or make what it "
						  "points to",
						  path) :
					 refuse(e, errno, path, "cannot be the disk image");
	if (stat(ret->path, &st) < 0)
		return refuse(e, errno, path, "cannot be the disk image");
	if (!S_ISREG(st.st_mode))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s is no file; the disk image must be one",
				path);
	if (st.st_size == 0)
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s is empty, no qcow2 image; remove it and it is made anew" UNCHANGED,
				path);
	fd = open(ret->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return refuse(e, errno, path, "the disk image must be writable");
	r = take_lock(path, fd, e);
	if (r == 0)
		r = check_content(qemu_img, ret->path, e);
	if (r == 0)
		ret->fd = take_fd(&fd);
	return r;
}

int image_open(const char *qemu_img, const char *path, struct image *ret, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return open_existing(qemu_img, path, ret, e);
	if (errno == ENOENT)
		return resolve_new(path, ret, e);
	return refuse(e, errno, path, "cannot be the disk image");
}

/* A file without a name in the image's folder, or with the temporary one in tmp. */
static int open_new(const char *path, char *tmp, size_t tmp_size)
{
	char folder[PATH_MAX], *slash;
	int fd;

	if (str_format(folder, sizeof(folder), "%s", path) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	tmp[0] = '\0';
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd >= 0 ? fd : -errno;
	if (str_format(tmp, tmp_size, "%s.new-%d", path, (int)getpid()) < 0)
		return -ENAMETOOLONG;
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		tmp[0] = '\0';
	return fd >= 0 ? fd : -errno;
}

/* Gives the file its name where there is none; the magic link is what open(2) tells for O_TMPFILE. */
static int give_name(const char *from, const char *tmp, const char *path)
{
	int r = tmp[0] ? link(tmp, path) : linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW);

	return r < 0 ? -errno : 0;
}

/* qemu-img writes into the open file, by its name below /proc/PID/fd. */
static int fill(const char *qemu_img, uint64_t size, const char *file, struct err *e)
{
	char bytes[32];
	const char *const argv[] = { qemu_img, "create", "-q", "-f", "qcow2", file, bytes, NULL };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	return run_qemu_img(argv, &out, &said, e);
}

int image_make(const char *qemu_img, uint64_t size, struct image *i, struct err *e)
{
	char tmp[PATH_MAX], file[64];
	_cleanup_close_ int fd = open_new(i->path, tmp, sizeof(tmp));
	struct err inner = { 0 };
	int r;

	if (fd < 0)
		return refuse(e, fd, i->path, "cannot make the disk image");
	snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)getpid(), fd);
	r = fill(qemu_img, size, file, &inner);
	if (r < 0)
		err_exit(e, EXIT_IMAGE, inner.num, "cannot make the disk image %s: %.400s; nothing made",
			 i->path, inner.text);
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fsync(fd) < 0)
		r = refuse(e, errno, i->path, "cannot make the disk image");
	else
		r = give_name(file, tmp, i->path);
	if (r == -EEXIST)
		err_exit(e, EXIT_IN_USE, EEXIST, "%s was made by another process in the meantime",
			 i->path);
	else if (r < 0 && !e->num)
		refuse(e, r, i->path, "cannot make the disk image");
	if (tmp[0])
		unlink(tmp);
	if (r < 0)
		return r;
	i->fd = take_fd(&fd);
	i->made = true;
	return 0;
}

void image_close(struct image *i)
{
	cleanup_close(&i->fd);
	i->fd = -1;
}
