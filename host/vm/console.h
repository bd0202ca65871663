/* SPDX-License-Identifier: MIT */
/* console.h - the guest's first serial port on our stdin and stdout */
#ifndef STOREBOOT_HOST_CONSOLE_H
#define STOREBOOT_HOST_CONSOLE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "host/lib/escapes.h"
#include "host/terminal/terminal.h"
#include "host/vm/console_log.h"
#include "init/lib/err.h"

#define CONSOLE_TAIL 16384

struct console {
	int fd;		  /* our end of QEMU's serial port; -1: closed */
	bool interactive; /* stdin and stdout are a terminal whose keys go to the guest */
	bool reads;	  /* stdin is no terminal, and all of it goes to the guest */
	bool muted;	  /* nothing is written: stdout has another use */
	struct terminal terminal;
	bool filtered; /* the VM's setting (terminal_output) */
	struct escapes escapes;
	int out_error;	/* errno of a failed write to stdout, which ends the output; or 0 */
	char out[4096]; /* read from the guest, not yet written */
	size_t out_at, out_len;
	char in[4096]; /* typed, not yet sent */
	size_t in_len;
	struct console_log *log; /* copies the output to a file; NULL: none */
	void (*said)(const char *data, size_t len, void *arg); /* called with the output; or NULL */
	void *said_arg;
	char tail[CONSOLE_TAIL]; /* the end of the output, with a NUL */
	size_t tail_len;
};

/* Indices into the array of console_polls and console_serve. */
enum { CONSOLE_GUEST, CONSOLE_IN, CONSOLE_OUT, CONSOLE_POLLS };

/* Notes whether stdin and stdout are a terminal whose keys can be the guest's. */
void console_look(struct console *c);

/* Call after console_look. Takes fd over. Puts the terminal, if there is one, into raw mode: every
 * key goes to the guest except the escape key, Ctrl-a. Ctrl-a x ends QEMU, Ctrl-a Ctrl-a sends one
 * Ctrl-a. */
void console_open(struct console *c, int fd);

/* Fills in fds for poll(2). A slow reader of stdout holds up only the guest's output. */
void console_polls(const struct console *c, struct pollfd *fds);

/* Reads and writes, after poll(2). */
void console_serve(struct console *c, const struct pollfd *fds);

/* Queues keys for the guest. Returns how many fit. */
size_t console_type(struct console *c, const char *keys, size_t n);

/* Writes the rest of the output, for at most 5 s, and restores the terminal. */
void console_close(struct console *c);

#endif
