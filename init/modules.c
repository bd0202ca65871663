/* SPDX-License-Identifier: MIT */
/* modules.c - load the kernel modules of the initramfs, in the order given by the host */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"
#include "init/order.h"
#include "init/step.h"

#define MODULES "/modules"
#define ORDER_MAX (64 << 10)
#define MODULE_MAX (64 << 20)
#define COMPRESSED_FILE 4 /* linux/module.h, MODULE_INIT_COMPRESSED_FILE, Linux 5.17 */

static bool wants_net(const struct boot *b)
{
	return b->config.share != SHARE_NONE;
}

static bool wants_overlay(const struct boot *b)
{
	return b->config.param.share_cache || b->config.writable != WRITABLE_NO;
}

static bool wants_etc(const struct boot *b)
{
	return b->config.param.etc;
}

/* For commands beside stage 2 or in its place, and for a rescue. */
static bool wants_channel(const struct boot *b)
{
	return b->config.param.channel;
}

/* The needs, except those of the shares, which have the shares' names. A module with any other need
 * is loaded in every boot. */
static const struct need {
	const char *name;
	const char *step;		      /* the step that fails without it */
	bool (*wanted)(const struct boot *b); /* NULL: always */
} needs[] = {
	{ "channel", "command", wants_channel },
	{ "disk", "disk", NULL },
	{ "root", "root", NULL },
	{ "net", "net", wants_net },
	{ "overlay", "share", wants_overlay },
	{ "etc", "etc", wants_etc },
};

/* The meaning of finit_module(2)'s errors. The kernel's log has the details. */
static const struct {
	int num;
	const char *why;
} reasons[] = {
	{ ENOENT, "a symbol it needs is not there: was it made for this kernel? (the kernel's log "
		  "names it)" },
	{ EINVAL,
	  "made for another kernel, or a parameter it does not take (see the kernel's log)" },
	{ EBADMSG, "its signature is damaged" },
	{ EKEYREJECTED, "this kernel takes signed modules only, and not this one's signature" },
	{ EPERM, "loading modules is switched off" },
	{ EOPNOTSUPP, "this kernel cannot decompress it" },
};

static const struct need *find_need(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (strlen(needs[i].name) == len && memcmp(needs[i].name, name, len) == 0)
			return &needs[i];
	return NULL;
}

/* Does this boot have the need? ret_step: the step that fails without it; NULL: every boot. */
static bool wants(const struct boot *b, const char *name, size_t len, const char **ret_step)
{
	const struct need *need = find_need(name, len);
	int kind = share_kind_of(name, len);

	*ret_step = kind < SHARE_COUNT ? "share" : need ? need->step : NULL;
	if (kind < SHARE_COUNT)
		return boot_uses(b, (enum share_kind)kind);
	return !need || !need->wanted || need->wanted(b);
}

/* Does this boot have one of the module's needs? ret_step: as wants(). */
static bool is_wanted(const struct boot *b, const struct order_entry *m, const char **ret_step)
{
	for (const char *p = m->need; *p; p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (wants(b, p, len, ret_step))
			return true;
		p += len;
	}
	return false;
}

static int refuse(struct boot *b, const struct order_entry *m, int num, const char *why)
{
	const char *step = NULL;

	is_wanted(b, m, &step);
	return err_set(&b->err, num,
		       "module " MODULES "/%s, which %s%s needs, cannot be loaded: %s", m->file,
		       step ? "step " : "every boot", step ? step : "", why ? why : strerror(num));
}

/* Reads the release that a module's vermagic begins with (include/linux/vermagic.h), or "". */
static void read_release(int fd, char *ret, size_t size)
{
	static const char key[] = "vermagic=";
	_cleanup_buf_ struct buf module = { 0 };
	const char *s;

	ret[0] = '\0';
	if (lseek(fd, 0, SEEK_SET) < 0 || file_read_fd(fd, MODULE_MAX, &module) < 0)
		return;
	s = module.len > 0 ? memmem(module.data, module.len, key, strlen(key)) : NULL;
	if (s &&
	    str_format(ret, size, "%.*s", (int)strcspn(s + strlen(key), " "), s + strlen(key)) < 0)
		ret[0] = '\0';
}

