/* SPDX-License-Identifier: MIT */
/*
 * paths.c - no file that the launcher uses is in a folder that the guest can write
 *
 * Theory of operation: a guest with a writable folder can put anything there, also a link to any
 * file of the user. So no path of the launcher may be looked up in such a folder, and no folder
 * that the launcher uses as a whole may contain one. Folders are compared as in tree.h.
 */
#include "host/run/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/lib/cache.h"
#include "host/lib/exit.h"
#include "host/lib/place.h"
#include "host/lib/tree.h"
#include "host/run/plan.h"
#include "host/share/shared_folder.h"
#include "host/vms/vms.h"

/* A path of this run. */
struct run_path {
	const char *what; /* its purpose */
	const char *path; /* NULL or "": not in this run */
	const char *mend; /* after "say :ro", or NULL */
	unsigned int flags;
};

#define WHOLE 1	     /* everything below it is used */
#define FROM_STORE 2 /* a link into the store is harmless: what the guest can choose is there */
#define ONLY_READ 4  /* nothing is made if it is missing */

/* A folder that the guest can write. */
struct writable {
	const char *text; /* of --bind */
	struct tree tree; /* if the folder is missing, the folder in which it will be made */
	bool missing;
};

struct check {
	struct writable v[SHARED_FOLDERS_MAX + 2]; /* and those of the environment */
	size_t n;
	const char *store;
	const struct writable *hit;
	struct err *e;
};

static void check_free(struct check *c)
{
	for (size_t i = 0; i < c->n; i++)
		tree_close(&c->v[i].tree);
}

static void look(int dir, void *arg)
{
	struct check *c = arg;

	for (size_t i = 0; i < c->n && !c->hit; i++)
		if (!c->v[i].missing && tree_holds(&c->v[i].tree, dir))
			c->hit = &c->v[i];
}

/* Is a writable folder in the folder of this place? */
static void look_below(struct check *c, const struct place *p)
{
	_cleanup_(tree_close) struct tree whole = TREE_INIT;

	if (tree_open(p->dir, p->name, &whole) < 0)
		return;
	look(whole.fd, c);
	for (size_t i = 0; i < c->n && !c->hit; i++)
		if (tree_holds(&whole, c->v[i].tree.fd))
			c->hit = &c->v[i];
}

static bool in_store(const struct check *c, const struct place *p)
{
	_cleanup_(tree_close) struct tree store = TREE_INIT;

	return tree_open(AT_FDCWD, c->store, &store) == 0 && tree_holds(&store, p->dir);
}

static int check_path(struct check *c, const struct run_path *row)
{
	_cleanup_(place_close) struct place p = PLACE_INIT;
	int r;

	if (!row->path || !row->path[0] || str_eq(row->path, "-") ||
	    (row->flags & ONLY_READ && access(row->path, F_OK) < 0))
		return 0;
	c->hit = NULL;
	r = place_find(row->path, true, look, c, &p);
	if (r == 0 && row->flags & WHOLE)
		look_below(c, &p);
	if (!c->hit || (r == 0 && row->flags & FROM_STORE && in_store(c, &p)))
		return 0;
	return err_exit(c->e, EXIT_USAGE, EPERM,
			"run: --bind %s: the guest could write to %s, %s; say :ro, or %s",
			c->hit->text, row->what, row->path,
			row->mend ? row->mend : "name a folder beside it");
}

static int check_rows(struct check *c, const struct run_path *rows, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_path(c, &rows[i]);
	return r;
}

/* --- the writable folders -------------------------------------------------- */

static int by_link(const char *text, const char *path, struct err *e)
{
	char real[PATH_MAX];
	const bool known = realpath(path, real) != NULL;

	return err_exit(e, EXIT_USAGE, ELOOP,
			"run: --bind %s: a link leads to the folder, and a guest may have made it; "
			"name the folder itself%s%s",
			text, known ? ", " : "", known ? real : "");
}

