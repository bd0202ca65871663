/* SPDX-License-Identifier: MIT */
/*
 * fuzz_main.c - replays files through a fuzz target, then changes of them; one TAP line for all
 *
 *	TARGET [-m SEED SECONDS RUNS] FILE...
 *
 * -m: after the files, runs inputs made from them, until RUNS inputs or SECONDS of processor time.
 * The n-th input depends only on SEED and the files, so a failure happens again with the same SEED.
 * A slow machine runs fewer inputs, never others. The input that fails is printed in base64.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <sanitizer/common_interface_defs.h>

#include "init/lib/file.h"

#define INPUT_MAX ((size_t)64 << 20)
/* An input may grow by this many bytes beyond the file that it is made from. */
#define MORE_MAX 512
/* Limit against a hang: seconds of processor time for one input, so a busy host does not matter. */
#define HANG_SECONDS 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *data;
	size_t size;
	volatile unsigned long long runs;
} now;
static uint64_t state;

/* --- the input that fails -----------------------------------------------------------------------
 */

static void print(const char *s, size_t n)
{
	if (write(STDOUT_FILENO, s, n) < 0)
		_exit(1);
}

static void print_input(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char head[] =
		"# the input that fails, in base64, for a file in its corpus:\n# ";

	print(head, sizeof(head) - 1);
	for (size_t i = 0; i < now.size; i += 3) {
		uint32_t v = 0;
		char out[4];

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < now.size ? now.data[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			out[k] = i + k > now.size ? '=' : digits[v >> (18 - 6 * k) & 63];
		print(out, sizeof(out));
	}
	print("\nnot ok 1 - an input failed\n", 28);
}

static void on_signal(int signal)
{
	print_input();
	_exit(128 + signal);
}

/* Called each HANG_SECONDS of processor time. */
static void on_time(int signal)
{
	static unsigned long long before = ~0ULL;

	if (now.runs != before)
		before = now.runs;
	else
		on_signal(signal);
}

static void watch(void)
{
	const struct itimerval t = { { HANG_SECONDS, 0 }, { HANG_SECONDS, 0 } };
	const struct sigaction timer = { .sa_handler = on_time, .sa_flags = SA_RESTART };
	static const int signals[] = { SIGABRT, SIGTRAP, SIGILL };

	/* The sanitizers take SIGSEGV, SIGBUS and SIGFPE. */
	__sanitizer_set_death_callback(print_input);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], on_signal);
	sigaction(SIGPROF, &timer, NULL);
	setitimer(ITIMER_PROF, &t, NULL);
}

/* In an allocation of exactly its size, so that the sanitizer sees what is read beyond it. */
static void run(const void *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, size);
	now.data = copy;
	now.size = size;
	now.runs++;
	LLVMFuzzerTestOneInput(copy, size);
	now.size = 0; /* a leak is reported at the end */
	free(copy);
}

/* --- inputs made from the files
 * ------------------------------------------------------------------- */

/* Marsaglia's xorshift64*: the same numbers on every machine. */
static uint64_t random_below(uint64_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return n ? (state * 0x2545f4914f6cdd1d >> 16) % n : 0;
}

/* Replaces del bytes at at by n bytes of from. room: the size of data. */
static void put_piece(uint8_t *data, size_t *size, size_t room, size_t at, size_t del,
		      const uint8_t *from, size_t n)
{
	if (*size - del + n > room)
		return;
	memmove(data + at + n, data + at + del, *size - at - del);
	memmove(data + at, from, n);
	*size = *size - del + n;
}

