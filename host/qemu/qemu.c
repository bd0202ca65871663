/* SPDX-License-Identifier: MIT */
/*
 * qemu.c - QEMU's arguments
 *
 * Every option here works from QEMU 5.2 to 11. With -nodefaults the guest has only the devices
 * named here, so the kernel probes for no others. An empty romfile keeps the firmware from starting
 * network boot, which takes seconds under TCG.
 */
#include "host/qemu/qemu.h"

#include "host/qemu/display.h"
#include "host/lib/environment.h"
#include "init/lib/frame.h"

#define MIB ((uint64_t)1 << 20)

void qemu_config_free(struct qemu_config *c)
{
	buf_free(&c->append);
	efi_close(&c->efi);
	argv_free(&c->share);
	credentials_free(&c->credentials);
	strv_free(&c->extra);
}

static void add_machine(const struct qemu_config *c, struct argv *a)
{
	const char *cpu = c->accel == ACCEL_KVM || c->max_cpu ? c->arch->max_cpu : c->arch->tcg_cpu;

	argv_add(a, "-name", "guest=");
	argv_value(a, c->name);
	argv_words(a, "-nodefaults", "-no-user-config");
	if (!c->reboot)
		argv_words(a, "-no-reboot");
	argv_words(a, "-machine", c->arch->board, "-accel", accel_name(c->accel));
	if (cpu)
		argv_words(a, "-cpu", cpu);
	argv_add(a, "-m", "%lluM", (unsigned long long)((c->memory + MIB - 1) / MIB));
	argv_add(a, "-smp", "%u", c->cores);
}

/* pvpanic reports a panic to QEMU, which then exits at once, even if kernel.panic=0 would make the
 * guest hang. */
static void add_panic(const struct qemu_config *c, struct argv *a)
{
	argv_words(a, "-device", c->arch->pci_only ? "pvpanic-pci" : "pvpanic");
}

/* No argv_value: -kernel, -initrd and -append take their argument literally. */
static void add_kernel(const struct qemu_config *c, struct argv *a)
{
	argv_words(a, "-kernel", c->kernel, "-initrd", c->initrd, "-append", c->append.data);
}

/* Boards with an ISA bus have a PS/2 keyboard. */
static void add_display(const struct qemu_config *c, struct argv *a)
{
	if (c->display)
		argv_words(a, "-display", c->display);
	if (!c->graphics) {
		if (c->adapter && c->arch->adapter)
			argv_words(a, "-device", c->arch->adapter);
		return;
	}
	argv_words(a, "-device", c->arch->screen);
	if (c->width)
		argv_more(a, ",xres=%u,yres=%u", c->width, c->height);
	if (c->arch->pci_only)
		argv_words(a, "-device", "qemu-xhci", "-device", "usb-kbd");
	else
		argv_words(a, "-usb");
	argv_words(a, "-device", "usb-tablet");
}

/* QEMU does not lock flash images exclusively; efi_ready has locked the variables. */
static void add_efi(const struct qemu_config *c, struct argv *a)
{
	if (!c->efi.wanted)
		return;
	argv_add(a, "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=");
	argv_value(a, c->efi.code);
	argv_add(a, "-drive", "if=pflash,format=raw,unit=1,file=");
	if (c->efi.fd >= 0)
		argv_more(a, "/proc/self/fd/%d", argv_fd(a, c->efi.fd));
	else
		argv_value(a, c->efi.vars);
}

static void add_tpm(const struct qemu_config *c, struct argv *a)
{
	if (c->tpm_fd < 0)
		return;
	argv_add(a, "-chardev", "socket,id=tpm,fd=%d", argv_fd(a, c->tpm_fd));
	argv_words(a, "-tpmdev", "emulator,id=tpm,chardev=tpm");
	argv_add(a, "-device", "%s,tpmdev=tpm", c->arch->tpm);
}

/* The serial ports and the monitor, on sockets that QEMU inherits. Without a console socket QEMU
 * has console and monitor on its own terminal. */
