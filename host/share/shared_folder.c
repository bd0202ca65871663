/* SPDX-License-Identifier: MIT */
/* shared_folder.c - the user's folders that the guest gets beside the store (--bind) */
#include "host/share/shared_folder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "host/lib/exit.h"
#include "host/lib/place.h"

/* Paths that the guest uses itself: a folder there would hide them or be hidden. */
static const char *const taken[] = { "/nix/store", "/nix/.rw-store", "/hostfs", "/proc",
				     "/sys",	   "/dev",	     "/run" };

void shared_folders_free(struct shared_folders *b)
{
	for (size_t i = 0; i < b->n; i++)
		cleanup_close(&b->v[i].fd);
	free(b->v);
	*b = (struct shared_folders){ 0 };
}

/* Is path the folder or in it? */
static bool is_in(const char *path, const char *folder)
{
	const char *rest = str_after(path, folder);

	return rest && (rest[0] == '\0' || rest[0] == '/' || str_eq(folder, "/"));
}

static int bad(const char *text, const char *why, struct err *e)
{
	return err_exit(e, EXIT_USAGE, EINVAL, "run: --bind %s: %s", text, why);
}

/* Takes a path up to a single colon. Returns the text after the colon, or the end of the text;
 * NULL if the path is too long. */
static const char *take_path(const char *text, char *ret)
{
	size_t n = 0;

	for (; *text && (*text != ':' || text[1] == ':'); text += 1 + (*text == ':')) {
		if (n == PATH_MAX - 1)
			return NULL;
		ret[n++] = *text;
	}
	ret[n] = '\0';
	return *text ? text + 1 : text;
}

/* Removes doubled and trailing slashes. Returns false for a part "." or "..", or a control
 * character, which the lines of SHARED_FOLDERS_FILE and of the kernel cannot hold. */
