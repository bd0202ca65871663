/* SPDX-License-Identifier: MIT */
/*
 * walk.c - what a share costs: times lstat of all that is in a folder, and reading all of it
 *
 * walk stat|read FOLDER|FILE...: prints "MILLISECONDS ENTRIES BYTES", a line for each. To read
 * lists all and then reads, as `find | xargs cat` does: what was learned of a file by listing is
 * old by then. Several are read in turn, some files of one and then of the next: what else the
 * machine does for a while takes as much from each. And there and back, as the first to read a file
 * finds nothing of it in the host's caches. A static program, so that it reads nothing of its own
 * from the store while it counts. Ends with 1 at the first thing that fails: a share that shows
 * less than there is must not look fast.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IN_TURN 100 /* files */

struct tree {
	uint64_t us, entries, bytes;
	char **files;
	size_t n_files, n_read;
};

static int reading;
static struct tree *listed; /* by visit() */

static int read_all(const char *path, uint64_t *bytes)
{
	static char data[1 << 17];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, data, sizeof(data))) > 0)
		*bytes += (uint64_t)n;
	close(fd);
	return n < 0 ? -1 : 0;
}

static int remember(struct tree *t, const char *path)
{
	if (t->n_files % 4096 == 0) {
		char **more = realloc(t->files, (t->n_files + 4096) * sizeof(*more));

		if (!more)
			return -1;
		t->files = more;
	}
	t->files[t->n_files] = strdup(path);
	return t->files[t->n_files++] ? 0 : -1;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	listed->entries++;
	if (type == FTW_NS || type == FTW_DNR) {
		perror(path);
		return 1;
	}
	if (!reading)
		listed->bytes += type == FTW_F ? (uint64_t)st->st_size : 0;
	else if (type == FTW_F && remember(listed, path) < 0)
		return 1;
	return 0;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int list(struct tree *t, const char *path)
{
	uint64_t start = now_us();

	listed = t;
	if (nftw(path, visit, 32, FTW_PHYS) != 0)
		return -1;
	t->us += now_us() - start;
	return 0;
}

/* Returns whether there is more, or -1. */
static int read_some(struct tree *t)
{
	uint64_t start = now_us();

	for (int i = 0; i < IN_TURN && t->n_read < t->n_files; i++, t->n_read++)
		if (read_all(t->files[t->n_read], &t->bytes) < 0) {
			perror(t->files[t->n_read]);
			return -1;
		}
	t->us += now_us() - start;
	return t->n_read < t->n_files;
}

int main(int argc, char **argv)
{
	int n = argc - 2, more = 1;
	struct tree *trees = calloc(n > 0 ? (size_t)n : 1, sizeof(*trees));

	if (n < 1 || !trees)
		return 64;
	reading = strcmp(argv[1], "read") == 0;
	for (int i = 0; i < n; i++)
		if (list(&trees[i], argv[2 + i]) < 0)
			return 1;
	for (int turn = 0; more; turn++) {
		more = 0;
		for (int i = 0; i < n; i++) {
			int r = read_some(&trees[turn % 2 ? n - 1 - i : i]);

			if (r < 0)
				return 1;
			more |= r;
		}
	}
	for (int i = 0; i < n; i++)
		printf("%llu %llu %llu\n", (unsigned long long)(trees[i].us / 1000),
		       (unsigned long long)trees[i].entries, (unsigned long long)trees[i].bytes);
	return 0;
}
