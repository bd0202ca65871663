/* SPDX-License-Identifier: MIT */
/* config.c - the kernel command line, parsed */
#include "init/config.h"

#include <errno.h>

#include "init/lib/str.h"

enum kind { kind_value, kind_path, kind_flag };

static const struct {
	const char *word;
	enum kind kind;
} words[] = {
#define PARAM(constant, field, word, kind, help) { word, kind_##kind },
	PARAM_TABLE(PARAM)
#undef PARAM
};

/* As the kernel's table (lib/ctype.c), which includes 0xa0. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

/* Takes the next word off *p, as the kernel's next_arg does (lib/cmdline.c): removes quotes around
 * the whole word or right after the first '=', and keeps others. Returns NULL at the end. */
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
	c->param.value[i] = value && value[0] == '0' ? NULL : "1";
	return 0;
}

/* Stores one parameter. An empty value means that it is absent. */
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
			c->param.value[i] = value[0] ? value : NULL;
		return 0;
	}
	if (str_after(name, "storeboot."))
		return err_set(e, EINVAL,
			       "%s on the kernel command line: no such word "
			       "(storeboot-init " STOREBOOT_VERSION ")",
			       name);
	return 0;
}

/* Stores all parameters up to "--". Continues after an error: failure options may follow. */
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

static int check_paths(struct config *c, struct err *e)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (words[i].kind == kind_path && c->param.value[i] && c->param.value[i][0] != '/')
			return err_set(e, EINVAL,
				       "%s=%s on the kernel command line: not an absolute path",
				       words[i].word, c->param.value[i]);
	return 0;
}

/* Seconds, 1 to 3600. Returns 0 or -EINVAL. */
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

/* A disk size must be below 2^63 (loff_t). Returns 0 or -EINVAL. */
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

SHARE_ROWS_DEFINITION;

int share_kind_of(const char *name, size_t len)
{
	int i = 0;

	while (i < SHARE_COUNT &&
	       (strlen(share_rows[i].name) != len || memcmp(share_rows[i].name, name, len) != 0))
		i++;
	return i;
}

/* Also rejects an image over the image itself. Returns 0 or -EINVAL. */
static int parse_share(struct config *c, struct err *e)
{
	const char *name = c->param.share ? c->param.share : share_rows[SHARE_CIFS].name;
	int i = share_kind_of(name, strlen(name));

	if (i == SHARE_COUNT && !str_eq(name, "none"))
		return err_set(e, EINVAL,
			       "storeboot.share=%s on the kernel command line: " SHARE_NAMES
			       "or none",
			       name);
	c->share = i < SHARE_COUNT ? (enum share_kind)i : SHARE_NONE;
	if (!c->param.share_source && c->share != SHARE_NONE)
		c->param.share_source = share_rows[i].source;
	if (c->param.share_cache && (c->share == SHARE_NONE || c->share == SHARE_IMAGE))
		return err_set(
			e, EINVAL,
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

static int check_channel(struct config *c, struct err *e)
{
	const char *size = c->param.console_size;

	if (c->param.no_stage2 && !c->param.channel)
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
	const char *value = c->param.writable;

	c->writable = !value ? WRITABLE_NO : str_eq(value, "disk") ? WRITABLE_DISK : WRITABLE_TMPFS;
	if (c->writable == WRITABLE_TMPFS && !str_eq(value, "tmpfs"))
		return err_set(
			e, EINVAL,
			"storeboot.writable-store=%s on the kernel command line: tmpfs or disk",
			value);
	if (c->writable != WRITABLE_NO && c->share == SHARE_NONE)
		return err_set(
			e, EINVAL,
			"storeboot.writable-store=%s on the kernel command line: without a share the "
			"store is on the root disk, and is written to as it is",
			value);
	return 0;
}

static int check_etc(struct config *c, struct err *e)
{
	const char *value = c->param.etc;

	return !value || str_eq(value, "rw") || str_eq(value, "ro") ?
		       0 :
		       err_set(e, EINVAL, "storeboot.etc=%s on the kernel command line: rw or ro",
			       value);
}

static int parse_root(struct config *c, struct err *e)
{
	/* NixOS passes root=fstab to a systemd initrd; it names no disk. */
	if (!c->param.root || str_eq(c->param.root, "fstab"))
		c->param.root = CONFIG_ROOT;
	if (!c->param.rootfstype)
		c->param.rootfstype = "ext3";
	if (root_is_disk(c) && !str_after(c->param.root, "/dev/"))
		return err_set(e, EINVAL,
			       "root=%s on the kernel command line: storeboot takes a device, "
			       "/dev/..., or " ROOT_TMPFS,
			       c->param.root);
	if (c->param.disk_size && parse_bytes(c->param.disk_size, &c->disk_size) < 0)
		return err_set(e, EINVAL,
			       "storeboot.disk.size=%s on the kernel command line: a number of "
			       "bytes",
			       c->param.disk_size);
	return 0;
}

static int check_stage2(struct config *c, struct err *e)
{
	if (c->param.verify && !c->param.reg_info)
		return err_set(e, EINVAL,
			       "storeboot.verify on the kernel command line needs regInfo=");
	if (!c->param.init && !c->param.no_stage2)
		return err_set(e, EINVAL,
			       "init= is not on the kernel command line: no stage 2 to go to");
	return 0;
}

static int parse_deadline(struct config *c, struct err *e)
{
	const char *deadline = c->param.deadline ? c->param.deadline : "30";

	if (parse_seconds(deadline, &c->deadline_ms) < 0)
		return err_set(e, EINVAL,
			       "storeboot.deadline=%s on the kernel command line: a number of 1 to "
			       "3600",
			       deadline);
	return 0;
}

static int apply(struct config *c, struct err *e)
{
	static int (*const parts[])(struct config * c, struct err * e) = {
		check_paths, check_channel,  check_stage2,   parse_root,
		parse_share, parse_writable, parse_deadline, check_etc,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](c, e);
	return r;
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
	if (!ret->param.panic_on_fail)
		ret->param.panic_on_fail = ret->param.stage1panic;
	if (cut)
		return err_set(e, E2BIG, "the kernel command line is longer than %d bytes",
			       CONFIG_CMDLINE_MAX - 1);
	return r < 0 ? r : apply(ret, e);
}
