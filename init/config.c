/* SPDX-License-Identifier: MIT */
/* config.c - the kernel command line, parsed */
#include "init/config.h"

#include <errno.h>

#include "init/lib/str.h"

enum kind { kind_value, kind_flag };

static const struct {
	const char *word;
	enum kind kind;
} words[] = {
#define PARAM(constant, word, kind, help) { word, kind_##kind },
	PARAM_TABLE(PARAM)
#undef PARAM
};

/* The kernel's own table counts 0xa0 too (lib/ctype.c). */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

/*
 * Cuts the next word out of *p, as next_arg of the kernel's lib/cmdline.c does: quotes around the
 * whole word or right after the first '=' are taken off, others stay. Returns NULL at the end.
 */
static char *next_word(char **p, char **ret_value)
{
	char *s = *p, *value = NULL, *name, *end;
	bool quoted, in_quote;

	while (is_space(*s))
		s++;
	if (*s == '\0')
		return NULL;
	quoted = in_quote = *s == '"';
	if (quoted)
		s++;
	name = s;
	for (; *s && (in_quote || !is_space(*s)); s++) {
		if (*s == '=' && !value && s > name)
			value = s + 1;
		if (*s == '"')
			in_quote = !in_quote;
	}
	end = s;
	*p = *s ? s + 1 : s;
	*end = '\0';
	if (value) {
		value[-1] = '\0';
		if (*value == '"') {
			value++;
			if (end > value && end[-1] == '"')
				end[-1] = '\0';
		}
	}
	if (quoted && end > name && end[-1] == '"')
		end[-1] = '\0';
	*ret_value = value;
	return name;
}

static int set_flag(struct config *c, size_t i, const char *value, struct err *e)
{
	if (value && !str_eq(value, "1") && !str_eq(value, "0"))
		return err_set(e, EINVAL, "%s=%s on the kernel command line: alone, 1 or 0",
			       words[i].word, value);
	c->value[i] = value && value[0] == '0' ? NULL : "1";
	return 0;
}

/* One word. An empty value stands for none. */
static int take_word(struct config *c, const char *name, const char *value, struct err *e)
{
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		if (!str_eq(words[i].word, name))
			continue;
		if (words[i].kind == kind_flag)
			return set_flag(c, i, value, e);
		if (!value && str_after(name, "storeboot."))
			return err_set(e, EINVAL, "%s on the kernel command line needs a value",
				       name);
		if (value)
			c->value[i] = value[0] ? value : NULL;
		return 0;
	}
	if (str_after(name, "storeboot."))
		return err_set(e, EINVAL,
			       "%s on the kernel command line: no such word "
			       "(storeboot-init " STOREBOOT_VERSION ")",
			       name);
	return 0;
}

/* All words up to "--". Goes on after a bad one: what to do on failure may stand behind it. */
static int take_words(struct config *c, struct err *e)
{
	char *p = c->text, *name, *value;
	struct err later;
	int r = 0;

	while ((name = next_word(&p, &value)) && (value || !str_eq(name, "--"))) {
		int err = take_word(c, name, value, r < 0 ? &later : e);

		if (r == 0)
			r = err;
	}
	return r;
}

static int check_path(const struct config *c, enum param which, struct err *e)
{
	const char *value = c->value[which];

	if (value && value[0] != '/')
		return err_set(e, EINVAL, "%s=%s on the kernel command line: not an absolute path",
			       words[which].word, value);
	return 0;
}

static int check_paths(const struct config *c, struct err *e)
{
	static const enum param paths[] = { PARAM_INIT, PARAM_SYSTEM_CONFIG, PARAM_REG_INFO,
					    PARAM_REPORT, PARAM_NIX_STORE };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && r == 0; i++)
		r = check_path(c, paths[i], e);
	return r;
}

