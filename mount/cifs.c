/* SPDX-License-Identifier: MIT */
/* cifs.c - the share cifs */
#include "mount/cifs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mount.h>
#include <time.h>

#include "init/lib/file.h"
#include "init/lib/sys.h"
#include "mount/fs.h"
#include "mount/mountinfo.h"

/* Shown in mountinfo if the server has granted the UNIX extensions. */
static const char *const carried_by[] = { "unix", "posixpaths" };

/*
 * These options carry a store byte for byte; measured against Samba with names, links and modes of
 * every kind. vers=1.0 implies UNIX extensions; the option "unix" makes Linux 5.10 ask for SMB3.1.1
 * POSIX instead, so it is left out. iso8859-1, also set on the server, carries every byte 1:1. With
 * forceuid and forcegid the mount's owner owns all files in the guest, whoever owns them on the
 * host; the store is root's, as Nix requires. noperm is left out: modes and owner are the real
 * ones, and the kernel's own check is right. hard is left out: a lookup on a server that is gone
 * for good would never end.
 */
static const struct mount_option cifs_options[] = {
	{ "vers", "1.0" },
	{ "username", "nobody" }, /* the server maps it to its guest account */
	{ "password", "" },
	{ "nomapposix", NULL },
	{ "noacl", NULL }, /* the server refuses requests for ACLs, and cp -a then fails */
	{ "iocharset", "iso8859-1" },
	{ "forceuid", NULL },
	{ "forcegid", NULL },
};

/*
 * How long attributes and pages are cached. For a shared folder the server gives no oplock
 * (host/share/cifs.c). cache=loose with actimeo=0 then asks for time and size at each read, drops
 * the pages of changed files and sends written data at once. cache=strict keeps no page, and
 * splice(2) and sendfile(2) on its uncached reads return zeroes after the end of the file (seen on
 * 6.1, busybox cat).
 */
static const struct mount_option kept[][2] = {
	[MOUNT_STORE] = { { "actimeo", "86400" }, { "cache", "loose" } },
	[MOUNT_FOLDER] = { { "actimeo", "0" }, { "cache", "loose" } },
	[MOUNT_FOLDER_RO] = { { "actimeo", "0" }, { "cache", "loose" } },
};

/*
 * The meaning of each errno of a mount, seen with a real server in that state. Retry unless the
 * error is final. Retry unknown errors, too: the client turns the server's own errors into some
 * errno (fs/smb/client/smb1maperror.c, formerly netmisc.c), and a busy host may cause any of them.
 * text NULL: use that of the kernel or strerror(3).
 */
static const struct meaning {
	int num;
	bool final;
	const char *text;
} meanings[] = {
	{ EHOSTUNREACH, false, "no server has that address; does the host serve the share?" },
	{ EHOSTDOWN, false,
	  "the server ends the connection or is silent; see the host's server log" },
	{ ECONNREFUSED, false, "no server listens there; does the host serve the share?" },
	{ ECONNRESET, false, "the server ended the connection; see the host's server log" },
	{ ECONNABORTED, false, "the server ended the connection; see the host's server log" },
	{ ETIMEDOUT, false, "the server is silent" },
	{ EAGAIN, false, "the server ended the connection; see the host's server log" },
	{ ENETUNREACH, false, "no way to that address; is the network up?" },
	{ ENETDOWN, false, "the network device is down" },
	{ ENOMEM, false,
	  "the server or this system is out of memory, or the server was not ready" },
	{ ENXIO, true, "the server has no share of that name; see storeboot.share.source" },
	{ ENOENT, true, "the share has no such path; see storeboot.share.source" },
	{ EACCES, true, "the server does not let a guest in; it needs 'guest ok = yes'" },
	{ EOPNOTSUPP, true, "the server refuses SMB1; it needs 'server min protocol = NT1'" },
	{ ELIBACC, true, "the kernel has no charset iso8859-1; is nls_iso8859-1 in the initrd?" },
	{ ENODEV, true, NULL }, /* no cifs in this kernel */
	{ EINVAL, true, NULL }, /* the kernel does not know an option */
	{ EPERM, true, NULL },
	{ ENOSYS, true, NULL },
};

#define PAUSE_MAX_MS 2000 /* between two tries; starts at 100 and doubles */

static const struct meaning *find_meaning(int num)
{
	static const struct meaning unknown = { 0, false, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].num == num)
			return &meanings[i];
	return &unknown;
}

bool mount_cifs_may_pass(int num)
{
	return !find_meaning(num)->final;
}

int mount_cifs_address(const char *source, char ret[INET_ADDRSTRLEN])
{
	const char *host = str_after(source, "//"), *slash = host ? strchr(host, '/') : NULL;
	char text[INET_ADDRSTRLEN];
	struct in_addr addr;
	size_t n;

	if (!slash || slash[1] == '\0' || slash[1] == '/')
		return -EINVAL;
	n = (size_t)(slash - host);
	if (n >= sizeof(text))
		return -EINVAL;
	memcpy(text, host, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, &addr) != 1)
		return -EINVAL;
	memcpy(ret, text, n + 1);
	return 0;
}