static void add_channels(const struct qemu_config *c, struct argv *a)
{
	const bool card = c->arch->pci_only;
	const struct {
		const char *id, *option, *value;
		int fd;
	} channels[] = {
		{ "console", "-serial", "chardev:console", c->console_fd },
		{ "report", card ? "-device" : "-serial",
		  card ? "pci-serial,chardev=report" : "chardev:report", c->report_fd },
		{ "qmp", "-mon", "chardev=qmp,mode=control", c->qmp_fd },
	};

	if (c->console_fd < 0) {
		argv_words(a, "-serial", "mon:stdio");
		return;
	}
	argv_words(a, "-S");
	for (size_t i = 0; i < ARRAY_SIZE(channels); i++) {
		argv_add(a, "-chardev", "socket,id=%s,fd=%d", channels[i].id,
			 argv_fd(a, channels[i].fd));
		argv_words(a, channels[i].option, channels[i].value);
	}
}

/*
 * The channel's port, and the port that qemu-ga(8) uses. QEMU reports that the guest opens or
 * closes a port only if the port has an id (hw/char/virtio-console.c, VSERPORT_CHANGE). max_ports
 * is one higher than the number of ports, because port 0 is reserved for a console
 * (hw/char/virtio-serial-bus.c).
 */
static void add_ports(const struct qemu_config *c, struct argv *a)
{
	const int ports = (c->channel_fd >= 0) + (c->agent_fd >= 0);

	if (ports > 0)
		argv_add(a, "-device", "virtio-serial-pci,max_ports=%d", 1 + ports);
	if (c->channel_fd >= 0) {
		argv_add(a, "-chardev", "socket,id=channel,fd=%d", argv_fd(a, c->channel_fd));
		argv_words(a, "-device",
			   "virtserialport,chardev=channel,name=" FRAME_PORT ",id=" QEMU_PORT_ID);
	}
	if (c->agent_fd >= 0) {
		argv_add(a, "-chardev", "socket,id=agent,server=on,wait=off,fd=%d",
			 argv_fd(a, c->agent_fd));
		argv_words(a, "-device",
			   "virtserialport,chardev=agent,name=org.qemu.guest_agent.0");
	}
}

/* In slot 23 it does not move other cards, whose slots udev uses in names. If the guest runs out of
 * memory, it takes back what it gave. free-page-reporting: QEMU 5.1, Linux 5.7. */
static void add_balloon(const struct qemu_config *c, struct argv *a)
{
	if (c->balloon != BALLOON_OFF)
		argv_add(a, "-device",
			 "virtio-balloon-pci,addr=0x17,deflate-on-oom=on,free-page-reporting=%s",
			 c->balloon == BALLOON_REPORTING ? "on" : "off");
}

/* Without a value of ours, -display is the user's own. */
static bool has_window(const struct qemu_config *c)
{
	return c->graphics || !c->display;
}

/* Is the user's argument i this option, and not the value of another? */
static bool is_extra(const struct qemu_config *c, size_t i, const char *option)
{
	const char *word = c->extra.v[i];

	return str_eq(word, option) || (word[0] == '-' && str_eq(word + 1, option));
}

static void no_sandbox(struct qemu_config *c)
{
	c->no_sandbox = true;
}

static void no_reboot(struct qemu_config *c)
{
	c->reboot = false;
}

static void no_window(struct qemu_config *c)
{
	if (c->graphics)
		c->graphics = GRAPHICS_NONE;
}

static void read_stdin(struct qemu_config *c)
{
	c->console_reads = true;
}

/* The user's arguments that have an equal here, which QEMU would refuse or do twice. The guest's
 * first serial port is on stdout in any case. */
static const struct merged {
	const char *option, *value; /* value NULL: the option has none */
	void (*merge)(struct qemu_config *c);
} merged[] = {
	{ "-sandbox", "off", no_sandbox },	{ "-no-reboot", NULL, no_reboot },
	{ "-nographic", NULL, no_window },	{ "-serial", "stdio", read_stdin },
	{ "-serial", "mon:stdio", read_stdin },
};

/* Returns how many of the arguments from i on are merged. */
static size_t merge_at(struct qemu_config *c, size_t i)
{
	for (const struct merged *m = merged; m < merged + ARRAY_SIZE(merged); m++) {
		const char *value = i + 1 < c->extra.n ? c->extra.v[i + 1] : "";

		if (!is_extra(c, i, m->option) || (m->value && !str_eq(value, m->value)))
			continue;
		m->merge(c);
		return m->value ? 2 : 1;
	}
	return 0;
}

