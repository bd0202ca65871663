/* SPDX-License-Identifier: MIT */
/* console.h - the guest's first serial port on our stdin and stdout */
#ifndef STOREBOOT_HOST_CONSOLE_H
#define STOREBOOT_HOST_CONSOLE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "host/terminal/escapes.h"
#include "host/terminal/terminal.h"
#include "host/vm/console_log.h"
#include "init/lib/err.h"

#define CONSOLE_TAIL 16384

struct console {
	int fd;		  /* our end of QEMU's serial port; -1 after its end */
	bool interactive; /* stdin and stdout are a terminal, and what is typed goes to the guest */
	bool muted;	  /* stdout is for something else */
	struct terminal terminal;
	bool filtered; /* only what escapes_filter passes is written to stdout */
	struct escapes escapes;
	int out_error;	/* the errno of a failed write to stdout: no more is written; or 0 */
	char out[4096]; /* read from the guest, not yet written */
	size_t out_at, out_len;
	char in[4096]; /* typed, not yet sent */
	size_t in_len;
	struct console_log *log; /* what the guest said goes there too; NULL: nowhere */
	void (*said)(const char *data, size_t len, void *arg); /* and there; or NULL */
	void *said_arg;
	char tail[CONSOLE_TAIL]; /* the end of what the guest said, with a NUL */
	size_t tail_len;
};

/* Where each descriptor stands in console_polls's and console_serve's array. */
enum { CONSOLE_GUEST, CONSOLE_IN, CONSOLE_OUT, CONSOLE_POLLS };

/* Notes whether stdin and stdout are a terminal whose keys are the guest's, and its modes. */
void console_look(struct console *c);

/*
 * After console_look: takes fd over and puts the terminal, if there is one, into raw mode: every
 * key goes to the guest but the escape key, Ctrl-a: then x ends QEMU, and a second Ctrl-a sends
 * one.
 */
void console_open(struct console *c, int fd);

/* Says what to wait for. A slow reader of our stdout only stops the guest's output. */
void console_polls(const struct console *c, struct pollfd *fds);

/* Moves what there is, after poll(2). */
void console_serve(struct console *c, const struct pollfd *fds);

/* Keys for the guest. Returns how many of them there is room for. */
size_t console_type(struct console *c, const char *keys, size_t n);

/* Writes what is left, if stdout takes it in time, and restores the terminal. */
void console_close(struct console *c);

#endif
