/* SPDX-License-Identifier: MIT */
/*
 * syscall_filter.c - system calls that a process which serves a guest may not use
 *
 * Theory of operation: a server does in a shared folder what the guest's root asks for, as the user
 * who runs the launcher. A set-user-ID file there would be a program of that user's for everybody
 * on the host. No server has an option against that, but each sets a mode by a system call with the
 * mode in a register, which a seccomp filter (seccomp(2)) can read. The filter of a server also
 * refuses what the sandbox already prevents, in case the sandbox has a fault.
 */
#include "host/lib/syscall_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/lib/file.h"

/* For kernel headers that are older than the calls; the numbers are those of every architecture. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000 /* __X32_SYSCALL_BIT */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define OTHER_ABI 0x40000000 /* above all numbers */
#else
#error "the filter does not know this architecture"
#endif

#define NEW_NAMESPACE \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWCGROUP)
#define SET_ID (S_ISUID | S_ISGID)
/* In the type of both kinds of device, and of no other file (inode(7)). */
#define DEVICE S_IFCHR
/* The mode counts if open(2) makes a file. The second is O_TMPFILE without O_DIRECTORY. */
#define MAKES (O_CREAT | 020000000)

/* Refuses a call if an argument has one of the bits in mask. */
struct rule {
	int number, arg;
	uint32_t mask;
	int flags_arg; /* only if this argument has a bit of MAKES; -1: always */
};

static const struct rule mode_rules[] = {
#ifdef SYS_chmod /* newer architectures have only the *at calls */
	{ SYS_chmod, 1, SET_ID, -1 },
	{ SYS_creat, 1, SET_ID, -1 },
	{ SYS_open, 2, SET_ID, 1 },
	{ SYS_mknod, 1, SET_ID | DEVICE, -1 },
#endif
	{ SYS_fchmod, 1, SET_ID, -1 },
	{ SYS_fchmodat, 2, SET_ID, -1 },
	{ SYS_fchmodat2, 2, SET_ID, -1 },
	{ SYS_openat, 3, SET_ID, 2 },
	{ SYS_mknodat, 2, SET_ID | DEVICE, -1 },
};

static const struct rule namespace_rules[] = {
	{ SYS_clone, 0, NEW_NAMESPACE, -1 },
	{ SYS_unshare, 0, NEW_NAMESPACE, -1 },
};

/* A filter cannot read arguments in memory, and calls in a ring pass it by. Programs have another
 * way for kernels without these. */
static const int unreadable[] = { SYS_openat2, SYS_io_uring_setup };

/* No server needs these. */
static const int refused[] = {
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_setns,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_pidfd_getfd,
	SYS_add_key,
	SYS_keyctl,
	SYS_request_key,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_open_by_handle_at,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_swapon,
	SYS_swapoff,
	SYS_reboot,
	SYS_acct,
	SYS_quotactl,
	SYS_syslog,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_personality,
	SYS_fanotify_init,
	SYS_vhangup,
};

struct program {
	struct sock_filter v[256];
	unsigned short n;
};

static void add(struct program *p, unsigned int code, uint32_t k, unsigned int yes, unsigned int no)
{
	if (p->n < ARRAY_SIZE(p->v))
		p->v[p->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, k };
	p->n++;
}

static void load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void load_number(struct program *p)
{
	load(p, offsetof(struct seccomp_data, nr));
}

/* The lower half, on a little-endian host: modes and flags are in it. */
static void load_arg(struct program *p, int n)
{
	load(p, offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)n);
}

static void end(struct program *p, uint32_t action)
{
	add(p, BPF_RET | BPF_K, action, 0, 0);
}

static void refuse(struct program *p, int error)
{
	end(p, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* After load_number. */
static void add_calls(struct program *p, const int *numbers, size_t n, int error)
{
	for (size_t i = 0; i < n; i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], 0, 1);
		refuse(p, error);
	}
}

static void add_rules(struct program *p, const struct rule *rules, size_t n)
{
	for (const struct rule *r = rules; r < rules + n; r++) {
		const bool flags = r->flags_arg >= 0;

		load_number(p);
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->number, 0, flags ? 7 : 4);
		if (flags) {
			load_arg(p, r->flags_arg);
			add(p, BPF_JMP | BPF_JSET | BPF_K, MAKES, 1, 0);
			end(p, SECCOMP_RET_ALLOW);
		}
		load_arg(p, r->arg);
		add(p, BPF_JMP | BPF_JSET | BPF_K, r->mask, 0, 1);
		refuse(p, EPERM);
		end(p, SECCOMP_RET_ALLOW);
	}
}

/* The other calls of this kernel have other numbers, so a program for them cannot run. */
static void add_start(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	refuse(p, ENOSYS);
	load_number(p);
	add(p, BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1);
	refuse(p, ENOSYS);
}

/* glibc takes clone(2) where there is no clone3(2), whose flags are in memory. */
static void add_server(struct program *p)
{
	static const int clone3[] = { SYS_clone3 };

	add_calls(p, clone3, 1, ENOSYS);
	add_calls(p, refused, ARRAY_SIZE(refused), EPERM);
}

static void make(struct program *p, bool server, bool writable)
{
	add_start(p);
	if (writable)
		add_calls(p, unreadable, ARRAY_SIZE(unreadable), ENOSYS);
	if (server)
		add_server(p);
	if (server)
		add_rules(p, namespace_rules, ARRAY_SIZE(namespace_rules));
	add_rules(p, mode_rules, ARRAY_SIZE(mode_rules));
	end(p, SECCOMP_RET_ALLOW);
}

int syscall_filter_open(bool writable)
{
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	struct program p = { 0 };
	int r;

	make(&p, true, writable);
	if (fd < 0)
		return -errno;
	if (p.n > ARRAY_SIZE(p.v))
		return -E2BIG;
	r = file_write_all(fd, p.v, p.n * sizeof(*p.v));
	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(&fd);
}

/* Root's capabilities to keep the bits when it writes to a file, to make devices, and to give a
 * file capabilities. The bounding set keeps exec from giving them back. */
static int drop_capabilities(void)
{
	static const unsigned int dropped[] = { CAP_FSETID, CAP_MKNOD, CAP_SETFCAP };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, caps) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++) {
		const uint32_t bit = 1u << dropped[i];

		/* EPERM: no CAP_SETPCAP. Then exec gives nothing that is not inheritable. */
		if (prctl(PR_CAPBSET_DROP, dropped[i], 0, 0, 0) < 0 && errno != EPERM)
			return -errno;
		caps[0].effective &= ~bit;
		caps[0].permitted &= ~bit;
		caps[0].inheritable &= ~bit;
	}
	return syscall(SYS_capset, &head, caps) < 0 ? -errno : 0;
}

int syscall_filter_enter(void)
{
	struct program p = { 0 };
	struct sock_fprog prog = { .filter = p.v };
	int r = drop_capabilities();

	make(&p, false, true);
	prog.len = p.n;
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return -errno;
	return 0;
}
