/* SPDX-License-Identifier: MIT */
/* config.c - tests of the kernel command line */
#include "init/config.h"

#include <errno.h>

#include "init/lib/str.h"
#include "tests/lib/test.h"

static struct config c;
static struct err e;

static int parse(const char *s)
{
	memset(&c, 0xee, sizeof(c));
	e = (struct err){ 0 };
	return config_parse(s, strlen(s), &c, &e);
}

static void defaults(void)
{
	CHECK_INT(parse("init=/nix/store/x/init\n"), 0);
	CHECK_STR(c.param.init, "/nix/store/x/init");
	CHECK_STR(c.param.root, "/dev/vda");
	CHECK_STR(c.param.rootfstype, "ext3");
	CHECK_INT(c.share, SHARE_CIFS);
	CHECK_STR(c.param.share_source, "//10.0.2.4/qemu");
	CHECK(!c.param.share_cache);
	CHECK(!c.param.system_config && !c.param.reg_info && !c.param.report && !c.param.nix_store);
	CHECK_INT(c.deadline_ms, 30000);
	CHECK(!c.param.disk_serial && c.disk_size == 0 && !c.param.disk_zero);
	CHECK(!c.param.shell_on_fail && !c.param.trace && !c.param.debug1 &&
	      !c.param.panic_on_fail);
}

/* Each share, and what the host calls it where nothing else is said. */
static void shares(void)
{
	static const struct {
		const char *text, *source;
		enum share_kind share;
	} rows[] = {
		{ "init=/i storeboot.share=cifs", "//10.0.2.4/qemu", SHARE_CIFS },
		{ "init=/i storeboot.share=9p", "nix-store", SHARE_9P },
		{ "init=/i storeboot.share=virtiofs", "nix-store", SHARE_VIRTIOFS },
		{ "init=/i storeboot.share=image", "storeboot-store", SHARE_IMAGE },
		{ "init=/i storeboot.share=image storeboot.share.source=s", "s", SHARE_IMAGE },
		{ "init=/i storeboot.share=none", NULL, SHARE_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(parse(rows[i].text), 0);
		CHECK_INT(c.share, rows[i].share);
		CHECK_STR(c.param.share_source ? c.param.share_source : "",
			  rows[i].source ? rows[i].source : "");
	}
}

static void every_word(void)
{
	CHECK_INT(parse("init=/i systemConfig=/s regInfo=/r root=/dev/vdb rootfstype=ext4 "
			"console=ttyS0 "
			"boot.shell_on_fail boot.trace=1 boot.debug1 boot.panic_on_fail "
			"stage1panic=1 "
			"storeboot.share=9p storeboot.share.source=tag "
			"storeboot.share.cache=sb-2 storeboot.writable-store=disk "
			"storeboot.etc=ro storeboot.nixos-init "
			"storeboot.report=/dev/ttyS1 "
			"storeboot.verify storeboot.nix-store=/n storeboot.deadline=3600 "
			"storeboot.disk.serial=sb-1 storeboot.disk.size=536870912 "
			"storeboot.disk.zero=1 storeboot.channel=port storeboot.no-stage2 "
			"storeboot.rescue storeboot.console.size=50x200"),
		  0);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		CHECK(c.param.value[i]);
	CHECK_STR(c.param.system_config, "/s");
	CHECK_STR(c.param.reg_info, "/r");
	CHECK_STR(c.param.root, "/dev/vdb");
	CHECK_STR(c.param.rootfstype, "ext4");
	CHECK_INT(c.share, SHARE_9P);
	CHECK_STR(c.param.share_source, "tag");
	CHECK_STR(c.param.share_cache, "sb-2");
	CHECK_INT(c.writable, WRITABLE_DISK);
	CHECK_STR(c.param.report, "/dev/ttyS1");
	CHECK_STR(c.param.nix_store, "/n");
	CHECK_INT(c.deadline_ms, 3600000);
	CHECK_STR(c.param.disk_serial, "sb-1");
	CHECK_INT(c.disk_size, 512 << 20);
	CHECK(c.param.disk_zero);
	CHECK(c.param.shell_on_fail && c.param.trace && c.param.debug1 && c.param.panic_on_fail);
	CHECK_STR(c.param.channel, "port");
	CHECK(c.param.verify && c.param.no_stage2 && c.param.rescue && c.console_rows == 50 &&
	      c.console_columns == 200);
}

/* Each as the kernel's next_arg() takes it. */
static void quotes(void)
{
	static const struct {
		const char *text, *init;
	} rows[] = {
		{ "init=\"/a b\"", "/a b" },
		{ "\"init=/a b\"", "/a b" },
		{ "init=/a\"b c\"d", "/a\"b c\"d" },
		{ "init=\"/a", "/a" },
		{ "\"init=/a", "/a" },
		{ "init=/a=b", "/a=b" },
		{ "\tinit=/a\v", "/a" },
		{ "init=/a\xa0x", "/a" },
		{ "init=\"/a\"b", "/a\"b" },
		{ "=init=/x init=/a", "/a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(parse(rows[i].text), 0);
		CHECK_STR(c.param.init, rows[i].init);
	}
	CHECK_INT(parse("init=/a foo=\"x init=/b\""), 0);
	CHECK_STR(c.param.init, "/a");
	CHECK_INT(parse("init=\""), -EINVAL);
	CHECK_INT(parse("\""), -EINVAL);
}

static void last_word_counts(void)
{
	CHECK_INT(parse("init=/a init=/b regInfo=/r regInfo= boot.trace boot.trace=0 root=/dev/vdc "
			"root=fstab"),
		  0);
	CHECK_STR(c.param.init, "/b");
	CHECK(!c.param.reg_info);
	CHECK(!c.param.trace);
	CHECK_STR(c.param.root, "/dev/vda");
}

static void dashes_end_it(void)
{
	CHECK_INT(parse("init=/a -- init=/b storeboot.nonsense boot.trace"), 0);
	CHECK_STR(c.param.init, "/a");
	CHECK(!c.param.trace);
	CHECK_INT(parse("init=/a --=x boot.trace"), 0);
	CHECK(c.param.trace);
	CHECK_INT(parse("-- init=/a"), -EINVAL);
}

static void unknown_words_are_left(void)
{
	CHECK_INT(parse("quiet loglevel=4 init=/a initx=/b xinit=/c boot.tracer foo"), 0);
	CHECK_STR(c.param.init, "/a");
	CHECK(!c.param.trace);
}

static void bad_values(void)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "", "init=" },
		{ "quiet", "init=" },
		{ "init=", "init=" },
		{ "init", "init=" },
		{ "init=sbin/init", "init=sbin/init" },
		{ "init=/a regInfo=r", "regInfo=r" },
		{ "init=/a systemConfig=s", "systemConfig=s" },
		{ "init=/a root=LABEL=nixos", "root=LABEL=nixos" },
		{ "init=/a storeboot.share=9q", "storeboot.share=9q" },
		{ "init=/a storeboot.verify",
		  "storeboot.verify on the kernel command line needs regInfo=" },
		{ "init=/a storeboot.writable-store=yes", "storeboot.writable-store=yes" },
		{ "init=/a storeboot.etc=rx", "storeboot.etc=rx" },
		{ "init=/a storeboot.share=none storeboot.writable-store=tmpfs",
		  "without a share" },
		{ "init=/a storeboot.share=image storeboot.share.cache=x",
		  "storeboot.share=image for the" },
		{ "init=/a storeboot.share=none storeboot.share.cache=x",
		  "storeboot.share=none for the" },
		{ "init=/a storeboot.deadline=0", "storeboot.deadline=0" },
		{ "init=/a storeboot.deadline=3601", "storeboot.deadline=3601" },
		{ "init=/a storeboot.deadline=99999999999999999999", "1 to 3600" },
		{ "init=/a storeboot.deadline=3s", "1 to 3600" },
		{ "init=/a storeboot.deadline", "needs a value" },
		{ "init=/a storeboot.sahre=none", "storeboot.sahre" },
		{ "init=/a storeboot.", "storeboot." },
		{ "init=/a storeboot.report=ttyS1", "storeboot.report=ttyS1" },
		{ "init=/a boot.trace=yes", "boot.trace=yes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(parse(rows[i].text), -EINVAL);
		CHECK_HAS(e.text, rows[i].part);
		CHECK_INT(e.num, EINVAL);
	}
}