static int mount_detached(const struct mount_request *q, const char *address, struct err *e)
{
	const struct mount_option own[] = {
		{ "ip", address },
		{ "uid", q->owner->uid },
		{ "gid", q->owner->gid },
		/* A kernel that knows this option makes symbolic links only with it (seen on 7.3:
		 * EOPNOTSUPP). Other kernels refuse it and make them anyway. */
		{ "symlink", "unix" },
	};
	enum {
		N = ARRAY_SIZE(cifs_options),
		KEPT = ARRAY_SIZE(kept[0]),
		ALL = N + KEPT + ARRAY_SIZE(own)
	};
	struct mount_option options[ALL];
	int r = -EINVAL;

	memcpy(options, cifs_options, sizeof(cifs_options));
	memcpy(options + N, kept[q->what], sizeof(kept[q->what]));
	memcpy(options + N + KEPT, own, sizeof(own));
	if (q->what == MOUNT_FOLDER)
		r = mount_fs_detached("cifs", q->source, options, ALL, false,
				      mount_fs_attrs(q->what), e);
	return r != -EINVAL ?
		       r :
		       mount_fs_detached("cifs", q->source, options, ALL - 1,
					 q->what != MOUNT_FOLDER, mount_fs_attrs(q->what), e);
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Sets the error of a mount that is given up. e: the error of the last try; its text is kept if the
 * table has none. */
static int give_up(const char *source, int r, unsigned int tries, uint64_t spent, struct err *e)
{
	const struct meaning *m = find_meaning(-r);
	char line[sizeof(e->text)], count[64] = "";

	if (m->final && !m->text)
		return r;
	if (m->text)
		snprintf(line, sizeof(line), "cannot mount cifs %s: %s", source, m->text);
	else
		memcpy(line, e->text, sizeof(line));
	if (!m->final)
		snprintf(count, sizeof(count), ", tries: %u in %" PRIu64 ".%" PRIu64 " s", tries,
			 spent / 1000000, spent % 1000000 / 100000);
	return err_set(e, r, "%s (errno %d%s)", line, -r, count);
}

/* Tries until the mount works, the deadline passes or an error is final. */
static int mount_patiently(const struct mount_request *q, const char *address, struct err *e)
{
	uint64_t start = sys_now_us(), limit = (uint64_t)q->deadline_ms * 1000;

	for (unsigned int tries = 1, wait_ms = 100;; tries++, wait_ms *= 2) {
		int r = mount_detached(q, address, e);
		uint64_t spent = sys_now_us() - start;

		if (r >= 0)
			return r;
		if (!mount_cifs_may_pass(-r) || spent >= limit)
			return give_up(q->source, r, tries, spent, e);
		if (wait_ms > PAUSE_MAX_MS)
			wait_ms = PAUSE_MAX_MS;
		/* Make the last try at the deadline, not before. */
		pause_ms((limit - spent) / 1000 < wait_ms ?
				 (unsigned int)((limit - spent) / 1000 + 1) :
				 wait_ms);
	}
}

/* Refuses a server that does not carry links, modes and names unchanged. */
static int check_granted(const char *source, const char *path, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct mountinfo m;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &text);

	if (r < 0)
		return err_sys(e, r, "cannot read /proc/self/mountinfo");
	r = mountinfo_find(text.data, text.len, path, &m);
	if (r < 0)
		return err_sys(e, r, "cannot find %s in /proc/self/mountinfo", path);
	for (size_t i = 0; i < ARRAY_SIZE(carried_by); i++)
		if (!mountinfo_has(&m.super_options, carried_by[i]))
			return err_set(
				e, EPROTO,
				"%s has no SMB1 UNIX extensions (option %s is missing): links "
				"and modes of the store would be lost; the server needs "
				"'unix extensions = yes' and 'server min protocol = NT1'",
				source, carried_by[i]);
	return 0;
}

int mount_cifs(const struct mount_request *q, struct err *e)
{
	char address[INET_ADDRSTRLEN];
	_cleanup_close_ int fd = -1;
	int r;

	if (mount_cifs_address(q->source, address) < 0)
		return err_set(
			e, EINVAL,
			"storeboot.share.source=%s is not //ADDRESS/SHARE with an IPv4 address",
			q->source);
	r = file_mkdirs(AT_FDCWD, q->path, 0755);
	if (r < 0)
		return err_sys(e, r, "cannot make the mount point %s", q->path);
	fd = mount_patiently(q, address, e);
	if (fd < 0)
		return fd;
	r = mount_fs_attach(fd, q->path, e);
	if (r < 0)
		return r;
	r = check_granted(q->source, q->path, e);
	if (r < 0)
		umount2(q->path, MNT_DETACH);
	return r;
}
