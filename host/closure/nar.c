/* SPDX-License-Identifier: MIT */
/* nar.c - the hash and size of a path's NAR serialisation */
#include "host/closure/nar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <sys/stat.h>

#include "host/lib/signals.h"
#include "init/lib/str.h"

#define CHUNK ((size_t)256 << 10)

struct nar {
	nar_sink *sink;
	void *arg;
	char *chunk;
	struct buf path; /* the current path, for messages */
	struct err *e;
};

static int node(struct nar *n, int at, const char *name);

static int failed(struct nar *n, int num, const char *what)
{
	return err_sys(n->e, num, "cannot %s %s for its hash", what, n->path.data);
}

static int out(struct nar *n, const void *data, size_t len)
{
	int r = n->sink(n->arg, data, len);

	return r < 0 ? failed(n, r, "serialise") : 0;
}

static int number(struct nar *n, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	return out(n, b, sizeof(b));
}

static int padding(struct nar *n, uint64_t len)
{
	static const char zero[8];
	size_t pad = (size_t)(-len & 7);

	return pad ? out(n, zero, pad) : 0;
}

static int bytes(struct nar *n, const char *s, size_t len)
{
	int r = number(n, len);

	if (r == 0)
		r = out(n, s, len);
	return r < 0 ? r : padding(n, len);
}

/* s: a NULL-terminated list. */
static int strings(struct nar *n, const char *const *s)
{
	int r = 0;

	for (; *s && r == 0; s++)
		r = bytes(n, *s, strlen(*s));
	return r;
}

static int regular(struct nar *n, int at, const char *name, const struct stat *seen)
{
	static const char *const plain[] = { "type", "regular", "contents", NULL };
	static const char *const program[] = {
		"type", "regular", "executable", "", "contents", NULL
	};
	_cleanup_close_ int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint64_t left = (uint64_t)seen->st_size;
	int r;

	if (fd < 0)
		return failed(n, errno, "open");
	r = strings(n, seen->st_mode & S_IXUSR ? program : plain);
	if (r == 0)
		r = number(n, left);
	while (r == 0) {
		ssize_t got = read(fd, n->chunk, CHUNK);

		if (signals_waiting())
			return failed(n, EINTR, "read");
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(n, errno, "read");
		if ((uint64_t)got > left || (got == 0 && left > 0))
			return err_set(n->e, EIO, "%s changed while it was read", n->path.data);
		if (got == 0)
			break;
		left -= (uint64_t)got;
		r = out(n, n->chunk, (size_t)got);
	}
	return r < 0 ? r : padding(n, (uint64_t)seen->st_size);
}

static int symbolic_link(struct nar *n, int at, const char *name)
{
	static const char *const head[] = { "type", "symlink", "target", NULL };
	char target[PATH_MAX];
	ssize_t len = readlinkat(at, name, target, sizeof(target));
	int r;

	if (len < 0)
		return failed(n, errno, "read the link");
	if ((size_t)len == sizeof(target))
		return failed(n, ENAMETOOLONG, "read the link");
	r = strings(n, head);
	return r < 0 ? r : bytes(n, target, (size_t)len);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(struct nar *n, DIR *dir, struct strv *ret)
{
	for (;;) {
		struct dirent *d;
		int r;

		errno = 0;
		d = readdir(dir);
		if (!d && errno)
			return failed(n, errno, "list");
		if (!d)
			break;
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		r = strv_add(ret, d->d_name);
		if (r < 0)
			return failed(n, r, "list");
	}
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_bytes);
	return 0;
}

static int entry(struct nar *n, int at, const char *name)
{
	const char *const head[] = { "entry", "(", "name", name, "node", NULL };
	size_t len = n->path.len;
	int r = buf_addf(&n->path, "/%s", name);

	if (r < 0)
		return failed(n, r, "serialise");
	r = strings(n, head);
	if (r == 0)
		r = node(n, at, name);
	if (r == 0)
		r = bytes(n, ")", 1);
	n->path.len = len;
	n->path.data[len] = '\0';
	return r;
}

static int folder(struct nar *n, int at, const char *name)
{
	static const char *const head[] = { "type", "directory", NULL };
	_cleanup_close_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	int r;

	if (fd < 0)
		return failed(n, errno, "open");
	dir = fdopendir(fd);
	if (!dir)
		return failed(n, errno, "list");
	(void)take_fd(&fd);
	r = list(n, dir, &names);
	if (r == 0)
		r = strings(n, head);
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = entry(n, dirfd(dir), names.v[i]);
	return r;
}

static int node(struct nar *n, int at, const char *name)
{
	struct stat st;
	int r;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(n, errno, "look at");
	r = bytes(n, "(", 1);
	if (r < 0)
		return r;
	if (S_ISREG(st.st_mode))
		r = regular(n, at, name, &st);
	else if (S_ISLNK(st.st_mode))
		r = symbolic_link(n, at, name);
	else if (S_ISDIR(st.st_mode))
		r = folder(n, at, name);
	else
		r = err_set(n->e, ENOTSUP, "%s is no file, folder or symbolic link: it has no NAR",
			    n->path.data);
	return r < 0 ? r : bytes(n, ")", 1);
}

int nar_write(const char *path, nar_sink *sink, void *arg, struct err *e)
{
	_cleanup_free_ char *chunk = malloc(CHUNK);
	struct nar n = { .sink = sink, .arg = arg, .chunk = chunk, .e = e };
	int r;

	if (!chunk || buf_addf(&n.path, "%s", path) < 0)
		return err_sys(e, ENOMEM, "cannot hash %s", path);
	r = bytes(&n, "nix-archive-1", strlen("nix-archive-1"));
	if (r == 0)
		r = node(&n, AT_FDCWD, path);
	buf_free(&n.path);
	return r;
}

struct hasher {
	SHA2_CTX sha;
	uint64_t size;
};

static int hash_more(void *arg, const void *data, size_t len)
{
	struct hasher *h = arg;

	SHA256Update(&h->sha, data, len);
	h->size += len;
	return 0;
}

int nar_hash(const char *path, uint8_t ret_hash[NAR_HASH_SIZE], uint64_t *ret_size, struct err *e)
{
	struct hasher h = { .size = 0 };
	int r;

	SHA256Init(&h.sha);
	r = nar_write(path, hash_more, &h, e);
	if (r < 0)
		return r;
	SHA256Final(ret_hash, &h.sha);
	*ret_size = h.size;
	return 0;
}