static void failure_policy_is_known_behind_a_bad_word(void)
{
	CHECK_INT(
		parse("init=/a storeboot.typo boot.shell_on_fail storeboot.other=1 stage1panic=1"),
		-EINVAL);
	CHECK_HAS(e.text, "storeboot.typo");
	CHECK(c.param.shell_on_fail && c.param.panic_on_fail);
}

static void length(void)
{
	static char s[CONFIG_CMDLINE_MAX + 2];

	memset(s, ' ', sizeof(s));
	memcpy(s, "init=/a boot.panic_on_fail", 26);
	memcpy(s + CONFIG_CMDLINE_MAX - 1 - 10, "boot.trace", 10);
	CHECK_INT(config_parse(s, CONFIG_CMDLINE_MAX - 1, &c, &e), 0);
	CHECK(c.param.trace);
	s[CONFIG_CMDLINE_MAX - 1] = '\n';
	CHECK_INT(config_parse(s, CONFIG_CMDLINE_MAX, &c, &e), 0);
	s[CONFIG_CMDLINE_MAX - 1] = 'x';
	CHECK_INT(config_parse(s, CONFIG_CMDLINE_MAX, &c, &e), -E2BIG);
	CHECK(c.param.panic_on_fail);
	CHECK_INT(e.num, E2BIG);
}

static void a_nul_ends_it(void)
{
	static const char s[] = "init=/a\0 boot.trace";

	CHECK_INT(config_parse(s, sizeof(s) - 1, &c, &e), 0);
	CHECK_STR(c.param.init, "/a");
	CHECK(!c.param.trace);
}

int main(void)
{
	RUN(defaults);
	RUN(shares);
	RUN(every_word);
	RUN(quotes);
	RUN(last_word_counts);
	RUN(dashes_end_it);
	RUN(unknown_words_are_left);
	RUN(bad_values);
	RUN(failure_policy_is_known_behind_a_bad_word);
	RUN(length);
	RUN(a_nul_ends_it);
	TEST_END();
}