static void change(uint8_t *data, size_t *size, size_t room, const struct buf *other)
{
	static const uint64_t numbers[] = { 0,		1,	    0x7f,    0x80,
					    0xff,	0x7fff,	    0xffff,  0x7fffffff,
					    0x80000000, 0xffffffff, 1 << 20, INT64_MAX,
					    1ULL << 63, UINT64_MAX, 16,	     4096 };
	static const char marks[] = "\n\0\"\\,:;=/[]{}<>& \t\r\33%-._0 9";
	size_t at = random_below(*size + 1), left = *size - at;
	size_t n = random_below((left < 32 ? left : 32) + 1);
	uint8_t bytes[MORE_MAX];
	uint64_t number = numbers[random_below(ARRAY_SIZE(numbers))] + random_below(3) - 1;

	for (size_t i = 0; i < sizeof(bytes) && i < 8; i++)
		bytes[i] = (uint8_t)(number >> 8 * (random_below(8) ? i : 7 - i));
	switch (random_below(8)) {
	case 0:
		if (left > 0)
			data[at] ^= (uint8_t)(1 << random_below(8));
		return;
	case 1:
		if (left > 0)
			data[at] = (uint8_t)random_below(256);
		return;
	case 2:
		put_piece(data, size, room, at, n, bytes, 0);
		return;
	case 3: /* a number over what is there */
		n = (size_t)1 << random_below(4);
		put_piece(data, size, room, at, n < left ? n : left, bytes, n < left ? n : left);
		return;
	case 4:
		bytes[0] = (uint8_t)marks[random_below(sizeof(marks))];
		put_piece(data, size, room, at, random_below(2) && left > 0, bytes, 1);
		return;
	case 5: /* a piece again */
		memcpy(bytes, data + at, n);
		put_piece(data, size, room, random_below(*size + 1), 0, bytes, n);
		return;
	case 6: /* many of one byte */
		n = random_below(sizeof(bytes));
		memset(bytes, left > 0 ? data[at] : 'a', n);
		put_piece(data, size, room, at, 0, bytes, n);
		return;
	default: /* a piece of another file */
		n = random_below((other->len < sizeof(bytes) ? other->len : sizeof(bytes)) + 1);
		if (n > 0)
			put_piece(data, size, room, at, random_below(left + 1) % (n + 1),
				  (const uint8_t *)other->data + random_below(other->len - n + 1),
				  n);
	}
}

static double processor_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void run_changed(const struct buf *files, size_t n, double seconds, unsigned long runs)
{
	const double end = processor_seconds() + seconds;

	while (runs-- > 0 && (runs % 64 || processor_seconds() < end)) {
		const struct buf *file = &files[random_below(n)];
		size_t size = file->len, room = size + MORE_MAX;
		uint8_t *data = malloc(room);

		if (!data)
			exit(1);
		memcpy(data, file->data ? file->data : "", size);
		for (uint64_t k = 1 + random_below(1 << random_below(4)); k > 0; k--)
			change(data, &size, room, &files[random_below(n)]);
		run(data, size);
		free(data);
	}
}

int main(int argc, char **argv)
{
	const bool changed = argc > 5 && str_eq(argv[1], "-m");
	const int first = changed ? 5 : 1, n = argc - first;
	struct buf *files = calloc(n > 0 ? (size_t)n : 1, sizeof(*files));
	int bad = n < 1 || !files;

	watch();
	for (int i = 0; !bad && i < n; i++) {
		if (file_read(AT_FDCWD, argv[first + i], INPUT_MAX, &files[i]) < 0) {
			printf("# cannot read %s\n", argv[first + i]);
			bad = 1;
			break;
		}
		run(files[i].data ? files[i].data : "", files[i].len);
	}
	if (!bad && changed) {
		/* Never 0, which stays 0. */
		state = (strtoull(argv[2], NULL, 10) + 1) * 0x9e3779b97f4a7c15 | 1;
		run_changed(files, (size_t)n, strtod(argv[3], NULL), strtoul(argv[4], NULL, 10));
		printf("# seed %s: %llu inputs besides the files, %.1f s\n", argv[2],
		       now.runs - (unsigned long long)n, processor_seconds());
	}
	for (int i = 0; files && i < n; i++)
		buf_free(&files[i]);
	free(files);
	printf("%sok 1 - %d files replayed\n1..1\n", bad ? "not " : "", n);
	return bad;
}
