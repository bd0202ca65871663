/* SPDX-License-Identifier: MIT */
/*
 * need.c - the table of needs, and the closure of their modules in load order
 *
 * modules.dep lists the modules whose symbols a module uses; all of them are taken. modules.softdep
 * lists modules requested at run time, mostly ciphers and checksums under the names of the kernel's
 * crypto interface. The guest has no modprobe to answer such requests, so a need marked SOFTDEPS
 * gets them loaded in advance. For the others they would only cost boot time.
 *
 * A boot uses one share and does not load the modules of the others. So each module lists all its
 * needs, unless every boot loads it.
 */
#include "host/initrd/need.h"

#include <errno.h>

#include "host/lib/exit.h"

#define NEED_MODULES_MAX 4
#define DEPTH_MAX 32

enum policy {
	REQUIRED = 1, /* an error if it is neither a module nor built in */
	WANTED,	      /* taken if present; the name is that of a crypto algorithm or a module */
	WANTED_ISA,   /* the same, on machines with an ISA bus */
	WANTED_PCI,   /* the same, on machines without */
};

enum {
	BY_NAME = 1,	 /* only if asked for */
	SOFTDEPS = 2,	 /* follow modules.softdep */
	ALWAYS = 4,	 /* stage 1 loads it in every boot (init/modules.c) */
	WHERE_IT_IS = 8, /* if not asked for: only if the kernel has it */
};

static const struct need {
	const char *name; /* stage 1 reports it in a failure */
	unsigned int flags;
	struct {
		const char *name;
		enum policy policy;
	} modules[NEED_MODULES_MAX];
	/* Kconfig options, for a kernel without a folder of modules. */
	const char *configs[NEED_MODULES_MAX];
} table[] = {
	/* The bus of every device below. No module depends on virtio_pci, so name it. */
	{ "base", ALWAYS, { { "virtio_pci", REQUIRED } }, { NULL } },
	/* Loaded early: if a later step fails, it carries the rescue shell. A kernel without it
	 * still boots. */
	{ "channel", ALWAYS, { { "virtio_console", WANTED } }, { NULL } },
	/* A run asks for the need of its disks; virtio_blk also serves the closure's image. */
	{ "disk", ALWAYS | WHERE_IT_IS, { { "virtio_blk", REQUIRED } }, { "VIRTIO_BLK" } },
	{ "scsi",
	  ALWAYS | BY_NAME,
	  { { "virtio_scsi", REQUIRED }, { "sd_mod", REQUIRED } },
	  { "SCSI_VIRTIO", "BLK_DEV_SD" } },
	{ "ide",
	  ALWAYS | BY_NAME,
	  { { "ahci", REQUIRED }, { "sd_mod", REQUIRED } },
	  { "SATA_AHCI", "BLK_DEV_SD" } },
	/* A run asks for root if it has a root disk, and for net if it uses the network. ext4
	 * mounts ext3. Up to 6.12 ext4 and jbd2 fail without crc32c, a softdep. */
	{ "root", ALWAYS | SOFTDEPS | WHERE_IT_IS, { { "ext4", REQUIRED } }, { NULL } },
	{ "net", WHERE_IT_IS, { { "virtio_net", REQUIRED } }, { NULL } },
	/* SMB1 as guest needs no cipher; cifs's softdeps would be ten unused modules. */
	/* clang-format off */
	/*
	 * When the client reconnects after the server died, Linux 6.1 requests nls_utf8, the
	 * default charset of most kernels (cifs_reconnect_tcon). modprobe would then have to be
	 * read from the lost share.
	 */
	{ "cifs", WHERE_IT_IS, { { "cifs", REQUIRED }, { "nls_iso8859-1", REQUIRED }, { "nls_utf8", WANTED } },
	  { "CIFS", "CIFS_ALLOW_INSECURE_LEGACY", "NLS_ISO8859_1" } },
	/* No module depends on the transport, so name it. */
	{ "9p", WHERE_IT_IS, { { "9pnet_virtio", REQUIRED }, { "9p", REQUIRED } },
	  { "NET_9P_VIRTIO", "9P_FS" } },
	{ "virtiofs", WHERE_IT_IS, { { "virtiofs", REQUIRED } }, { "VIRTIO_FS" } },
	/* clang-format on */
	{ "image", WHERE_IT_IS | SOFTDEPS, { { "erofs", REQUIRED } }, { "EROFS_FS" } },
	{ "overlay", WHERE_IT_IS, { { "overlay", REQUIRED } }, { "OVERLAY_FS" } },
	/* NixOS's overlay on /etc; Linux 6.12 can mount the erofs without a loop device. */
	{ "etc",
	  BY_NAME | SOFTDEPS,
	  { { "loop", WANTED }, { "erofs", REQUIRED }, { "overlay", REQUIRED } },
	  { "EROFS_FS", "OVERLAY_FS" } },
	/* The device that reports a panic to the host; a single module up to 5.12. */
	/* clang-format off */
	{ "panic", ALWAYS, { { "pvpanic-mmio", WANTED_ISA }, { "pvpanic-pci", WANTED_PCI },
			     { "pvpanic", WANTED } }, { NULL } },
	/* clang-format on */
	/* A guest without udev has nobody else to load it. */
	{ "balloon", ALWAYS | BY_NAME, { { "virtio_balloon", WANTED } }, { NULL } },
	/* For machines without PCI (QEMU's microvm); QEMU's others have no such device. */
	{ "mmio", BY_NAME, { { "virtio_mmio", REQUIRED } }, { NULL } },
};

