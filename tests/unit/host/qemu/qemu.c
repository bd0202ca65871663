/* SPDX-License-Identifier: MIT */
/* qemu.c - tests of QEMU's arguments */
#include "host/qemu/qemu.h"

#include <elf.h>

#include "host/qemu/display.h"
#include "tests/lib/test.h"

static const char *const server[] = { "/usr/bin/storeboot", "share-server", "42", "/run/s", NULL };

static char words[] = "init=/x a,b";

static struct qemu_config plain(void)
{
	return (struct qemu_config){
		.program = "/usr/bin/qemu",
		.name = "demo",
		.arch = arch_find(EM_X86_64),
		.accel = ACCEL_TCG,
		.memory = (uint64_t)384 << 20,
		.cores = 1,
		.kernel = "/k",
		.initrd = "/i",
		.append = { .data = words },
		.display = "none",
		.adapter = true,
		.disks = { { "/w/demo.qcow2", -1, -1, "qcow2", "storeboot-root", false,
			     DISK_BY_VIRTIO } },
		.n_disks = 1,
		.share_command = server,
		.console_fd = 3,
		.report_fd = 4,
		.qmp_fd = 5,
		.channel_fd = 6,
		.tpm_fd = -1,
		.agent_fd = -1,
	};
}

static void whole_list(void)
{
	static const char *const want[] = {
		"/usr/bin/qemu",
		"-name",
		"guest=demo",
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-machine",
		"q35",
		"-accel",
		"tcg",
		"-cpu",
		"max,la57=off,erms=off,fsrm=off",
		"-m",
		"384M",
		"-smp",
		"1",
		"-device",
		"pvpanic",
		"-kernel",
		"/k",
		"-initrd",
		"/i",
		"-append",
		"init=/x a,b",
		"-display",
		"none",
		"-device",
		"VGA,addr=0x18",
		"-S",
		"-chardev",
		"socket,id=console,fd=3",
		"-serial",
		"chardev:console",
		"-chardev",
		"socket,id=report,fd=4",
		"-serial",
		"chardev:report",
		"-chardev",
		"socket,id=qmp,fd=5",
		"-mon",
		"chardev=qmp,mode=control",
		"-device",
		"virtio-serial-pci,max_ports=2",
		"-chardev",
		"socket,id=channel,fd=6",
		"-device",
		"virtserialport,chardev=channel,name=storeboot,id=storeboot",
		"-device",
		"virtio-balloon-pci,addr=0x17,deflate-on-oom=on,free-page-reporting=on",
		"-blockdev",
		"{\"driver\":\"file\",\"node-name\":\"disk0-file\",\"read-only\":false,"
		"\"discard\":\"unmap\",\"filename\":\"/w/demo.qcow2\"}",
		"-blockdev",
		"{\"driver\":\"qcow2\",\"node-name\":\"disk0\",\"read-only\":false,"
		"\"discard\":\"unmap\",\"file\":\"disk0-file\",\"backing\":null}",
		"-device",
		"virtio-blk-pci,drive=disk0,werror=report,rerror=report,serial=storeboot-root",
		"-netdev",
		"user,id=net,restrict=on,ipv6=off,guestfwd=tcp:10.0.2.4:445-cmd:/usr/bin/storeboot "
		"share-server 42 /run/s",
		"-device",
		"virtio-net-pci,netdev=net,romfile=",
	};
	const struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };

	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_INT(v.words.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < v.words.n && i < ARRAY_SIZE(want); i++)
		CHECK_STR(v.words.v[i], want[i]);
}

/* The argument behind option whose text has part in it; "" where there is none. */
static const char *find(const struct argv *v, const char *option, const char *part)
{
	for (size_t i = 0; i + 1 < v->words.n; i++)
		if (str_eq(v->words.v[i], option) && strstr(v->words.v[i + 1], part))
			return v->words.v[i + 1];
	return "";
}

