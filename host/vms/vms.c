/* SPDX-License-Identifier: MIT */
/* vms.c - the running VMs of this user: their names and private folders (theory: vms.h) */
#include "host/vms/vms.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/json.h"
#include "host/lib/proc.h"
#include "host/vms/left.h"
#include "host/vms/vms_private.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define FILE_MAX 65536
#define NUMBER_MAX 9999 /* of NAME-2, NAME-3 ... */

/* --- one VM --------------------------------------------------------------- */

/* Opens the VM's file. Returns a descriptor if the VM runs, else -ENOENT. */
static int open_live(int base, const char *name)
{
	char path[NAME_MAX + 8];
	int fd, r;

	if (str_format(path, sizeof(path), "%s/vm", name) < 0)
		return -ENOENT;
	fd = openat(base, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	r = flock(fd, LOCK_SH | LOCK_NB);
	if (r < 0 && errno == EWOULDBLOCK)
		return fd;
	close(fd);
	return -ENOENT;
}

static bool lives(int base, const char *name)
{
	int fd = open_live(base, name);

	cleanup_close(&fd);
	return fd >= 0;
}

static char *text_of(json_object *o, const char *name)
{
	json_object *v;
	const char *s = NULL;

	if (json_object_object_get_ex(o, name, &v))
		s = json_object_get_string(v);
	return strdup(s ? s : "");
}

static int64_t number_of(json_object *o, const char *name)
{
	json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_int64(v) : 0;
}

static void entry_free(struct vms_entry *v)
{
	free(v->system);
	free(v->kernel);
	free(v->image);
	free(v->folder);
}

/* Reads the file of a running VM. Returns 0, -ENOENT if the VM does not run, or -ENOMEM. */
static int entry_read(int base, const char *name, struct vms_entry *ret)
{
	_cleanup_close_ int fd = open_live(base, name);
	_cleanup_buf_ struct buf text = { 0 };
	struct vms_entry v = { 0 };
	json_object *o, *keep;

	if (fd < 0 || str_format(v.name, sizeof(v.name), "%s", name) < 0)
		return -ENOENT;
	/* If the file cannot be read, its values are unknown: the VM runs. */
	if (file_read_fd(fd, FILE_MAX, &text) < 0)
		text.len = 0;
	o = json_tokener_parse(text.data ? text.data : "");
	v.pid = (pid_t)number_of(o, "pid");
	v.started = number_of(o, "started");
	v.filtered = !json_object_object_get_ex(o, "escapes", &keep) ||
		     !str_eq(json_object_get_string(keep), "keep");
	v.system = text_of(o, "system");
	v.kernel = text_of(o, "kernel");
	v.image = text_of(o, "image");
	v.folder = text_of(o, "folder");
	json_object_put(o);
	if (!v.system || !v.kernel || !v.image || !v.folder) {
		entry_free(&v);
		return -ENOMEM;
	}
	*ret = v;
	return 0;
}

/* --- making and removing -------------------------------------------------- */

static int about_text(const struct vms_about *about, const struct vms_own *own, struct buf *ret)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(own->name));
	json_object_object_add(o, "folder", json_object_new_string(own->folder));
	json_object_object_add(o, "pid", json_object_new_int64(getpid()));
	json_object_object_add(o, "system", json_object_new_string(about->system));
	json_object_object_add(o, "kernel", json_object_new_string(about->kernel));
	json_object_object_add(o, "image", json_object_new_string(about->image));
	json_object_object_add(o, "escapes",
			       json_object_new_string(about->filtered ? "filter" : "keep"));
	json_object_object_add(o, "started", json_object_new_int64(time(NULL)));
	return json_line(o, ret);
}

