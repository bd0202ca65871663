/* SPDX-License-Identifier: MIT */
/* steps.h - the steps of stage 1, in order */
#ifndef STOREBOOT_STEPS_H
#define STOREBOOT_STEPS_H

#include "init/runner.h"

extern const struct step steps[];
extern const size_t n_steps;

#endif
