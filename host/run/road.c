/* SPDX-License-Identifier: MIT */
/*
 * road.c - the roads by which the store comes to the guest: one row each, and which one a run takes
 *
 * A row says what the road is called, what the guest's kernel must have for it, how what it needs on this
 * host is found, made and told to QEMU. The guest's side of the same table is in init/share.c.
 */
#include "host/run/road.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/exit.h"
#include "host/folder.h"
#include "host/proc.h"
#include "host/run/qemu.h"
#include "host/share/smb.h"
#include "init/lib/spawn.h"

#define ASK_TIMEOUT_MS 20000

#define SOURCE(constant, name, source) [SHARE_##constant] = source,
static const char *const sources[] = { SHARE_TABLE(SOURCE) };
#undef SOURCE

struct road {
	const char *name;
	const char *needs[3]; /* of the guest's kernel (host/initrd/need.c); NULL-terminated */
	int (*find)(const struct road_request *q, struct way *w, struct err *e);
	int (*make)(struct way *w, const char *folder, const char *self, struct err *e); /* NULL: nothing */
	int (*qemu)(const struct way *w, struct strv *ret);				 /* NULL: nothing */
};

/* Distributions build QEMU with more or less in it. */
static int check_device(const char *qemu, const char *device, struct err *e)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 }, help = { 0 };
	int status = 0, r = buf_addf(&help, "%s,help", device);
	const char *const argv[] = { qemu, "-machine", "none", "-device", help.data, NULL };
	const struct spawn s = { .path = qemu, .argv = argv, .stdin_fd = -1,
				 .timeout_ms = ASK_TIMEOUT_MS };

	if (r == 0)
		r = spawn_run(&s, &out, &said, &status);
	if (r < 0)
		return err_sys(e, r, "cannot ask %s for %s", qemu, device);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_exit(e, EXIT_MISSING, ENODEV, "%s was built without %s", qemu, device);
}

/* --- cifs ------------------------------------------------------------------------------------------- */

static int find_cifs(const struct road_request *q, struct way *w, struct err *e)
{
	int r = proc_find(q->smbd, "smbd", "samba", w->smbd, e);

	return r < 0 ? r : proc_find(NULL, "bwrap", "bubblewrap", w->bwrap, e);
}

/* The server's command lies in a file: QEMU's option then has nothing in it that could be misread. */
static int write_server(const struct smb_config *smb, const char *folder, struct err *e)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = root < 0 ? -errno : smb_command(smb, root, &argv);

	for (size_t i = 0; r == 0 && i < argv.n; i++)
		r = buf_add(&text, argv.v[i], strlen(argv.v[i]) + 1);
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	return folder_write(folder, "share-server", text.data, text.len, e);
}

static int make_cifs(struct way *w, const char *folder, const char *self, struct err *e)
{
	char smb_folder[PATH_MAX];
	const struct smb_config smb = { w->smbd, w->bwrap, w->store, smb_folder };
	int r = str_format(smb_folder, sizeof(smb_folder), "%s/smb", folder);

	if (r < 0 || mkdir(smb_folder, 0700) < 0)
		return err_sys(e, r < 0 ? r : errno, "%s/smb", folder);
	r = smb_prepare(&smb, e);
	if (r == 0)
		r = write_server(&smb, folder, e);
	if (r < 0)
		return r;
	r = strv_add(&w->command, self);
	if (r == 0)
		r = strv_add(&w->command, "share-server");
	if (r == 0)
		r = strv_addf(&w->command, "%d", (int)getpid());
	if (r == 0)
		r = strv_addf(&w->command, "%s/share-server", folder);
	return r < 0 ? err_sys(e, r, "the file server's command") : 0;
}

/* --- 9p --------------------------------------------------------------------------------------------- */

static int find_9p(const struct road_request *q, _unused_ struct way *w, struct err *e)
{
	return check_device(q->qemu, "virtio-9p-pci", e);
}

/*
 * QEMU itself is the server. security_model=none: owners, modes and links are the files' own, and what
 * it may not do to one it does not do; "mapped" would show links as files. multidevs=remap: a store may
 * have another file system mounted in it, and two files must not get one inode number.
 */
static int qemu_9p(const struct way *w, struct strv *ret)
{
	int r = qemu_add_valued(ret, "-fsdev",
				"local,id=store,security_model=none,readonly=on,multidevs=remap,path=",
				w->store);

	if (r == 0)
		r = strv_add(ret, "-device");
	return r < 0 ? r : strv_addf(ret, "virtio-9p-pci,fsdev=store,mount_tag=%s", sources[SHARE_9P]);
}

static const struct road roads[] = {
	[SHARE_CIFS] = { "cifs", { "cifs" }, find_cifs, make_cifs, NULL },
	[SHARE_9P] = { "9p", { "9p" }, find_9p, NULL, qemu_9p },
};

void way_free(struct way *w)
{
	strv_free(&w->command);
}

const char *road_name(const struct way *w)
{
	return w->road->name;
}

/* A kernel of which nothing is known may have all of it. */
static int check_kernel(const struct road *road, const struct initrd_options *kernel, struct err *e)
{
	struct initrd_options o;
	int r;

	if (!kernel)
		return 0;
	o = *kernel;
	o.needs = road->needs;
	r = initrd_check_needs(&o, e);
	return r == -ENODATA ? 0 : r;
}

int road_find(const struct road_request *q, struct way *ret, struct err *e)
{
	const struct road *road = &roads[q->share];
	int r = check_kernel(road, q->kernel, e);

	if (r < 0)
		return r;
	ret->road = road;
	ret->store = q->store;
	return road->find(q, ret, e);
}

bool road_serves(const struct way *w)
{
	return w->road->make == make_cifs;
}

int road_make(struct way *w, const char *folder, const char *self, struct err *e)
{
	return w->road->make ? w->road->make(w, folder, self, e) : 0;
}

int road_qemu(const struct way *w, struct strv *ret)
{
	return w->road->qemu ? w->road->qemu(w, ret) : 0;
}