/* read_only: only the link counts. */
static int add_folder(struct check *c, const char *text, const char *host, bool read_only)
{
	struct writable *w = &c->v[c->n];
	_cleanup_(place_close) struct place p = PLACE_INIT;
	int r = place_find(host, false, NULL, NULL, &p);

	if (r == -ELOOP)
		return by_link(text, host, c->e);
	if (r < 0 || read_only)
		return 0; /* shared_folders_open reports the error */
	*w = (struct writable){ .text = text };
	r = tree_open(p.dir, p.name, &w->tree);
	if (r == -ENOENT) {
		w->missing = true;
		r = tree_open(p.dir, ".", &w->tree);
	}
	if (r == 0)
		c->n++;
	else
		tree_close(&w->tree);
	return 0;
}

/* The folders that are already open are those that the guest will get. */
static int take_opened(struct check *c, const struct shared_folders *folders)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < folders->n; i++) {
		const struct shared_folder *f = &folders->v[i];

		if (f->read_only)
			continue;
		if (f->fd < 0) {
			r = add_folder(c, f->host, f->host, false);
			continue;
		}
		c->v[c->n].text = f->host;
		r = tree_open(f->fd, ".", &c->v[c->n].tree);
		if (r < 0)
			return err_sys(c->e, r, "--bind %s", f->host);
		c->n++;
	}
	return r;
}

static int find_writable(struct check *c, const struct strv *texts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < texts->n; i++) {
		struct shared_folder f = { 0 };

		r = shared_folder_parse(texts->v[i], &f, c->e);
		if (r == 0 && c->n == ARRAY_SIZE(c->v))
			r = 0; /* too many: shared_folders_open reports it */
		else if (r == 0)
			r = add_folder(c, texts->v[i], f.host, f.read_only);
	}
	return r;
}

/* --- the paths of a run ---------------------------------------------------- */

#define ELSEWHERE "name a file in another folder"

/* What a run writes while it lasts, or at its end. */
static int check_outputs(struct check *c, const struct plan *p)
{
	const struct run_values *v = &p->v;
	const struct run_path rows[] = {
		{ "the file of --json", v->json, ELSEWHERE, 0 },
		{ "the file of --console-log", v->console_log, ELSEWHERE, 0 },
		{ "the file of --plot", v->plot, ELSEWHERE, 0 },
		{ "the EFI variables", p->qemu.efi.vars, "name another file with NIX_EFI_VARS",
		  v->ephemeral ? ONLY_READ : 0 },
		{ "the state of the TPM", v->ephemeral ? NULL : p->tpm.state,
		  "name another folder with NIX_SWTPM_DIR", WHOLE },
	};

	return check_rows(c, rows, ARRAY_SIZE(rows));
}

static int check_disks(struct check *c, const struct plan *p)
{
	static const char mend[] = "name another file with --image, or say --ephemeral";
	const struct run_values *v = &p->v;
	const unsigned int kind = v->ephemeral ? ONLY_READ : 0;
	const char *given = v->image ? v->image : getenv("NIX_DISK_IMAGE"), *tmp = getenv("TMPDIR");
	char root[256] = "", layer[PATH_MAX] = "";
	const struct run_path rows[] = { { "the root disk", root, mend, kind },
					 { "the root disk", given, ELSEWHERE, kind },
					 { "the layer of --ephemeral", layer, NULL, 0 } };
	int r;

	if (!(given && given[0]) && p->system.name[0] && v->root == ROOT_DISK)
		snprintf(root, sizeof(root), "./%s.qcow2", p->system.name);
	if (v->ephemeral && str_format(layer, sizeof(layer), "%s/layer",
				       tmp && tmp[0] == '/' ? tmp : "/var/tmp") < 0)
		layer[0] = '\0';
	r = check_rows(c, rows, ARRAY_SIZE(rows));
	for (size_t i = 0; r == 0 && i < v->disks.n; i++) {
		_cleanup_free_ struct disk *d = calloc(1, sizeof(*d));
		struct err none = { 0 };

		/* A malformed one is refused later. */
		if (d && disk_parse(v->disks.v[i], d, &none) == 0)
			r = check_path(c, &(struct run_path){ "the disk", d->path, ELSEWHERE, 0 });
	}
	return r;
}