/* Returns 0 or -EINVAL. */
static int parse_seconds(const char *s, unsigned int *ret_ms)
{
	unsigned int v = 0;

	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '9' || v > 3600)
			return -EINVAL;
		v = v * 10 + (unsigned int)(*p - '0');
	}
	if (v < 1 || v > 3600)
		return -EINVAL;
	*ret_ms = v * 1000;
	return 0;
}

/* No disk has 2^63 bytes or more (loff_t). Returns 0 or -EINVAL. */
static int parse_bytes(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '9' || v > INT64_MAX / 10 - 1)
			return -EINVAL;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (v == 0)
		return -EINVAL;
	*ret = v;
	return 0;
}

static const struct {
	const char *name, *source;
} shares[SHARE_COUNT] = {
#define SHARE(constant, name, source) { name, source },
	SHARE_TABLE(SHARE)
#undef SHARE
};

/* An image over itself would be no more than the image. Returns 0 or -EINVAL. */
static int parse_share(struct config *c, struct err *e)
{
	const char *name = c->value[PARAM_SHARE] ? c->value[PARAM_SHARE] : shares[SHARE_CIFS].name;
	int i = 0;

	while (i < SHARE_COUNT && !str_eq(shares[i].name, name))
		i++;
	if (i == SHARE_COUNT && !str_eq(name, "none"))
		return err_set(e, EINVAL,
			       "storeboot.share=%s on the kernel command line: cifs, 9p, virtiofs, "
			       "image or none",
			       name);
	c->share = i < SHARE_COUNT ? (enum share_kind)i : SHARE_NONE;
	c->share_source = c->value[PARAM_SHARE_SOURCE];
	c->share_cache = c->value[PARAM_SHARE_CACHE];
	if (!c->share_source && c->share != SHARE_NONE)
		c->share_source = shares[i].source;
	if (c->share_cache && (c->share == SHARE_NONE || c->share == SHARE_IMAGE))
		return err_set(e, EINVAL,
			       "storeboot.share.cache= on the kernel command line: there is no share "
			       "with storeboot.share=%s for the image to lie over",
			       name);
	return 0;
}

/* "24x80". Returns 0 or -EINVAL. */
static int parse_size(const char *s, unsigned short *ret_rows, unsigned short *ret_columns)
{
	unsigned int rows, columns;
	int end = 0;

	if (sscanf(s, "%5ux%5u%n", &rows, &columns, &end) != 2 || s[end] || rows > 65535 ||
	    columns > 65535)
		return -EINVAL;
	*ret_rows = (unsigned short)rows;
	*ret_columns = (unsigned short)columns;
	return 0;
}

/* What is wanted of the channel hangs together. */
static int apply_channel(struct config *c, struct err *e)
{
	const char *size = c->value[PARAM_CONSOLE_SIZE];

	c->no_stage2 = c->value[PARAM_NO_STAGE2];
	if (c->no_stage2 && !c->channel)
		return err_set(e, EINVAL,
			       "storeboot.no-stage2 on the kernel command line needs "
			       "storeboot.channel=, by which the command comes");
	if (size && parse_size(size, &c->console_rows, &c->console_columns) < 0)
		return err_set(e, EINVAL,
			       "storeboot.console.size=%s on the kernel command line: ROWSxCOLUMNS",
			       size);
	return 0;
}

static int parse_writable(struct config *c, struct err *e)
{
	const char *value = c->value[PARAM_WRITABLE];

	c->writable = !value ? WRITABLE_NO : str_eq(value, "disk") ? WRITABLE_DISK : WRITABLE_TMPFS;
	if (c->writable == WRITABLE_TMPFS && !str_eq(value, "tmpfs"))
		return err_set(e, EINVAL,
			       "storeboot.writable-store=%s on the kernel command line: tmpfs or disk", value);
	if (c->writable != WRITABLE_NO && c->share == SHARE_NONE)
		return err_set(e, EINVAL,
			       "storeboot.writable-store=%s on the kernel command line: without a share the "
			       "store is on the root disk, and is written to as it is",
			       value);
	return 0;
}