static int write_file(const struct vms_about *about, struct vms_own *own)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[PATH_MAX];
	int r = about_text(about, own, &text);

	if (r == 0)
		r = str_format(path, sizeof(path), "%s/vm", own->place);
	if (r < 0)
		return r;
	own->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (own->fd < 0 || flock(own->fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return file_write_all(own->fd, text.data, text.len);
}

static int in_use(int base, const char *name, struct err *e)
{
	_cleanup_buf_ struct buf command = { 0 };
	struct vms_entry v = { 0 };
	pid_t pid = 0;

	if (entry_read(base, name, &v) == 0)
		pid = v.pid;
	entry_free(&v);
	if (pid <= 0 || proc_command(pid, &command) < 0)
		return err_exit(e, EXIT_IN_USE, EBUSY, "a VM called %s runs already", name);
	return err_exit(e, EXIT_IN_USE, EBUSY, "a VM called %s runs already: pid %d (%.200s)", name,
			(int)pid, command.data);
}

/* The n-th candidate: NAME, NAME-2 ... */
static void candidate(const char *name, unsigned int n, char *ret)
{
	char tail[16] = "";
	int room;

	if (n > 1)
		snprintf(tail, sizeof(tail), "-%u", n);
	room = VMS_NAME_MAX - (int)strlen(tail);
	snprintf(ret, VMS_NAME_MAX + 1, "%.*s%s", room, name, tail);
}

/* For a VM that has ended: removes its private folder, found by its file, and BASE/NAME. */
static void remove_folders(int base, const char *name)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[NAME_MAX + 8], *folder = NULL;
	json_object *o;

	if (str_format(path, sizeof(path), "%s/vm", name) == 0 &&
	    file_read(base, path, FILE_MAX, &text) == 0) {
		o = json_tokener_parse(text.data);
		folder = text_of(o, "folder");
		json_object_put(o);
	}
	if (folder)
		private_remove(folder, name);
	free(folder);
	folder_remove_in(base, name);
}

/* For a VM whose launcher was killed. */
static void remove_dead(int base, const char *name)
{
	left_kill(base, name);
	remove_folders(base, name);
}

static int make_private(struct vms_own *own, const char *base, struct err *e)
{
	char private[PATH_MAX];
	int r = vms_private_base(private, e);

	if (r < 0)
		return r;
	own->place_fd = private_lock(own->place);
	if (own->place_fd < 0)
		return err_sys(e, own->place_fd, "cannot lock %s", own->place);
	if (str_eq(private, base)) {
		memcpy(own->folder, own->place, sizeof(own->folder));
		return 0;
	}
	r = private_make(private, own->name, own->folder, e);
	if (r < 0) {
		own->folder[0] = '\0';
		return r;
	}
	own->folder_fd = private_lock(own->folder);
	return own->folder_fd < 0 ? err_sys(e, own->folder_fd, "cannot lock %s", own->folder) : 0;
}

/* Takes the first name that no running VM has. */
static int take_name(int base, const struct vms_about *about, bool exact, char *ret, struct err *e)
{
	for (unsigned int n = 1; n <= NUMBER_MAX; n++) {
		candidate(about->name, n, ret);
		if (lives(base, ret)) {
			if (exact)
				return in_use(base, ret, e);
			continue;
		}
		remove_dead(base, ret);
		if (mkdirat(base, ret, 0700) < 0)
			return err_sys(e, errno, "cannot make a private folder for the VM %s", ret);
		return 0;
	}
	return err_exit(e, EXIT_IN_USE, EBUSY, "%d VMs called %s run already", NUMBER_MAX,
			about->name);
}

/* A child between its fork and its exec, or a keeper that has just started, still holds these
 * descriptors, and with them a lock that is only closed here. */
static void unlock(int *fd)
{
	if (*fd >= 0)
		flock(*fd, LOCK_UN);
	cleanup_close(fd);
}

static void own_close(struct vms_own *own)
{
	unlock(&own->fd);
	unlock(&own->folder_fd);
	unlock(&own->place_fd);
}

/* Removes the parts of a VM that could not be made. */
static void unmake(int base, struct vms_own *own)
{
	own_close(own);
	private_remove(own->folder, own->name);
	folder_remove_in(base, own->name);
}

int vms_make(const struct vms_about *about, bool exact, struct vms_own *ret, struct err *e)
{
	struct vms_own own = VMS_OWN_INIT;
	char path[PATH_MAX];
	int r = vms_base(path, e), base;

	if (r < 0)
		return r;
	base = vms_lock(path, true, e);
	if (base < 0)
		return base;
	r = take_name(base, about, exact, own.name, e);
	if (r == 0) {
		r = str_format(own.place, sizeof(own.place), "%s/%s", path, own.name);
		if (r == 0)
			r = make_private(&own, path, e);
		if (r == 0 && write_file(about, &own) < 0)
			r = err_sys(e, errno, "cannot write %s/%s/vm", path, own.name);
		if (r == 0)
			r = left_mark(base, own.name);
		if (r < 0)
			unmake(base, &own);
	}
	vms_unlock(base, path);
	if (r == 0)
		*ret = own;
	return r;
}