/* Modules requested by --module, which are in no row. */
static const struct need extra_need = { "extra", ALWAYS | SOFTDEPS, { { NULL, 0 } }, { NULL } };

struct resolver {
	const struct modtree *tree;
	bool pci_only;
	const struct need *need;
	bool *seen;    /* in the current need; by index in tree->dep */
	size_t *place; /* in the list, counted from 1, by the same index; 0: not in the list */
	unsigned int depth;
	struct need_list list;
	struct err *e;
};

void need_list_free(struct need_list *l)
{
	free(l->v);
	*l = (struct need_list){ 0 };
}

const char *need_names(char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(table) && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s", i ? ", " : "", table[i].name);
	return dst;
}

/* Adds the current need to a module that is already in the list. */
static int also(struct resolver *r, struct need_module *m)
{
	size_t n = strlen(m->needs);

	if (m->always)
		return 0;
	m->always = r->need->flags & ALWAYS;
	if (str_format(m->needs + n, sizeof(m->needs) - n, ",%s", r->need->name) < 0)
		return err_sys(r->e, ENAMETOOLONG, "the needs of %s", m->module->name);
	return 0;
}

static int append(struct resolver *r, const struct module *m)
{
	size_t *place = &r->place[m - r->tree->dep.v];
	struct need_module *v;

	if (*place)
		return also(r, &r->list.v[*place - 1]);
	v = reallocarray(r->list.v, r->list.n + 1, sizeof(*v));
	if (!v)
		return err_sys(r->e, ENOMEM, "cannot resolve the modules");
	r->list.v = v;
	v += r->list.n++;
	*place = r->list.n;
	*v = (struct need_module){ .module = m, .always = r->need->flags & ALWAYS };
	return str_format(v->needs, sizeof(v->needs), "%s", r->need->name) < 0 ?
		       err_sys(r->e, ENAMETOOLONG, "need %s", r->need->name) :
		       0;
}

static int add(struct resolver *r, const struct module *m);

/* A line of modules.dep lists all dependencies, to be loaded from right to left. */
static int add_deps(struct resolver *r, const struct module *m)
{
	const char *end = m->deps + strlen(m->deps);

	while (end > m->deps) {
		const char *start = memrchr(m->deps, ' ', (size_t)(end - m->deps));
		char name[MODULE_NAME_SIZE];
		const struct module *dep;
		size_t len;
		int res;

		start = start ? start + 1 : m->deps;
		len = (size_t)(end - start);
		end = start > m->deps ? start - 1 : start;
		if (len == 0)
			continue;
		dep = module_name(start, len, name) == 0 ? modules_find(&r->tree->dep, name) : NULL;
		if (!dep)
			return err_exit(r->e, EXIT_BAD_INPUT, ENOENT,
					"%s/modules.dep: %s depends on %.*s, which has no line; "
					"run: depmod %s",
					r->tree->path, m->name, (int)len, start, r->tree->release);
		res = add(r, dep);
		if (res < 0)
			return res;
	}
	return 0;
}

/*
 * word names a crypto algorithm or a module. Prefer the generic implementation, which loads on
 * every processor: modules.alias may list padlock-aes (VIA only) first for "aes". Names differ
 * between kernels, so an unknown name is no error, as in modprobe.
 */
static int add_wanted(struct resolver *r, const char *word, size_t len)
{
	static const char *const endings[] = { "_generic", "" };
	static const char prefix[] = "crypto-";

	if (len > sizeof(prefix) - 1 && memcmp(word, prefix, sizeof(prefix) - 1) == 0) {
		word += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		char name[MODULE_NAME_SIZE];
		const struct module *m;

		if (str_format(name, sizeof(name), "%.*s%s", (int)len, word, endings[i]) < 0)
			return 0;
		if (modules_find(&r->tree->builtin, name))
			return 0;
		m = modules_find(&r->tree->dep, name);
		if (m)
			return add(r, m);
	}
	return 0;
}

static int pre(void *arg, const char *word, size_t len, bool post)
{
	return post ? 0 : add_wanted(arg, word, len);
}

static int post(void *arg, const char *word, size_t len, bool is_post)
{
	return is_post ? add_wanted(arg, word, len) : 0;
}