void qemu_merge(struct qemu_config *c)
{
	size_t n = 0, taken = 0;

	for (size_t i = 0; i < c->extra.n; i++) {
		taken = taken ? taken : merge_at(c, i);
		if (taken) {
			free(c->extra.v[i]);
			taken--;
		} else {
			c->extra.v[n++] = c->extra.v[i];
		}
	}
	c->extra.n = n;
	if (c->extra.v)
		c->extra.v[n] = NULL;
}

/* Does the value of -machine name another board? Its type comes first or as type=. */
static bool is_other_board(const struct qemu_config *c, const char *value)
{
	const char *type = strstr(value, "type=");
	size_t len;

	type = type ? type + strlen("type=") : value;
	len = strcspn(type, ",=");
	return type[len] != '=' &&
	       !(len == strlen(c->arch->board) && memcmp(type, c->arch->board, len) == 0);
}

static bool is_bridge(const char *device)
{
	static const char *const parts[] = { "bridge",	   "root-port", "ioh3420", "upstream",
					     "downstream", "pxb",	"cxl" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(device, parts[i]))
			return true;
	return false;
}

bool qemu_one_bus(const struct qemu_config *c)
{
	for (size_t i = 0; i < c->extra.n; i++) {
		const char *value = i + 1 < c->extra.n ? c->extra.v[i + 1] : "";

		if ((is_extra(c, i, "-machine") || is_extra(c, i, "-M")) &&
		    is_other_board(c, value))
			return false;
		if (is_extra(c, i, "-device") && is_bridge(value))
			return false;
		if (is_extra(c, i, "-readconfig"))
			return false;
	}
	return true;
}

/* A -sandbox of the user's own replaces ours. */
static bool sets_sandbox(const struct qemu_config *c)
{
	for (size_t i = 0; i < c->extra.n; i++)
		if (is_extra(c, i, "-sandbox"))
			return true;
	return c->no_sandbox;
}

/*
 * A filter of system calls: QEMU starts no program, takes no other user ID, and sets no scheduling.
 * A program that it tries to start ends it by SIGSYS. Servers that QEMU starts for connections of
 * the guest would inherit the filter, and bwrap(1) fails under it: then there is none. The
 * libraries of a window do start some (D-Bus, the loaders of GTK's images).
 */
static void add_sandbox(const struct qemu_config *c, struct argv *a)
{
	if (c->console_fd < 0 || c->share_command || c->network.n_guest_forwards > 0 ||
	    sets_sandbox(c))
		return;
	argv_add(a, "-sandbox",
		 "on,obsolete=deny,elevateprivileges=deny,spawn=%s,resourcecontrol=deny",
		 has_window(c) ? "allow" : "deny");
}

/* Descriptors that the user's arguments name ("-netdev tap,id=x,fd=5") are the caller's. */
static void add_named_descriptors(const char *word, struct argv *a)
{
	for (const char *at = word; (at = strstr(at, "fd=")) != NULL; at += 3) {
		const int fd = atoi(at + 3);

		if ((at == word || at[-1] == ',') && fd > STDERR_FILENO)
			argv_fd(a, fd);
	}
}

static void add_extra(const struct qemu_config *c, struct argv *a)
{
	argv_list(a, (const char *const *)c->extra.v);
	for (size_t i = 0; i < c->extra.n; i++)
		add_named_descriptors(c->extra.v[i], a);
}

bool qemu_stays_paused(const struct qemu_config *c)
{
	for (size_t i = 0; i < c->extra.n; i++)
		if (str_eq(c->extra.v[i], "-S") || str_eq(c->extra.v[i], "--S"))
			return true;
	return false;
}

int qemu_environment(const struct qemu_config *c, struct strv *ret)
{
	return environment_of_programs(has_window(c), ret);
}

void qemu_args(const struct qemu_config *c, struct argv *ret)
{
	argv_words(ret, c->program);
	add_sandbox(c, ret);
	add_machine(c, ret);
	add_panic(c, ret);
	add_efi(c, ret);
	add_kernel(c, ret);
	add_display(c, ret);
	credentials_qemu(&c->credentials, ret);
	add_channels(c, ret);
	add_ports(c, ret);
	add_balloon(c, ret);
	blockdev_args(c->disks, c->n_disks, ret);
	network_qemu(&c->network, c->name, c->share_command, ret);
	add_tpm(c, ret);
	argv_join(ret, &c->share);
	add_extra(c, ret);
}
