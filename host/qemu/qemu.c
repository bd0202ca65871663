/* SPDX-License-Identifier: MIT */
/*
 * qemu.c - QEMU's arguments
 *
 * Every option here works from QEMU 5.2 to 11. -nodefaults: the guest has what is named here and
 * nothing else, so that the kernel probes nothing in vain. An empty romfile keeps the firmware from
 * starting the card's network boot, which costs seconds under TCG.
 */
#include "host/qemu/qemu.h"

#include <errno.h>

#include "init/lib/frame.h"

#define MIB ((uint64_t)1 << 20)

/* Within a value of QEMU's option syntax a comma is written twice (qemu(1), "-drive file="). */
int qemu_escape(struct buf *b, const char *value)
{
	int r = 0;

	for (const char *p = value; r == 0 && *p; p++)
		r = *p == ',' ? buf_add(b, ",,", 2) : buf_add(b, p, 1);
	return r;
}

int qemu_add_valued(struct strv *v, const char *option, const char *prefix, const char *value)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = strv_add(v, option);

	if (r == 0)
		r = buf_add(&b, prefix, strlen(prefix));
	if (r == 0)
		r = qemu_escape(&b, value);
	return r < 0 ? r : strv_add(v, b.data);
}

static int add_machine(const struct qemu_config *c, struct strv *v)
{
	const char *cpu = c->accel == ACCEL_KVM || c->max_cpu ? c->arch->max_cpu : c->arch->tcg_cpu;
	const char *const base[] = { "-nodefaults", "-no-user-config", "-no-reboot",
				     "-machine",    c->arch->board,    "-accel",
				     accel_name(c->accel), cpu ? "-cpu" : NULL, cpu, NULL };
	int r = qemu_add_valued(v, "-name", "guest=", c->name);

	if (r == 0)
		r = strv_add_all(v, base);
	if (r == 0)
		r = strv_add(v, "-m");
	if (r == 0)
		r = strv_addf(v, "%lluM", (unsigned long long)((c->memory + MIB - 1) / MIB));
	if (r == 0)
		r = strv_add(v, "-smp");
	return r < 0 ? r : strv_addf(v, "%u", c->cores);
}

/* A guest that panics tells QEMU, which then ends at once: also where kernel.panic=0 would have it hang. */
static int add_panic(const struct qemu_config *c, struct strv *v)
{
	const char *const words[] = { "-device", c->arch->pci_only ? "pvpanic-pci" : "pvpanic", NULL };

	return strv_add_all(v, words);
}

/* -kernel, -initrd and -append take their argument as it is. */
static int add_kernel(const struct qemu_config *c, struct strv *v)
{
	const char *const words[] = { "-kernel", c->kernel, "-initrd", c->initrd,
				      "-append", c->append, NULL };

	return strv_add_all(v, words);
}

/* Boards with an ISA bus have a keyboard there. */
static int add_display(const struct qemu_config *c, struct strv *v)
{
	static const char *const tablet[] = { "-usb", "-device", "usb-tablet", NULL };
	static const char *const keyboard_too[] = { "-device", "qemu-xhci", "-device", "usb-kbd",
						    "-device", "usb-tablet", NULL };
	const char *const display[] = { "-display", c->display, NULL };
	const char *const adapter[] = { "-device", c->arch->adapter, NULL };
	int r = c->display ? strv_add_all(v, display) : 0;

	if (r == 0 && !c->graphics)
		return c->adapter && c->arch->adapter ? strv_add_all(v, adapter) : 0;
	if (r == 0)
		r = strv_add(v, "-device");
	if (r == 0)
		r = c->width ? strv_addf(v, "%s,xres=%u,yres=%u", c->arch->screen, c->width, c->height) :
			       strv_add(v, c->arch->screen);
	return r < 0 ? r : strv_add_all(v, c->arch->pci_only ? keyboard_too : tablet);
}

/* efi_ready has locked the variables; QEMU shares a flash with everybody. */
static int add_efi(const struct qemu_config *c, struct strv *v)
{
	int r = 0;

	if (!c->efi_code)
		return 0;
	r = qemu_add_valued(v, "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=", c->efi_code);
	return r < 0 ? r : qemu_add_valued(v, "-drive", "if=pflash,format=raw,unit=1,file=", c->efi_vars);
}

