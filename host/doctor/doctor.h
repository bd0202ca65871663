/* SPDX-License-Identifier: MIT */
/* doctor.h - `storeboot doctor`: what this host has and lacks, and the command that fixes it */
#ifndef STOREBOOT_HOST_DOCTOR_DOCTOR_H
#define STOREBOOT_HOST_DOCTOR_DOCTOR_H

/* argv[0] is "doctor". Returns the exit status: EXIT_OK, or EXIT_MISSING if a run would fail. */
int cmd_doctor(int argc, char **argv);

#endif