/* Splits BASE/NAME. */
static int split(const char *folder, char *base, const char **ret_name)
{
	const char *slash = strrchr(folder, '/');

	if (!slash || !slash[1])
		return -EINVAL;
	*ret_name = slash + 1;
	return str_format(base, PATH_MAX, "%.*s", (int)(slash - folder), folder);
}

/* own: unlocked first, or NULL. remove: called if the VM is dead. */
static int clean(const char *place, struct vms_own *own, void (*remove)(int base, const char *name))
{
	struct err e = { 0 };
	char path[PATH_MAX];
	const char *name;
	int r = split(place, path, &name), base;

	if (r < 0)
		return r;
	base = vms_lock(path, false, &e);
	if (own)
		own_close(own); /* not before: another VM could take the name */
	if (base < 0)
		return base == -ENOENT ? 0 : base;
	if (lives(base, name))
		r = -EBUSY;
	else
		remove(base, name);
	if (r == 0 && faccessat(base, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = -ENOTEMPTY;
	vms_unlock(base, path);
	return r;
}

int vms_clean(const char *place)
{
	return clean(place, NULL, remove_dead);
}

int vms_release(struct vms_own *own)
{
	int r;

	if (!own->place[0])
		return 0;
	r = clean(own->place, own, remove_folders);
	*own = (struct vms_own)VMS_OWN_INIT;
	return r;
}

/* --- looking -------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct vms_entry *)a)->name, ((const struct vms_entry *)b)->name);
}

void vms_list_free(struct vms_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		entry_free(&l->v[i]);
	free(l->v);
	*l = (struct vms_list){ 0 };
}

/* Only a VM's own folder has that file. With STOREBOOT_RUNTIME_DIR, private folders of another base
 * may be here. */
static bool has_file(int base, const char *name)
{
	char path[NAME_MAX + 8];

	return str_format(path, sizeof(path), "%s/vm", name) == 0 &&
	       faccessat(base, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int add_entry(int base, const char *name, struct vms_list *l)
{
	struct vms_entry *v = realloc(l->v, (l->n + 1) * sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	l->v = v;
	r = entry_read(base, name, &v[l->n]);
	if (r == 0)
		l->n++;
	else if (r == -ENOENT && has_file(base, name))
		remove_dead(base, name);
	return r == -ENOENT ? 0 : r;
}

static int look(int base, struct vms_list *l)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *entry;
	int r = 0, fd = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(d)) != NULL)
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			r = add_entry(base, entry->d_name, l);
	return r;
}

int vms_list(struct vms_list *ret, struct err *e)
{
	struct vms_list l = { 0 };
	char path[PATH_MAX];
	int r = vms_base(path, e), base;

	if (r < 0)
		return r;
	base = vms_lock(path, false, e);
	if (base < 0)
		return base == -ENOENT ? 0 : base;
	r = look(base, &l);
	vms_unlock(base, path);
	if (r < 0) {
		vms_list_free(&l);
		return err_sys(e, r, "%s", path);
	}
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
	*ret = l;
	return 0;
}

int vms_find(const char *name, struct vms_found *ret, struct err *e)
{
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	_cleanup_buf_ struct buf names = { 0 };
	char path[PATH_MAX];
	int r = vms_list(&l, e);

	if (r == 0)
		r = vms_base(path, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++) {
		ret->pid = l.v[i].pid;
		ret->filtered = l.v[i].filtered;
		if (str_eq(l.v[i].name, name))
			return str_format(ret->place, PATH_MAX, "%s/%s", path, name) < 0 ?
				       err_sys(e, ENAMETOOLONG, "%s", path) :
				       0;
		if (buf_addf(&names, "%s%s", i > 0 ? ", " : "", l.v[i].name) < 0)
			return err_sys(e, ENOMEM, "%s", path);
	}
	return err_exit(e, EXIT_MISSING, ESRCH, "no VM called %s runs; %s%s", name,
			l.n > 0 ? "there is " : "none does", l.n > 0 ? names.data : "");
}