static int add_softdeps(struct resolver *r, const struct module *m,
			int (*which)(void *arg, const char *word, size_t len, bool post))
{
	const struct buf *s = &r->tree->softdep;

	return (r->need->flags & SOFTDEPS) && s->data ?
		       softdeps_each(s->data, s->len, m->name, which, r) :
		       0;
}

static int add_unseen(struct resolver *r, const struct module *m)
{
	int res = add_softdeps(r, m, pre);

	if (res == 0)
		res = add_deps(r, m);
	if (res == 0)
		res = append(r, m);
	return res < 0 ? res : add_softdeps(r, m, post);
}

static int add(struct resolver *r, const struct module *m)
{
	size_t i = (size_t)(m - r->tree->dep.v);
	int res;

	/* Mark it before its dependencies: softdeps may be circular. */
	if (r->seen[i])
		return 0;
	r->seen[i] = true;
	if (++r->depth > DEPTH_MAX)
		return err_exit(r->e, EXIT_BAD_INPUT, ELOOP,
				"%s/modules.dep: dependencies of %s are nested over %d deep",
				r->tree->path, m->name, DEPTH_MAX);
	res = add_unseen(r, m);
	r->depth--;
	return res;
}

static int add_required(struct resolver *r, const char *name)
{
	const struct module *m;

	if (modules_find(&r->tree->builtin, name))
		return 0;
	m = modules_find(&r->tree->dep, name);
	if (!m)
		return err_exit(
			r->e, EXIT_BAD_INPUT, ENOENT,
			"kernel %s lacks the module %s (needed for %s): neither modules.dep "
			"nor modules.builtin in %s has it",
			r->tree->release, name, r->need->name, r->tree->path);
	return add(r, m);
}

static void begin(struct resolver *r, const struct need *n)
{
	r->need = n;
	memset(r->seen, 0, r->tree->dep.n * sizeof(*r->seen));
}

static int add_need(struct resolver *r, const struct need *n)
{
	begin(r, n);
	for (size_t i = 0; i < NEED_MODULES_MAX && n->modules[i].name; i++) {
		const char *name = n->modules[i].name;
		enum policy policy = n->modules[i].policy;
		int res = 0;

		if (policy == REQUIRED)
			res = add_required(r, name);
		else if (policy != (r->pci_only ? WANTED_ISA : WANTED_PCI))
			res = add_wanted(r, name, strlen(name));
		if (res < 0)
			return res;
	}
	return 0;
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (str_eq(*names, name))
			return true;
	return false;
}

static bool has_all(const struct modtree *t, const struct need *n)
{
	for (size_t i = 0; i < NEED_MODULES_MAX && n->modules[i].name; i++)
		if (n->modules[i].policy == REQUIRED &&
		    !modules_find(&t->builtin, n->modules[i].name) &&
		    !modules_find(&t->dep, n->modules[i].name))
			return false;
	return true;
}

static bool asked_for(const struct modtree *t, const struct need *n, const char *const *needs,
		      const char *const *more)
{
	if (more && listed(more, n->name))
		return true;
	if (needs)
		return n == table || listed(needs, n->name);
	return !(n->flags & BY_NAME) && (!(n->flags & WHERE_IT_IS) || has_all(t, n));
}

static int check_names(const char *const *needs, struct err *e)
{
	char all[256];

	for (; needs && *needs; needs++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(table); i++)
			known = known || str_eq(table[i].name, *needs);
		if (!known)
			return err_exit(e, EXIT_USAGE, EINVAL, "unknown need %s: want one of %s",
					*needs, need_names(all, sizeof(all)));
	}
	return 0;
}

static int resolve_all(struct resolver *r, const char *const *needs, const char *const *more,
		       const char *const *extra)
{
	int res;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		res = asked_for(r->tree, &table[i], needs, more) ? add_need(r, &table[i]) : 0;
		if (res < 0)
			return res;
	}
	begin(r, &extra_need);
	for (; extra && *extra; extra++) {
		res = add_required(r, *extra);
		if (res < 0)
			return res;
	}
	return 0;
}

int need_resolve(const struct modtree *t, bool pci_only, const char *const *needs,
		 const char *const *more, const char *const *extra, struct need_list *ret,
		 struct err *e)
{
	_cleanup_free_ bool *seen = calloc(t->dep.n + 1, sizeof(*seen));
	_cleanup_free_ size_t *place = calloc(t->dep.n + 1, sizeof(*place));
	struct resolver r = {
		.tree = t, .pci_only = pci_only, .e = e, .seen = seen, .place = place
	};
	int res = check_names(needs, e);

	if (res < 0)
		return res;
	if (!seen || !place)
		return err_sys(e, ENOMEM, "cannot resolve the modules");
	res = resolve_all(&r, needs, more, extra);
	if (res < 0) {
		need_list_free(&r.list);
		return res;
	}
	*ret = r.list;
	return 0;
}

const char *const *need_configs(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(table[i].name, name))
			return table[i].configs;
	return NULL;
}