static const char *if_path(const char *program)
{
	return program && strchr(program, '/') ? program : NULL;
}

/* What a run boots, runs or reads. */
static int check_inputs(struct check *c, const struct plan *p)
{
	const struct run_values *v = &p->v;
	const struct system_options *s = &v->system;
	const bool no_reginfo = v->reginfo && str_eq(v->reginfo, "none");
	const struct run_path rows[] = {
		{ "the system", s->system, NULL, WHOLE | FROM_STORE },
		{ "the kernel", s->kernel, ELSEWHERE, FROM_STORE },
		{ "the kernel", p->system.kernel, ELSEWHERE, FROM_STORE },
		{ "the modules", s->modules, NULL, WHOLE | FROM_STORE },
		{ "the modules", p->system.modules, NULL, WHOLE | FROM_STORE },
		{ "the file of --params", s->params, ELSEWHERE, FROM_STORE },
		{ "the initramfs", v->initrd, ELSEWHERE, FROM_STORE },
		{ "the file of --stage1", v->stage1, ELSEWHERE, FROM_STORE },
		{ "the file of --rescue-shell", v->rescue_shell, ELSEWHERE, FROM_STORE },
		{ "the file of --reginfo", no_reginfo ? NULL : v->reginfo, ELSEWHERE, FROM_STORE },
		{ "the EFI firmware", v->efi_firmware, ELSEWHERE, FROM_STORE },
		{ "the first EFI variables", v->efi_variables, ELSEWHERE, FROM_STORE },
		{ "the file server", if_path(v->smbd), ELSEWHERE, 0 },
		{ "the file server", if_path(v->virtiofsd), ELSEWHERE, 0 },
		{ "QEMU", if_path(v->qemu), ELSEWHERE, 0 },
		{ "QEMU", p->qemu.program, ELSEWHERE, 0 },
		{ "qemu-img", p->qemu_img, ELSEWHERE, 0 },
		{ "storeboot", p->self, NULL, 0 },
		{ "the certificates", v->host_certs ? getenv("NIX_SSL_CERT_FILE") : NULL, ELSEWHERE,
		  FROM_STORE },
	};
	int r = check_rows(c, rows, ARRAY_SIZE(rows));

	for (size_t i = 0; r == 0 && i < p->args.files.n; i++)
		r = check_path(c, &(struct run_path){ "the file of --config", p->args.files.v[i],
						      ELSEWHERE, FROM_STORE });
	for (size_t i = 0; r == 0 && i < v->credentials.n; i++) {
		const char *colon = strchr(v->credentials.v[i], ':');

		r = check_path(c, &(struct run_path){ "the credential", colon ? colon + 1 : NULL,
						      ELSEWHERE, FROM_STORE });
	}
	return r;
}

/* What all runs of this user share. */
static int check_own(struct check *c)
{
	static const char running[] = "the files of your running VMs";
	_cleanup_buf_ struct buf cache = { 0 };
	char base[2][PATH_MAX];
	int r = vms_base(base[0], c->e);

	if (r == 0)
		r = vms_private_base(base[1], c->e);
	if (r < 0 || cache_base(&cache) == -ENOMEM)
		return r < 0 ? r : err_sys(c->e, ENOMEM, "--bind");
	const struct run_path rows[] = {
		{ "the store", c->store, NULL, WHOLE },
		{ running, base[0], NULL, WHOLE },
		{ running, base[1], NULL, WHOLE },
		{ "the cache", cache.data, "name a folder beside it", WHOLE },
	};

	return check_rows(c, rows, ARRAY_SIZE(rows));
}

int paths_check(const struct plan *p, struct err *e)
{
	_cleanup_(check_free) struct check c = { .store = p->v.system.store ? p->v.system.store :
									      GUEST_STORE,
						 .e = e };
	int r = p->folders.n > 0 ? take_opened(&c, &p->folders) : find_writable(&c, &p->v.folders);

	if (r < 0 || c.n == 0)
		return r;
	return check_own(&c) ?: check_outputs(&c, p) ?: check_disks(&c, p) ?: check_inputs(&c, p);
}