static bool clean(char *path)
{
	char *to = path;

	for (const char *from = path; *from;) {
		size_t n = strcspn(++from, "/");

		if ((n == 1 && from[0] == '.') || (n == 2 && from[0] == '.' && from[1] == '.'))
			return false;
		if (n > 0) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

/* Returns the text after the number, or NULL: no number, or (uid_t)-1, which is nobody's. */
static const char *take_id(const char *s, unsigned int *ret)
{
	uint64_t id = 0;

	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++) {
		id = 10 * id + (uint64_t)(*s - '0');
		if (id >= UINT32_MAX)
			return NULL;
	}
	*ret = (unsigned int)id;
	return s;
}

static const char *take_owner(const char *s, struct shared_folder *ret)
{
	s = take_id(s, &ret->uid);
	ret->gid = ret->uid;
	ret->owned = true;
	return s && *s == '.' ? take_id(s + 1, &ret->gid) : s;
}

/* Parses ro and owner=, each at most once, in either order. */
static bool take_words(const char *s, struct shared_folder *ret)
{
	while (*s) {
		const char *ro = str_after(s, "ro"), *owner = str_after(s, "owner=");

		if (ro && !ret->read_only) {
			ret->read_only = true;
			s = ro;
		} else if (owner && !ret->owned) {
			s = take_owner(owner, ret);
		} else {
			return false;
		}
		if (!s || (*s && (*s++ != ':' || !*s)))
			return false;
	}
	return true;
}

int shared_folder_parse(const char *text, struct shared_folder *ret, struct err *e)
{
	const char *rest = take_path(text, ret->host);

	if (!rest || !ret->host[0] || !*rest)
		return bad(text,
			   "want HOST:GUEST[:ro][:owner=UID[.GID]]; a colon in a path is written "
			   "twice",
			   e);
	rest = take_path(rest, ret->guest);
	if (!rest || !take_words(rest, ret))
		return bad(text,
			   "behind the two paths want ro, owner=UID[.GID], which are numbers, or "
			   "nothing; a "
			   "colon in a path is written twice",
			   e);
	if (ret->guest[0] != '/')
		return bad(text, "the guest's path must be absolute", e);
	if (!clean(ret->guest))
		return bad(text,
			   "the guest's path has a part \".\" or \"..\", or a control character",
			   e);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (is_in(ret->guest, taken[i]) || is_in(taken[i], ret->guest))
			return err_exit(
				e, EXIT_USAGE, EINVAL,
				"run: --bind %s: the guest has %s for itself; name another path",
				text, taken[i]);
	return 0;
}

/* Opens the folder and sets host to the path that the descriptor has, so what is checked is what is
 * served. flags: O_NOFOLLOW or 0. */
static int open_folder(struct shared_folder *f, int flags)
{
	f->fd = open(f->host, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
	return f->fd < 0 ? -errno : place_path(f->fd, f->host);
}

static int find_folder(const char *text, const char *to_make, struct shared_folder *b,
		       struct err *e)
{
	int r = 0;

	if (!to_make || !str_eq(b->host, to_make))
		r = open_folder(b, 0);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--bind %s: %s%s%s", text, b->host,
				r == -ENOTDIR ? " is " : ": ",
				r == -ENOTDIR ? "no folder" : strerror(-r));
	return 0;
}

static int by_guest(const void *a, const void *b)
{
	return strcmp(((const struct shared_folder *)a)->guest,
		      ((const struct shared_folder *)b)->guest);
}

/* A guest that may write to the outer folder could replace the inner one with a link to any folder
 * of the host. This run would not follow it, but the next one opens the path again. */
static bool could_be_moved(const struct shared_folder *inner, const struct shared_folder *outer)
{
	return !outer->read_only && is_in(inner->host, outer->host) &&
	       !str_eq(inner->host, outer->host);
}

/* Folders are mounted in order, so an outer one must come first. Sorting does that: a path sorts
 * before the paths in it. */
static int put_in_order(struct shared_folders *b, struct err *e)
{
	qsort(b->v, b->n, sizeof(*b->v), by_guest);
	for (size_t i = 1; i < b->n; i++)
		if (str_eq(b->v[i - 1].guest, b->v[i].guest))
			return err_exit(e, EXIT_USAGE, EEXIST,
					"run: --bind: two folders for the guest's %s",
					b->v[i].guest);
	for (size_t i = 0; i < b->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (could_be_moved(&b->v[i], &b->v[j]))
				return err_exit(e, EXIT_USAGE, EPERM,
						"run: --bind: %s lies in %s, so the guest could "
						"put a link in "
						"its place; share the outer one alone, or with :ro",
						b->v[i].host, b->v[j].host);
	return 0;
}

int shared_folders_open(const char *const *texts, struct shared_folders *ret, struct err *e)
{
	int r = 0;

	for (; r == 0 && texts && *texts; texts++) {
		struct shared_folder *new;

		if (ret->n == SHARED_FOLDERS_MAX)
			return err_exit(e, EXIT_USAGE, EINVAL, "run: more than %d --bind",
					SHARED_FOLDERS_MAX);
		new = reallocarray(ret->v, ret->n + 1, sizeof(*new));
		if (!new)
			return err_sys(e, ENOMEM, "--bind");
		ret->v = new;
		ret->v[ret->n] = (struct shared_folder){ .fd = -1 };
		r = shared_folder_parse(*texts, &ret->v[ret->n++], e);
		if (r == 0)
			r = find_folder(*texts, ret->to_make, &ret->v[ret->n - 1], e);
	}
	return r < 0 || ret->n == 0 ? r : put_in_order(ret, e);
}

int shared_folders_open_made(struct shared_folders *b, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n; i++)
		if (b->v[i].fd < 0)
			r = open_folder(&b->v[i], O_NOFOLLOW);
	if (r == 0)
		return 0;
	return err_exit(e, EXIT_BAD_INPUT, r, "--bind %s: %s; nothing was run", b->to_make,
			strerror(-r));
}

int shared_folders_lines(const struct shared_folders *b, enum share_kind kind, struct buf *ret)
{
	const char *source = share_rows[kind].source, *slash = strrchr(source, '/');
	int server = slash ? (int)(slash + 1 - source) : 0, r = 0;

	for (size_t i = 0; r == 0 && i < b->n; i++) {
		const struct shared_folder *f = &b->v[i];

		r = buf_addf(ret, "%s %s", share_rows[kind].name, f->read_only ? "ro" : "rw");
		if (r == 0 && f->owned)
			r = buf_addf(ret, ",uid=%u,gid=%u", f->uid, f->gid);
		if (r == 0)
			r = buf_addf(ret, " %.*s" SHARED_FOLDER_TAG " %s\n", server, source, i,
				     f->guest);
	}
	return r;
}
