/* SPDX-License-Identifier: MIT */
/*
 * param.h - the kernel parameters: the contract between host and guest
 *
 * Each parameter is defined once, here. The host fills union param_values and host/run/cmdline.c
 * writes it; init/config.c parses the command line into the same union. `make lint` checks
 * storeboot-init(8) against the table.
 *
 * PARAM(constant, field, word, kind, help). kind: value (word=TEXT), path (an absolute path), flag
 * (word alone, or word=1).
 */
#ifndef STOREBOOT_PARAM_H
#define STOREBOOT_PARAM_H

#define PARAM_TABLE(PARAM) \
	PARAM(INIT, init, "init", path, \
	      "stage 2: the program that becomes PID 1, a path in the new root") \
	PARAM(SYSTEM_CONFIG, system_config, "systemConfig", path, \
	      "the system's store path; stage 2 gets it in its environment") \
	PARAM(REG_INFO, reg_info, "regInfo", path, \
	      "the closure's registration, loaded into the guest's Nix database") \
	PARAM(VERIFY, verify, "storeboot.verify", flag, \
	      "after regInfo=, check what each path holds; one without a hash gets its own") \
	PARAM(ROOT, root, "root", value, \
	      "the root disk (default /dev/vda), or tmpfs: memory, no disk") \
	PARAM(DISK_SERIAL, disk_serial, "storeboot.disk.serial", value, \
	      "the root disk's serial; a disk with another one is left alone") \
	PARAM(DISK_SIZE, disk_size, "storeboot.disk.size", value, \
	      "the root disk's bytes; one of another size is not formatted") \
	PARAM(DISK_ZERO, disk_zero, "storeboot.disk.zero", flag, \
	      "the host's word that the disk reads as zeroes; it is then not read in full") \
	PARAM(ROOTFSTYPE, rootfstype, "rootfstype", value, \
	      "the root disk's file system (default ext3)") \
	PARAM(CONSOLE, console, "console", value, \
	      "the kernel's; stage 1 writes its last words to every console") \
	PARAM(SHELL_ON_FAIL, shell_on_fail, "boot.shell_on_fail", flag, \
	      "on failure, a shell from the system's closure, if it can be reached") \
	PARAM(TRACE, trace, "boot.trace", flag, "show what each step does, not only its outcome") \
	PARAM(DEBUG1, debug1, "boot.debug1", flag, \
	      "stop before the switch to the new root, in a shell of the closure; its end goes on") \
	PARAM(PANIC_ON_FAIL, panic_on_fail, "boot.panic_on_fail", flag, \
	      "on failure, exit: the kernel panics") \
	PARAM(STAGE1PANIC, stage1panic, "stage1panic", flag, "the same, NixOS's other name") \
	PARAM(SHARE, share, "storeboot.share", value, \
	      "how the store comes: cifs (default), 9p, virtiofs, image; none: it is on the root disk") \
	PARAM(SHARE_SOURCE, share_source, "storeboot.share.source", value, \
	      "what the host calls it: //ADDRESS/SHARE, a mount tag, or the serial of the image's disk") \
	PARAM(SHARE_CACHE, share_cache, "storeboot.share.cache", value, \
	      "the serial of a disk with the closure's image, which then lies over the share") \
	PARAM(WRITABLE, writable, "storeboot.writable-store", value, \
	      "where what is written to the store goes: tmpfs, memory, or disk, the root disk") \
	PARAM(ETC, etc, "storeboot.etc", value, \
	      "mount the overlay on /etc that the system's boot.json names: rw or ro") \
	PARAM(NIXOS_INIT, nixos_init, "storeboot.nixos-init", flag, \
	      "prepare the root as the system's boot.json says, for a stage 2 that is systemd itself") \
	PARAM(REPORT, report, "storeboot.report", path, \
	      "the character device that gets one record a step") \
	PARAM(CHANNEL, channel, "storeboot.channel", value, \
	      "the virtio-serial port by which the host runs commands here, by its name") \
	PARAM(NO_STAGE2, no_stage2, "storeboot.no-stage2", flag, \
	      "the host's command runs in place of stage 2, as a child of storeboot-init") \
	PARAM(RESCUE, rescue, "storeboot.rescue", flag, \
	      "on failure, a shell for the host by the channel, and the step can be tried again") \
	PARAM(CONSOLE_SIZE, console_size, "storeboot.console.size", value, \
	      "the size of the console's terminal, ROWSxCOLUMNS") \
	PARAM(NIX_STORE, nix_store, "storeboot.nix-store", path, \
	      "the nix-store program (default $systemConfig/sw/bin/nix-store)") \
	PARAM(DEADLINE, deadline, "storeboot.deadline", value, \
	      "seconds that a step waits for a device or a server (default 30)")

