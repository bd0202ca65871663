/* SPDX-License-Identifier: MIT */
/*
 * count.c - QEMU TCG plugin: count guest instructions between PID 1 and stage 2
 *
 * Theory of operation: nothing in the guest helps, the markers are addresses. Counting never stops;
 * a marker only writes down where the two counters (user and kernel half of the address space) are.
 *
 * - start: the first instruction at a user address once the kernel has run in the upper half.
 * Before that only the BIOS and the kernel's own start-up code run low, after it only processes do,
 * and the first process to run is PID 1. entry= (e_entry of the program that is PID 1) checks this:
 * the page offset must be the same. The difference of the two is the load bias of a static PIE.
 * - at=NAME:ADDR: each execution of that address of PID 1's program, as the linker placed it.
 * - stop=ADDR: the first instruction of stage 2, which is linked at an address nobody else uses.
 *
 * Each instruction adds one by itself, not each translation block its length: a block that a page
 * fault or an interrupt cuts short, or that runs again after it, is counted for what was executed.
 * A rep-prefixed string instruction counts once per iteration with QEMU before 10.0, because each
 * iteration is a pass through the block; compare figures of one QEMU version and one -cpu only.
 * One virtual CPU only: the counters are not atomic.
 *
 * The result goes to out= when stop is reached, as whoever runs QEMU may kill it afterwards; when
 * it is not reached, at QEMU's exit.
 *
 * The API (docs/devel/tcg-plugins.rst in QEMU) is declared here because distributions do not
 * package qemu-plugin.h. Up to QEMU 8.2 (API 0 and 1) inline counters are plain memory; QEMU 9.0
 * (API 2) removed those for scoreboards. Both are weak, and the one that resolves decides the API
 * version.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define WEAK __attribute__((weak))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- QEMU's plugin API, the part used here ---- */

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

/* qemu_info_t up to API 1 starts so too; the members behind system_emulation are smp_vcpus first.
 */
struct plugin_info {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
	bool system_emulation;
	int smp_vcpus;
	int max_vcpus;
};

/* qemu_plugin_u64 of API 2: passed by value. */
struct plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum { PLUGIN_INLINE_ADD_U64 = 0 };
enum { PLUGIN_CB_NO_REGS = 0 };

typedef void (*plugin_exec_cb)(unsigned int vcpu, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id id, void (*cb)(plugin_id, void *), void *userdata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_exec_cb cb,
					    int flags, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *string);

/* API 0 and 1 */
WEAK void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						     void *ptr, uint64_t imm);
/* API 2 and later */
WEAK void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int op,
							      struct plugin_u64 entry,
							      uint64_t imm);
WEAK struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
WEAK uint64_t qemu_plugin_u64_sum(struct plugin_u64 entry);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc, char **argv);

/* ---- counters ---- */

struct count {
	uint64_t user;
	uint64_t kernel;
};

static struct count counter;			  /* API 0 and 1 */
static struct qemu_plugin_scoreboard *scoreboard; /* API 2: one struct count per virtual CPU */

static bool have_scoreboards(void)
{
	return qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu != NULL;
}

/* Runs at dlopen, before QEMU reads qemu_plugin_version. */
__attribute__((constructor)) static void pick_version(void)
{
	qemu_plugin_version = have_scoreboards() ? 2 : 1;
}

static void count_insn(struct qemu_plugin_insn *insn, bool user)
{
	size_t offset = user ? offsetof(struct count, user) : offsetof(struct count, kernel);

	if (have_scoreboards())
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
			insn, PLUGIN_INLINE_ADD_U64, (struct plugin_u64){ scoreboard, offset }, 1);
	else
		qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_INLINE_ADD_U64,
							   (char *)&counter + offset, 1);
}

static struct count count_now(void)
{
	if (!have_scoreboards())
		return counter;
	return (struct count){
		.user = qemu_plugin_u64_sum(
			(struct plugin_u64){ scoreboard, offsetof(struct count, user) }),
		.kernel = qemu_plugin_u64_sum(
			(struct plugin_u64){ scoreboard, offsetof(struct count, kernel) }),
	};
}

/* ---- markers ---- */

enum { MAX_MARKS = 64, MAX_HITS = 256 };

struct mark {
	char name[48];
	uint64_t addr;
};

struct hit {
	const struct mark *mark;
	struct count count;
};