static void hard_paths(void)
{
	const char *const hard[] = { "/a b/it's,x", "share-server", "1", "/t\nmp", NULL };
	struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };

	c.kernel = "/k,1 2";
	c.name = "x,process=y";
	c.share_command = hard;
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_STR(find(&v, "-kernel", ""), "/k,1 2");
	CHECK_STR(find(&v, "-name", ""), "guest=x,,process=y");
	CHECK_STR(
		find(&v, "-netdev", ""),
		"user,id=net,restrict=on,ipv6=off,guestfwd=tcp:10.0.2.4:445-cmd:'/a b/it'\\''s,,x' "
		"share-server 1 '/t\nmp'");
}

static void what_differs(void)
{
	char *extra[] = { (char[]){ "-device" }, (char[]){ "foo" }, NULL };
	struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };

	c.accel = ACCEL_KVM;
	c.graphics = true;
	c.display = NULL; /* one of extra */
	c.memory = ((uint64_t)1 << 30) + 1;
	c.cores = 3;
	c.extra = (struct strv){ extra, 2 };
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_STR(find(&v, "-accel", ""), "kvm");
	CHECK_STR(find(&v, "-cpu", ""), "max");
	CHECK_STR(find(&v, "-m", ""), "1025M");
	CHECK_STR(find(&v, "-smp", ""), "3");
	CHECK_STR(find(&v, "-device", "VGA"), "VGA");
	CHECK_STR(find(&v, "-display", ""), "");
	CHECK_STR(find(&v, "-device", "usb-tablet"), "usb-tablet");
	CHECK_STR(v.words.v[v.words.n - 2], "-device");
	CHECK_STR(v.words.v[v.words.n - 1], "foo");
}

/* The boards with one serial port have the second one on a card. */
static void other_architectures(void)
{
	static const struct {
		unsigned int machine;
		const char *board, *cpu, *max, *panic;
	} want[] = {
		{ EM_386, "q35", "max,la57=off,erms=off,fsrm=off", "max", "pvpanic" },
		{ EM_AARCH64, "virt,gic-version=max", "cortex-a72", "max", "pvpanic-pci" },
		{ EM_RISCV, "virt", "", "", "pvpanic-pci" }, /* the board's own processor */
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct qemu_config c = plain();
		_cleanup_argv_ struct argv v = { 0 };

		c.arch = arch_find(want[i].machine);
		qemu_args(&c, &v);
		CHECK_INT(v.error, 0);
		CHECK_STR(find(&v, "-machine", ""), want[i].board);
		CHECK_STR(find(&v, "-cpu", ""), want[i].cpu);
		argv_free(&v);
		c.max_cpu = true;
		qemu_args(&c, &v);
		CHECK_INT(v.error, 0);
		CHECK_STR(find(&v, "-cpu", ""), want[i].max);
		CHECK_STR(find(&v, "-device", "pvpanic"), want[i].panic);
		CHECK_STR(find(&v, "-serial", "console"), "chardev:console");
		CHECK_STR(find(&v, "-serial", "report"), i == 0 ? "chardev:report" : "");
		CHECK_STR(find(&v, "-device", "chardev=report"),
			  i == 0 ? "" : "pci-serial,chardev=report");
	}
}

static void take(struct qemu_config *c, const char *const *given)
{
	c->extra = (struct strv){ 0 };
	c->no_sandbox = false;
	for (; *given; given++)
		CHECK_INT(strv_add(&c->extra, *given), 0);
	qemu_merge(c);
}

