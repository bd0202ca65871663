/* SPDX-License-Identifier: MIT */
/* doctor.h - `storeboot doctor`: what this host has, lacks, and the command that mends it */
#ifndef STOREBOOT_HOST_DOCTOR_DOCTOR_H
#define STOREBOOT_HOST_DOCTOR_DOCTOR_H

/* argv[0] is "doctor". Returns the exit status: EXIT_OK, or EXIT_MISSING where a run would fail. */
int cmd_doctor(int argc, char **argv);

#endif