static const char *out_path;
static uint64_t entry; /* of PID 1's program; 0: not checked */
static struct mark stop_mark = { .name = "stop" };
static struct mark marks[MAX_MARKS];
static size_t n_marks;

static bool kernel_ran; /* in the upper half */
static bool start_seen; /* translated; run at once after that */
static uint64_t start_addr;
static struct mark start_mark = { .name = "start" };
static struct hit hits[MAX_HITS];
static size_t n_hits;
static bool done;

static void print_count(FILE *f, const struct mark *mark, struct count c)
{
	fprintf(f, "%s total=%" PRIu64 " user=%" PRIu64 " kernel=%" PRIu64 "\n", mark->name,
		c.user + c.kernel, c.user, c.kernel);
}

/*
 * One line per marker that was reached, in order, counted from start:
 * "NAME total=N user=N kernel=N". The line "boot" holds what ran before start.
 */
static void write_result(void)
{
	FILE *f = fopen(out_path, "we");

	done = true;
	if (!f) {
		qemu_plugin_outs("count: cannot write the result\n");
		return;
	}
	for (size_t i = 0; i < n_hits; i++) {
		struct count c = hits[i].count;

		if (i == 0)
			print_count(f, &(struct mark){ .name = "boot" }, c);
		c.user -= hits[0].count.user;
		c.kernel -= hits[0].count.kernel;
		print_count(f, hits[i].mark, c);
	}
	if (start_seen && entry && ((entry ^ start_addr) & 0xfff))
		fprintf(f,
			"error: first user instruction at 0x%" PRIx64 ", not the entry 0x%" PRIx64
			" of PID 1\n",
			start_addr, entry);
	fclose(f);
}

static void reached(unsigned int vcpu, void *userdata)
{
	const struct mark *mark = userdata;

	(void)vcpu;
	if (done || n_hits == MAX_HITS || (mark == &start_mark && n_hits))
		return;
	hits[n_hits++] = (struct hit){ .mark = mark, .count = count_now() };
	if (mark == &stop_mark)
		write_result();
}

static void at_exit(plugin_id id, void *userdata)
{
	(void)id;
	(void)userdata;
	if (!done)
		write_result();
}

static struct mark *mark_at(uint64_t vaddr)
{
	uint64_t bias = entry ? start_addr - entry : 0;

	if (!start_seen) {
		start_seen = true;
		start_addr = vaddr;
		return &start_mark;
	}
	if (vaddr == stop_mark.addr)
		return &stop_mark;
	for (size_t i = 0; i < n_marks; i++)
		if (vaddr == marks[i].addr + bias)
			return &marks[i];
	return NULL;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
		bool user = vaddr >> 63 == 0;
		struct mark *mark = user && kernel_ran ? mark_at(vaddr) : NULL;

		kernel_ran |= !user;
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, reached, PLUGIN_CB_NO_REGS,
							       mark);
		count_insn(insn, user);
	}
}

/* ---- arguments ---- */

static bool add_mark(const char *value)
{
	const char *colon = strchr(value, ':');
	struct mark *mark = &marks[n_marks];

	if (!colon || n_marks == ARRAY_SIZE(marks) ||
	    colon - value >= (ptrdiff_t)sizeof(mark->name))
		return false;
	memcpy(mark->name, value, (size_t)(colon - value));
	mark->addr = strtoull(colon + 1, NULL, 16);
	n_marks++;
	return true;
}

static bool parse_arg(const char *arg)
{
	const char *value = strchr(arg, '=');

	if (!value++)
		return false;
	if (!strncmp(arg, "out=", 4))
		out_path = value;
	else if (!strncmp(arg, "entry=", 6))
		entry = strtoull(value, NULL, 16);
	else if (!strncmp(arg, "stop=", 5))
		stop_mark.addr = strtoull(value, NULL, 16);
	else if (!strncmp(arg, "at=", 3))
		return add_mark(value);
	else
		return false;
	return true;
}

int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (parse_arg(argv[i]))
			continue;
		fprintf(stderr, "count: bad argument %s\n", argv[i]);
		return -1;
	}
	if (!out_path || !stop_mark.addr) {
		fprintf(stderr, "count: out=FILE and stop=HEXADDR are needed\n");
		return -1;
	}
	if (!info->system_emulation || info->smp_vcpus != 1) {
		fprintf(stderr, "count: needs system emulation with one virtual CPU\n");
		return -1;
	}
	if (have_scoreboards())
		scoreboard = qemu_plugin_scoreboard_new(sizeof(struct count));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
