/* SPDX-License-Identifier: MIT */
/*
 * launch.c - making what a run needs, running it, and cleaning up
 *
 * Theory of operation: in order: adopt orphans; make the private folder; start the keeper, which
 * removes it if the launcher is killed; make the files in the folder; last before QEMU, the image.
 * The image gets its name when QEMU has started (accepted). What was made for the run is removed in
 * reverse order. If QEMU did not start, what would have stayed is removed too.
 */
#include "host/run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "host/closure/registration.h"
#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/initrd/initrd.h"
#include "host/initrd/kernel.h"
#include "host/lib/keeper.h"
#include "host/lib/progress.h"
#include "host/share/server.h"
#include "host/vms/control.h"
#include "host/run/shared_dirs.h"
#include "host/run/closures.h"
#include "host/run/remember.h"
#include "host/run/roots.h"
#include "host/lib/signals.h"
#include "host/lib/unix_socket.h"
#include "host/lib/utf8.h"
#include "host/vms/vms.h"
#include "host/lib/words.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define INITRD_MAX ((size_t)1 << 30)
#define SHARE_GRACE_MS 1000
#define MIB ((uint64_t)1 << 20)
/* In the private folder. */
#define AGENT_SOCKET "guest-agent"

struct launched {
	struct plan *plan;
	struct vms_own vm;
	struct keeper keeper;
	struct proc_others others;
	struct console console;
	bool exchange_made; /* we made the folder for USE_TMPDIR */
	bool accepted;	    /* QEMU has accepted its arguments: keep what was made */
	char initrd[PATH_MAX], kernel[PATH_MAX]; /* QEMU's files, in the private folder */
	char relays[PATH_MAX];			 /* the prefix of the relays' slots, there too */
};

static void launched_free(struct launched *l)
{
	int released;

	/* A server beside QEMU ends when its connection does. */
	share_hang_up(&l->plan->share);
	proc_end_all(&l->others, SHARE_GRACE_MS);
	released = vms_release(&l->vm);
	if (!l->accepted) {
		disks_undo(&l->plan->disks);
		efi_undo(&l->plan->qemu.efi);
		tpm_undo(&l->plan->tpm);
	}
	if (!l->accepted && l->exchange_made)
		rmdir(l->plan->exchange);
	keeper_end(&l->keeper, released == 0);
	proc_others_free(&l->others);
}

/* Writes a file for QEMU into the private folder; sets *ret to its path. path: PATH_MAX bytes. */
static int write_file(const struct launched *l, const char *name, const struct buf *b, char *path,
		      const char **ret, struct err *e)
{
	if (str_format(path, PATH_MAX, "%s/%s", l->vm.folder, name) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", l->vm.folder);
	*ret = path;
	return folder_write(l->vm.folder, name, b->data, b->len, e);
}

/* Writes the initramfs, which all systems with this kernel share, and after it this run's own files
 * as further archives. */
static int write_initrd(struct launched *l, struct err *e)
{
	struct plan *p = l->plan;
	_cleanup_buf_ struct buf b = { 0 }, folders = { 0 };
	int r = p->initrd_fd >= 0 ? file_read_fd(p->initrd_fd, INITRD_MAX, &b) :
				    file_read(AT_FDCWD, p->initrd.data, INITRD_MAX, &b);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "initrd %s: %s", p->initrd.data,
				strerror(-r));
	if (p->registration.len > 0)
		r = initrd_extra_file(REGISTRATION_FILE, 0644, p->registration.data,
				      p->registration.len, &b, e);
	if (r == 0 && p->rescue_shell.len > 0)
		r = initrd_extra_file(RESCUE_SHELL_FILE, 0755, p->rescue_shell.data,
				      p->rescue_shell.len, &b, e);
	if (r == 0 && share_folder_lines(&p->share, &folders) < 0)
		r = err_sys(e, ENOMEM, "--bind");
	if (r == 0 && folders.len > 0)
		r = initrd_extra_file(SHARED_FOLDERS_FILE, 0644, folders.data, folders.len, &b, e);
	return r < 0 ? r : write_file(l, "initrd", &b, l->initrd, &p->qemu.initrd, e);
}

/* Not every QEMU unpacks every format: none does for riscv64, and only QEMU 8 and later know EFI
 * zboot. */
static int write_kernel(struct launched *l, struct err *e)
{
	struct plan *p = l->plan;
	_cleanup_buf_ struct buf image = { 0 };
	int r;

	if (!p->system.packed)
		return 0;
	r = kernel_unpack(p->system.kernel, &image, e);
	return r < 0 ? r : write_file(l, "kernel", &image, l->kernel, &p->qemu.kernel, e);
}