/* ENOEXEC has two causes with different remedies. */
static int refuse_format(struct boot *b, const struct order_entry *m, int fd)
{
	char release[65], why[256];
	struct utsname u;

	read_release(fd, release, sizeof(release));
	if (release[0] && uname(&u) == 0 && !str_eq(release, u.release) &&
	    str_format(why, sizeof(why), "it is for Linux %s (its vermagic), and this is %s",
		       release, u.release) == 0)
		return refuse(b, m, ENOEXEC, why);
	return refuse(b, m, ENOEXEC, "it is cut short or damaged (see the kernel's log)");
}

static int load(struct boot *b, int dir, const struct order_entry *m)
{
	_cleanup_close_ int fd = openat(dir, m->file, O_RDONLY | O_CLOEXEC);
	int flags = str_ends(m->file, ".ko") ? 0 : COMPRESSED_FILE, r;
	const char *why = NULL;

	if (fd < 0)
		return refuse(b, m, errno, errno == ENOENT ? "the initramfs lacks it" : NULL);
	r = sys_finit_module(fd, m->params, flags);
	if (r == -EEXIST)
		return 0;
	/* It found no device. If the boot needs one, a later step fails. */
	if (r == -ENODEV) {
		runner_trace(b, "%s: no such hardware", m->file);
		return 0;
	}
	if (r == -ENOEXEC)
		return refuse_format(b, m, fd);
	/* Before 5.17 the kernel does not know the flag and returns EINVAL. */
	if (r == -EINVAL && flags)
		return refuse(b, m, -r,
			      "this kernel cannot decompress it, or it is made for another");
	if (r < 0) {
		for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
			if (reasons[i].num == -r)
				why = reasons[i].why;
		return refuse(b, m, -r, why);
	}
	runner_trace(b, "%s %s", m->file, m->params);
	return 1;
}

/* Returns true if the driver's folder has a link to a device, not only that to its module. */
static bool is_bound(const char *driver)
{
	_cleanup_closedir_ DIR *d = opendir(driver);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (ent->d_type == DT_LNK && !str_eq(ent->d_name, "module"))
			return true;
	return false;
}

/* Reports the pvpanic driver, if bound: the host trusts the device more than text on the console.
 * Linux 5.13 split the driver in two (drivers/misc/pvpanic). */
static void tell_pvpanic(struct boot *b)
{
	static const char *const drivers[] = { "/sys/bus/platform/drivers/pvpanic-mmio",
					       "/sys/bus/pci/drivers/pvpanic-pci",
					       "/sys/bus/acpi/drivers/pvpanic",
					       "/sys/bus/platform/drivers/pvpanic" };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (is_bound(drivers[i])) {
			runner_pvpanic(b, drivers[i]);
			return;
		}
}

static int load_all(struct boot *b)
{
	_cleanup_close_ int dir = open(MODULES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf order = { 0 };
	struct order_entry m;
	unsigned int loaded = 0, line = 0;
	const char *text;
	size_t len;
	int r;

	r = dir < 0 ? -errno : file_read(dir, "order", ORDER_MAX, &order);
	if (r == -ENOENT) { /* a kernel with everything built in */
		snprintf(b->note, sizeof(b->note), "the initramfs carries none");
		return STEP_SKIPPED;
	}
	if (r < 0)
		return err_sys(&b->err, r, MODULES "/order");
	text = order.data;
	len = order.len;
	while (line++, (r = order_next(&text, &len, &m)) > 0) {
		const char *step;

		if (!is_wanted(b, &m, &step))
			continue;
		r = load(b, dir, &m);
		if (r < 0)
			return r;
		loaded += (unsigned int)r;
	}
	if (r < 0)
		return err_set(&b->err, EINVAL,
			       MODULES
			       "/order, line %u, is no \"NEED FILE [PARAMS]\": a damaged initramfs",
			       line);
	snprintf(b->note, sizeof(b->note), "%u loaded", loaded);
	return 0;
}

int step_modules(struct boot *b)
{
	int r = load_all(b);

	if (r >= 0)
		tell_pvpanic(b);
	return r;
}