static const char *or_default(const char *value, const char *fallback)
{
	return value ? value : fallback;
}

static int apply(struct config *c, struct err *e)
{
	const char *deadline = or_default(c->value[PARAM_DEADLINE], "30");
	int r = check_paths(c, e);

	if (r < 0)
		return r;
	r = apply_channel(c, e);
	if (r < 0)
		return r;
	if (c->verify && !c->value[PARAM_REG_INFO])
		return err_set(e, EINVAL, "storeboot.verify on the kernel command line needs regInfo=");
	if (!c->value[PARAM_INIT] && !c->no_stage2)
		return err_set(e, EINVAL,
			       "init= is not on the kernel command line: no stage 2 to go to");
	/* NixOS writes root=fstab for an initrd of systemd's: the disk is said elsewhere. */
	if (c->value[PARAM_ROOT] && str_eq(c->value[PARAM_ROOT], "fstab"))
		c->value[PARAM_ROOT] = NULL;
	c->root = or_default(c->value[PARAM_ROOT], CONFIG_ROOT);
	if (root_is_disk(c) && !str_after(c->root, "/dev/"))
		return err_set(
			e, EINVAL,
			"root=%s on the kernel command line: storeboot takes a device, /dev/..., "
			"or " ROOT_TMPFS,
			c->root);
	r = parse_share(c, e);
	if (r == 0)
		r = parse_writable(c, e);
	if (r < 0)
		return r;
	if (parse_seconds(deadline, &c->deadline_ms) < 0)
		return err_set(
			e, EINVAL,
			"storeboot.deadline=%s on the kernel command line: a number of 1 to 3600",
			deadline);
	if (c->value[PARAM_DISK_SIZE] &&
	    parse_bytes(c->value[PARAM_DISK_SIZE], &c->disk_size) < 0)
		return err_set(e, EINVAL,
			       "storeboot.disk.size=%s on the kernel command line: a number of "
			       "bytes",
			       c->value[PARAM_DISK_SIZE]);
	c->disk_serial = c->value[PARAM_DISK_SERIAL];
	c->disk_zero = c->value[PARAM_DISK_ZERO];
	c->init = c->value[PARAM_INIT];
	c->system_config = c->value[PARAM_SYSTEM_CONFIG];
	c->reg_info = c->value[PARAM_REG_INFO];
	c->rootfstype = or_default(c->value[PARAM_ROOTFSTYPE], "ext3");
	c->report = c->value[PARAM_REPORT];
	c->nix_store = c->value[PARAM_NIX_STORE];
	return 0;
}

int config_parse(const char *cmdline, size_t len, struct config *ret, struct err *e)
{
	bool cut;
	int r;

	*ret = (struct config){ 0 };
	if (len > 0 && cmdline[len - 1] == '\n')
		len--;
	cut = len > CONFIG_CMDLINE_MAX - 1;
	if (cut)
		len = CONFIG_CMDLINE_MAX - 1;
	memcpy(ret->text, cmdline, len);
	r = take_words(ret, e);
	ret->shell_on_fail = ret->value[PARAM_SHELL_ON_FAIL];
	ret->trace = ret->value[PARAM_TRACE];
	ret->debug1 = ret->value[PARAM_DEBUG1];
	ret->channel = ret->value[PARAM_CHANNEL];
	ret->rescue = ret->value[PARAM_RESCUE];
	ret->verify = ret->value[PARAM_VERIFY];
	ret->panic_on_fail = ret->value[PARAM_PANIC_ON_FAIL] || ret->value[PARAM_STAGE1PANIC];
	if (cut)
		return err_set(e, E2BIG, "the kernel command line is longer than %d bytes",
			       CONFIG_CMDLINE_MAX - 1);
	return r < 0 ? r : apply(ret, e);
}