/* Makes the VM's name and folder, and starts the keeper, which removes them in any case. */
static int make_folder(struct launched *l, struct err *e)
{
	struct plan *p = l->plan;
	const struct vms_about about = {
		.name = p->system.name,
		.system = p->system.config,
		.kernel = p->system.kernel,
		.image = p->disks.has_root ? p->disks.v[0].image.path : "",
		.filtered = p->v.escapes,
	};
	const struct keeper_task task = { l->vm.place, vms_clean,
					  l->console.terminal.there ? STDIN_FILENO : -1,
					  terminal_keep };
	int r = proc_adopt_orphans(&l->others, e);

	if (r == 0)
		r = vms_make(&about, p->v.system.name != NULL, &l->vm, e);
	p->qemu.name = l->vm.name;
	if (r == 0 && str_format(l->relays, sizeof(l->relays), "%s/relay", l->vm.folder) < 0)
		r = err_sys(e, ENAMETOOLONG, "%s", l->vm.folder);
	p->qemu.network.slots = l->relays;
	if (r == 0)
		r = keeper_start(&l->keeper, &task, e);
	/* From now on the VM can be found; a program that connects waits until it is served. */
	if (r == 0)
		r = p->watch.control = control_listen(l->vm.place, e);
	if (r > 0)
		r = 0;
	if (r == 0 && proc_others_add(&l->others, l->keeper.pid) < 0)
		r = err_sys(e, ENOMEM, "cannot run");
	return r;
}

/* Sets QEMU's arguments for disks, the store's image last, and for the share. by_path: to be
 * printed. */
static void tell_disks_and_share(struct plan *p, bool by_path)
{
	struct qemu_config *c = &p->qemu;

	disks_qemu(&p->disks, by_path, c->disks);
	c->n_disks = p->disks.n + share_disk(&p->share, by_path, c->disks + p->disks.n);
	if (!by_path || !share_has_server(&p->share))
		share_qemu(&p->share, by_path, &c->share);
	c->writes_folders = !share_has_server(&p->share) && share_writes(&p->share);
	if (!by_path)
		c->share_command = (const char *const *)p->share.command.words.v;
}

/* It takes some seconds until the guest's first output. note: about the root disk. */
static void announce(const struct launched *l, const char *note)
{
	const struct disk *root = l->plan->disks.has_root ? &l->plan->disks.v[0] : NULL;

	log_info("booting %s%s%s%s%s", l->vm.name, root ? "; its disk is " : "",
		 root ? root->image.path : "", note,
		 l->console.interactive ? "; Ctrl-a x ends it" : "");
}

static void warn_of_little_memory(const struct watch *w)
{
	const unsigned long long mib = w->memory / MIB, needs = (w->kernel_needs + MIB - 1) / MIB;

	if (!verdict_is_little(w->memory, w->kernel_needs))
		return;
	if (needs == 0)
		log_warning(
			"the guest has only %llu MiB of memory, which may be too little; --memory gives it more",
			mib);
	else
		log_warning(
			"the guest has only %llu MiB of memory, and its kernel alone takes %llu to unpack "
			"itself; --memory gives it more",
			mib, needs);
}

/* QEMU has accepted its arguments and waits. What stays after the run is made only now, so a run
 * that QEMU refuses has made nothing. */
static int accepted(void *arg, struct err *e)
{
	struct launched *l = arg;
	struct plan *p = l->plan;
	const char *note = "";
	int r = disks_commit(&p->disks, e);

	if (r < 0)
		return r;
	l->accepted = true;
	if (p->registration.len > 0 && p->share.store)
		make_links_folder(p->share.store);
	if (p->disks.has_root) {
		note = remember_system(&p->disks.v[0], p->system.name,
				       p->system.config[0] ? p->system.config : p->system.init);
		remember_other_disk(&p->disks.v[0].image, p->system.name, p->system.own_name);
	}
	if (!p->watch.command.asked)
		announce(l, note);
	warn_of_little_memory(&p->watch);
	progress_set("booting: firmware and kernel");
	return 0;
}

static int boot(struct launched *l, struct verdict *ret, struct err *e)
{
	struct plan *p = l->plan;
	struct qemu_config *c = &p->qemu;
	struct watch *w = &p->watch;
	_cleanup_close_ int tpm = -1, agent = -1;
	char log[PATH_MAX];

	if (str_format(log, sizeof(log), "%s/" SERVER_LOG, l->vm.folder) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", l->vm.folder);
	tell_disks_and_share(p, false);
	if (p->v.agent) {
		c->agent_fd = agent = unix_socket_listen(l->vm.folder, AGENT_SOCKET, 0, 1);
		if (agent < 0)
			return err_sys(e, agent, "%s/" AGENT_SOCKET, l->vm.folder);
	}
	if (p->tpm.wanted) {
		c->tpm_fd = tpm = tpm_start(&p->tpm, l->vm.folder, p->v.ephemeral, &w->tpm_pid, e);
		if (tpm < 0)
			return tpm;
	}
	w->server_log = log;
	w->server_pids = p->share.server_pids;
	w->n_servers = p->share.n_sockets;
	w->accepted = accepted;
	w->accepted_arg = l;
	return vm_run(c, &l->console, &l->others, w, ret, e);
}

/* The output of servers beside QEMU goes to a socket, of which the launcher keeps the end: a guest
 * may make them print without end. */
static int make_server_log(struct plan *p, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, errno, "socketpair");
	p->share.log_fd = ends[0];
	p->watch.servers_fd = ends[1];
	return 0;
}

