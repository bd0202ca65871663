/* SPDX-License-Identifier: MIT */
/*
 * walk.c - what a road to the store costs: times lstat of all that is in a folder, and reading all of it
 *
 * walk stat|read FOLDER|FILE: prints "MILLISECONDS ENTRIES BYTES". To read lists first and then reads, as
 * `find | xargs cat` does: what was learned of a file by listing is old by then. A static program, so that it
 * reads nothing of its own from the store while it counts. Ends with 1 at the first thing that fails: a road
 * that shows less than there is must not look fast.
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

static int reading;
static uint64_t entries, bytes;
static char **files;
static size_t n_files;

static int read_all(const char *path)
{
	static char data[1 << 17];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, data, sizeof(data))) > 0)
		bytes += (uint64_t)n;
	close(fd);
	return n < 0 ? -1 : 0;
}

static int remember(const char *path)
{
	if (n_files % 4096 == 0) {
		char **more = realloc(files, (n_files + 4096) * sizeof(*files));

		if (!more)
			return -1;
		files = more;
	}
	files[n_files] = strdup(path);
	return files[n_files++] ? 0 : -1;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	entries++;
	if (type == FTW_NS || type == FTW_DNR) {
		perror(path);
		return 1;
	}
	if (!reading)
		bytes += type == FTW_F ? (uint64_t)st->st_size : 0;
	else if (type == FTW_F && remember(path) < 0)
		return 1;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	uint64_t start = now_ms();

	if (argc != 3)
		return 64;
	reading = strcmp(argv[1], "read") == 0;
	if (nftw(argv[2], visit, 32, FTW_PHYS) != 0)
		return 1;
	for (size_t i = 0; i < n_files; i++)
		if (read_all(files[i]) < 0) {
			perror(files[i]);
			return 1;
		}
	printf("%llu %llu %llu\n", (unsigned long long)(now_ms() - start), (unsigned long long)entries,
	       (unsigned long long)bytes);
	return 0;
}