static void sandbox(void)
{
	static const struct {
		const char *given[6], *want;
		size_t left;
	} rows[] = {
		{ { "-device", "x" }, "on,obsolete=deny", 2 },
		{ { "-sandbox", "off" }, "", 0 },
		{ { "-device", "x", "--sandbox", "off", "-S" }, "", 3 },
		{ { "-sandbox", "on,spawn=allow" }, "on,spawn=allow", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct qemu_config c = plain();
		_cleanup_argv_ struct argv v = { 0 };
		const char *got;

		c.share_command = NULL;

		take(&c, rows[i].given);
		CHECK_INT(c.extra.n, rows[i].left);
		qemu_args(&c, &v);
		CHECK_INT(v.error, 0);
		got = find(&v, "-sandbox", "");
		CHECK(rows[i].want[0] ? str_after(got, rows[i].want) != NULL : !got[0]);
		/* Only one of them. */
		CHECK_INT(!!find(&v, "-sandbox", "resourcecontrol")[0], i == 0);
		strv_free(&c.extra);
	}
}

/* As NixOS's test driver appends them (machine.py). */
static void the_test_drivers(void)
{
	static const char *const given[] = {
		"-monitor", "unix:/m",	     "-chardev",    "socket,id=shell", "-serial",
		"stdio",    "-no-reboot",    "--nographic", "-serial",	       "null",
		"-device",  "virtio-serial", "--serial",    "mon:stdio",       NULL
	};
	struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };

	c.reboot = true;
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i < v.words.n; i++)
		CHECK(!str_eq(v.words.v[i], "-no-reboot"));
	argv_free(&v);
	c.graphics = GRAPHICS_GTK;
	take(&c, given);
	CHECK(!c.reboot && c.console_reads);
	CHECK_INT(c.graphics, GRAPHICS_NONE);
	CHECK_INT(c.extra.n, 8);
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_STR(find(&v, "-monitor", ""), "unix:/m");
	CHECK_STR(find(&v, "-chardev", "shell"), "socket,id=shell");
	CHECK_STR(find(&v, "-device", "virtio-serial"), "virtio-serial-pci,max_ports=2");
	CHECK_STR(find(&v, "-serial", "stdio"), "");
	CHECK_STR(find(&v, "-serial", "null"), "null");
	strv_free(&c.extra);
}

/* What the user's arguments name is passed on, and nothing else. */
static void one_bus(void)
{
	static const struct {
		const char *given[5];
		bool want;
	} rows[] = {
		{ { "-machine", "vmport=off" }, true },
		{ { "-M", "q35,hpet=off" }, true },
		{ { "--machine", "hpet=off,type=q35" }, true },
		{ { "-device", "virtio-net-pci,netdev=x", "-smp", "2" }, true },
		{ { "-netdev", "bridge,id=x" }, true },
		{ { "-machine", "pc" }, false },
		{ { "-M", "microvm,pcie=on" }, false },
		{ { "-machine", "q3" }, false },
		{ { "-machine", "hpet=off,type=pc" }, false },
		{ { "-smp", "2", "--device", "pcie-root-port,id=x" }, false },
		{ { "-device", "{\"driver\":\"pxb-pcie\"}" }, false },
		{ { "-device", "i82801b11-bridge" }, false },
		{ { "-readconfig", "machine.conf" }, false },
	};
	struct qemu_config c = plain();

	CHECK(qemu_one_bus(&c));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		take(&c, rows[i].given);
		CHECK_INT(qemu_one_bus(&c), rows[i].want);
		strv_free(&c.extra);
	}
}

static void named_descriptors(void)
{
	struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };
	const char *const given[] = { "-netdev", "tap,id=x,fd=50", "-add-fd", "fd=51,set=2",
				      "-device", "x,id=gfd=52",	   NULL };
	bool has[64] = { false };

	take(&c, given);
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	for (const int *fd = v.fds; *fd >= 0; fd++)
		has[*fd % 64] = true;
	CHECK(has[50] && has[51] && !has[52]);
	strv_free(&c.extra);
}

/* Where nobody holds the other ends. */
static void by_itself(void)
{
	struct qemu_config c = plain();
	_cleanup_argv_ struct argv v = { 0 };

	c.console_fd = c.report_fd = c.qmp_fd = c.channel_fd = -1;
	c.share_command = NULL;
	qemu_args(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_STR(find(&v, "-serial", ""), "mon:stdio");
	CHECK_STR(find(&v, "-chardev", ""), "");
	CHECK_STR(find(&v, "-mon", ""), "");
	CHECK_STR(find(&v, "-netdev", ""), "user,id=net,restrict=on,ipv6=off");
}

int main(void)
{
	RUN(whole_list);
	RUN(hard_paths);
	RUN(what_differs);
	RUN(other_architectures);
	RUN(sandbox);
	RUN(one_bus);
	RUN(the_test_drivers);
	RUN(named_descriptors);
	RUN(by_itself);
	TEST_END();
}