static int make_exchange(struct launched *l, struct err *e)
{
	int r = exchange_make(l->plan->exchange, e);

	l->exchange_made = r > 0;
	return r < 0 ? r : shared_folders_open_made(&l->plan->folders, e);
}

int launch(struct plan *p, struct verdict *ret, struct err *e)
{
	_cleanup_(launched_free) struct launched l = { .plan = p,
						       .vm = VMS_OWN_INIT,
						       .keeper = KEEPER_INIT };
	int r, n;

	console_look(&l.console);
	l.console.filtered = p->watch.command.command.filtered = p->watch.log.filtered =
		p->v.escapes;
	/* With a window the console is there, and keys typed here are for the launcher. With a
	 * command they are the command's. */
	if (p->qemu.graphics || p->watch.command.asked)
		l.console.interactive = false;
	l.console.reads =
		p->qemu.console_reads && !l.console.terminal.there && !p->watch.command.asked;
	l.console.muted = p->watch.command.asked;
	progress_set("preparing the file server");
	r = make_folder(&l, e)						    ?:
		    roots_name(p, e)					    ?:
		    write_initrd(&l, e)					    ?:
		    write_kernel(&l, e)					    ?:
		    credentials_ready(&p->qemu.credentials, l.vm.folder, e) ?:
		    make_exchange(&l, e)				    ?:
		    make_server_log(p, e)				    ?:
		    share_make(&p->share, l.vm.folder, p->self, e);
	n = signals_waiting();
	if (r == 0 && n > 0) {
		verdict_of_signal(n, ret);
		return 0;
	}
	progress_set("preparing the disk");
	if (r == 0)
		r = disks_ready(&p->disks, e);
	if (r == 0 && p->qemu.efi.wanted)
		r = efi_ready(&p->qemu.efi, p->v.ephemeral ? l.vm.folder : NULL, e);
	if (r < 0)
		return r;
	progress_set("starting QEMU");
	return boot(&l, ret, e);
}

/* A shell comment: a command for a shell follows. */
static void comment(bool so, const char *text)
{
	if (so)
		printf("# %s\n", text);
}

static void print_lacks(const struct plan *p)
{
	bool missing = false, small = false;

	for (size_t i = 0; i < p->disks.n; i++) {
		const struct image *image = &p->disks.v[i].image;

		missing = missing || image->fd < 0;
		small = small || (image->fd >= 0 && image->new_size > image->size);
	}
	comment(missing, "One of its disks is not there yet; the first run of storeboot makes it.");
	comment(small,
		"One of its disks is smaller than was asked for; the next run of storeboot grows it.");
	comment(p->share.image_path.len > 0 && p->share.image_fd < 0,
		"The image of its closure is not there yet; the first run of storeboot makes it.");
	comment(p->qemu.efi.wanted && access(p->qemu.efi.vars, F_OK) < 0,
		"Its EFI variables are not there yet; the first run of storeboot makes them.");
	comment(p->registration.len > 0, "Without storeboot Nix in the guest knows no path.");
	if (p->unprinted.len > 0)
		printf("# Without storeboot there is no %s.\n", p->unprinted.data);
	if (p->share.store && share_has_server(&p->share))
		printf("# Without storeboot nobody serves the store by %s: the guest ends at the step share.\n"
		       "# With --share 9p or --share image QEMU alone brings it.\n",
		       share_name(&p->share));
}

static int print_qemu(struct plan *p, struct err *e)
{
	_cleanup_argv_ struct argv argv = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	p->qemu.initrd = p->initrd.data;
	tell_disks_and_share(p, true);
	qemu_args(&p->qemu, &argv);
	r = argv.error < 0 ? argv.error : words_to_paste((const char *const *)argv.words.v, &text);
	if (r < 0)
		return err_sys(e, r, "QEMU's arguments");
	print_lacks(p);
	printf("%s\n", text.data);
	return 0;
}

int launch_print(struct plan *p, struct err *e)
{
	/* An unpacked kernel or an initramfs in memory is gone with this process. */
	if (str_after(p->initrd.data, "/proc/self/fd/") || p->system.packed)
		return err_exit(e, EXIT_MISSING, ENOENT,
				"--print-qemu: QEMU alone cannot have the %s: %s",
				p->system.packed ? "kernel" : "initramfs",
				p->system.packed ? "it is packed, and unpacked for each run" :
						   "there is no cache folder where it stays");
	if (credentials_piped(&p->qemu.credentials))
		return err_exit(
			e, EXIT_MISSING, ENOENT,
			"--print-qemu: QEMU alone cannot have the credential %s: it comes by a pipe",
			credentials_piped(&p->qemu.credentials));
	for (size_t i = 0; i < p->disks.n; i++)
		if (!utf8_is(p->disks.v[i].image.path))
			return err_exit(
				e, EXIT_MISSING, EILSEQ,
				"--print-qemu: QEMU alone cannot have the disk %s: its name is not "
				"UTF-8, and QEMU takes no other",
				p->disks.v[i].image.path);
	return print_qemu(p, e);
}