static int add_tpm(const struct qemu_config *c, struct strv *v)
{
	static const char *const words[] = { "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", NULL };
	int r;

	if (c->tpm_fd < 0)
		return 0;
	r = strv_add(v, "-chardev");
	if (r == 0)
		r = strv_addf(v, "socket,id=tpm,fd=%d", c->tpm_fd);
	if (r == 0)
		r = strv_add_all(v, words);
	return r < 0 ? r : strv_addf(v, "%s,tpmdev=tpm", c->arch->tpm);
}

static int add_credentials(const struct qemu_config *c, struct strv *v)
{
	return c->credentials ? credentials_qemu(c->credentials, v) : 0;
}

/* By itself QEMU has its console and its monitor where it is started. */
static int add_stdio(struct strv *v)
{
	static const char *const words[] = { "-serial", "mon:stdio", NULL };

	return strv_add_all(v, words);
}

/* A serial port or the monitor, on a socket that QEMU inherits. */
static int add_channels(const struct qemu_config *c, struct strv *v)
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
	int r = 0;

	if (c->console_fd < 0)
		return add_stdio(v);
	r = strv_add(v, "-S");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(channels); i++) {
		r = strv_add(v, "-chardev");
		if (r == 0)
			r = strv_addf(v, "socket,id=%s,fd=%d", channels[i].id, channels[i].fd);
		if (r == 0)
			r = strv_add(v, channels[i].option);
		if (r == 0)
			r = strv_add(v, channels[i].value);
	}
	return r;
}

/* Ours, and the one that qemu-ga(8) looks for. QEMU reports that the guest opens or closes a port only if the
 * port has an id (hw/char/virtio-console.c, VSERPORT_CHANGE). */
static int add_port(const char *chardev, const char *words, struct strv *v)
{
	int r = strv_add(v, "-device");

	return r < 0 ? r : strv_addf(v, "virtserialport,chardev=%s,%s", chardev, words);
}

/* One port more than there are: the first is a console's, by its number (hw/char/virtio-serial-bus.c). */
static int add_ports(const struct qemu_config *c, struct strv *v)
{
	int r;

	if (c->channel_fd < 0 && c->agent_fd < 0)
		return 0;
	r = strv_add(v, "-device");
	if (r == 0)
		r = strv_addf(v, "virtio-serial-pci,max_ports=%d",
			      1 + (c->channel_fd >= 0) + (c->agent_fd >= 0));
	if (r == 0 && c->channel_fd >= 0)
		r = strv_add(v, "-chardev");
	if (r == 0 && c->channel_fd >= 0)
		r = strv_addf(v, "socket,id=channel,fd=%d", c->channel_fd);
	if (r == 0 && c->channel_fd >= 0)
		r = add_port("channel", "name=" FRAME_PORT ",id=" QEMU_PORT_ID, v);
	if (r == 0 && c->agent_fd >= 0)
		r = strv_add(v, "-chardev");
	if (r == 0 && c->agent_fd >= 0)
		r = strv_addf(v, "socket,id=agent,server=on,wait=off,fd=%d", c->agent_fd);
	return r < 0 || c->agent_fd < 0 ? r : add_port("agent", "name=org.qemu.guest_agent.0", v);
}

static int add_disks(const struct qemu_config *c, struct strv *v)
{
	return blockdev_args(c->disks, c->n_disks, v);
}

static int add_net(const struct qemu_config *c, struct strv *v)
{
	return network_qemu(c->network, c->name, c->share_command, v);
}

static int add_share(const struct qemu_config *c, struct strv *v)
{
	return c->share ? strv_add_all(v, c->share) : 0;
}

bool qemu_stays_paused(const struct qemu_config *c)
{
	for (size_t i = 0; c->extra && c->extra[i]; i++)
		if (str_eq(c->extra[i], "-S") || str_eq(c->extra[i], "--S"))
			return true;
	return false;
}

int qemu_args(const struct qemu_config *c, struct strv *ret)
{
	static int (*const parts[])(const struct qemu_config *, struct strv *) = {
		add_machine,  add_panic, add_efi,   add_kernel, add_display, add_credentials,
		add_channels, add_ports, add_disks, add_net,    add_tpm,     add_share,
	};
	int r = strv_add(ret, c->program);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](c, ret);
	return r < 0 || !c->extra ? r : strv_add_all(ret, c->extra);
}
