/* SPDX-License-Identifier: MIT */
/* step.h - the steps of stage 1, for the table in steps.c */
#ifndef STOREBOOT_STEP_H
#define STOREBOOT_STEP_H

#include "init/boot.h"
#include "init/runner.h"

step_fn step_console;
step_fn step_config;
step_fn step_report;
step_fn step_modules;
step_fn step_net;
step_fn step_disk;
step_fn step_root;
step_fn step_share;
step_fn step_writable;
step_fn step_etc;
step_fn step_nixos;
step_fn step_bind;
step_fn step_debug1;
step_fn step_switch;
step_fn step_reginfo;
step_fn step_command;
step_fn step_stage2;

#endif