enum param {
#define PARAM(constant, field, word, kind, help) PARAM_##constant,
	PARAM_TABLE(PARAM)
#undef PARAM
		PARAM_COUNT
};

/* The values, by name and by number: the host fills them, the guest reads them. NULL: the parameter
 * is absent. A flag's value is "1". */
union param_values {
	struct {
#define PARAM(constant, field, word, kind, help) const char *field;
		PARAM_TABLE(PARAM)
#undef PARAM
	};
	const char *value[PARAM_COUNT];
};

/*
 * The shares, which bring the store and the shared folders, for both sides. SHARE(constant, name,
 * source, flags). name: as in storeboot.share= and --share. source: the default of
 * storeboot.share.source=. The part after its last slash is for the store; for a shared folder a
 * tag replaces it. flags: of enum share_flag.
 *
 * The host's side of a share is share_ops_NAME (host/share/ops.h); the guest's side is a row in
 * init/share.c. Its modules have the need of the same name (host/initrd/need.c).
 */
#define SHARE_TABLE(SHARE) \
	SHARE(CIFS, cifs, "//10.0.2.4/qemu", SHARE_FOLDERS | SHARE_OWNER | SHARE_NETWORK) \
	SHARE(9P, 9p, "nix-store", SHARE_FOLDERS) \
	SHARE(VIRTIOFS, virtiofs, "nix-store", SHARE_FOLDERS) \
	SHARE(IMAGE, image, "storeboot-store", 0)

enum share_kind {
	SHARE_NONE = -1,
#define SHARE(constant, name, source, flags) SHARE_##constant,
	SHARE_TABLE(SHARE)
#undef SHARE
		SHARE_COUNT
};

enum share_flag {
	SHARE_FOLDERS = 1, /* can bring shared folders */
	SHARE_OWNER = 2,   /* can set their owner in the guest */
	SHARE_NETWORK = 4, /* needs the network */
};

/* Indexed by enum share_kind. Each program defines the array with SHARE_ROWS_DEFINITION. */
struct share_row {
	const char *name, *source;
	unsigned int flags;
};
extern const struct share_row share_rows[];

/* The names, each followed by a comma and a space. */
#define SHARE_LISTED(constant, name, source, flags) #name ", "
#define SHARE_NAMES SHARE_TABLE(SHARE_LISTED)

#define SHARE_ROW(constant, name, source, flags) [SHARE_##constant] = { #name, source, flags },
#define SHARE_ROWS_DEFINITION const struct share_row share_rows[] = { SHARE_TABLE(SHARE_ROW) }

/*
 * The file in the initramfs that lists the shared folders, whose paths are too long for a command
 * line. One line per folder, in mount order:
 *
 *	SHARE ro|rw[,uid=UID,gid=GID] SOURCE PATH
 *
 * SHARE: a name of SHARE_TABLE with SHARE_FOLDERS. UID, GID: the owner of all files in the guest,
 * only with SHARE_OWNER. SOURCE: as storeboot.share.source=. PATH: the mount point in the guest, up
 * to the end of the line.
 */
#define SHARED_FOLDERS_FILE "binds"

#endif
