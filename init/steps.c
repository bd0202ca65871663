/* SPDX-License-Identifier: MIT */
/* steps.c - the steps of stage 1, in order, each with its condition */
#include "init/steps.h"

#include "init/step.h"

static bool wants_share(const struct boot *b)
{
	return b->config.share != SHARE_NONE;
}

static bool wants_writable(const struct boot *b)
{
	return b->config.writable != WRITABLE_NO;
}

static bool wants_etc(const struct boot *b)
{
	return b->config.param.etc && b->config.param.init;
}

static bool wants_nixos(const struct boot *b)
{
	return b->config.param.nixos_init && b->config.param.init;
}

static bool wants_bind(const struct boot *b)
{
	return b->folders.len > 0;
}

static bool wants_report(const struct boot *b)
{
	return b->config.param.report;
}

static bool wants_debug1(const struct boot *b)
{
	return b->config.param.debug1;
}

static bool wants_reginfo(const struct boot *b)
{
	return b->config.param.reg_info;
}

static bool wants_command(const struct boot *b)
{
	return b->config.param.no_stage2;
}

static bool wants_stage2(const struct boot *b)
{
	return !b->config.param.no_stage2;
}

static bool wants_disk(const struct boot *b)
{
	return root_is_disk(&b->config);
}

const struct step steps[] = {
	{ "console", NULL, step_console, 0 },
	{ "config", NULL, step_config, 0 },
	{ "report", wants_report, step_report, STEP_QUIET },
	{ "modules", NULL, step_modules, 0 },
	{ "net", wants_share, step_net, 0 },
	{ "disk", wants_disk, step_disk, 0 },
	{ "root", NULL, step_root, 0 },
	{ "share", wants_share, step_share, 0 },
	{ "writable", wants_writable, step_writable, STEP_QUIET },
	{ "etc", wants_etc, step_etc, STEP_QUIET },
	{ "nixos", wants_nixos, step_nixos, STEP_QUIET },
	{ "bind", wants_bind, step_bind, STEP_QUIET },
	{ "debug1", wants_debug1, step_debug1, STEP_QUIET },
	{ "switch", NULL, step_switch, 0 },
	{ "regInfo", wants_reginfo, step_reginfo, 0 },
	{ "command", wants_command, step_command, STEP_QUIET },
	{ "stage2", wants_stage2, step_stage2, STEP_QUIET },
};

const size_t n_steps = ARRAY_SIZE(steps);
