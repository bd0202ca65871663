/* SPDX-License-Identifier: MIT */
/* server.h - a file server's process, from its start to bwrap */
#ifndef STOREBOOT_HOST_SERVER_H
#define STOREBOOT_HOST_SERVER_H

#include "host/lib/argv.h"
#include "init/lib/err.h"

/* Files of the private folder: the server's command; and the reasons why a server did not start,
 * if its stderr is a connection. */
#define SERVER_FILE "share-server"
#define SERVER_LOG SERVER_FILE ".log"

/*
 * `storeboot share-server PID FILE TREE [FD]...`, internal: waits until PID has adopted this
 * process, arranges to be killed when PID ends, and executes the NUL-separated words of FILE, a
 * bwrap command. If stdin is a socket, it is the server's connection: stdout and stderr become
 * /dev/null, and our own messages go to SERVER_LOG. TREE: the number, in PID, of
 * closure_tree_make's descriptor; the tree is then attached at EXPOSED_STORE; "-": none. FD:
 * descriptors of PID that the command gets under the same numbers.
 *
 * The wait is needed because QEMU's network starts servers through a parent that exits at once: a
 * server that set PR_SET_PDEATHSIG before that would die with it.
 */
int cmd_share_server(int argc, char **argv);

/* Builds in ret the command that starts the server argv, with argv's descriptors. argv itself goes
 * to a file of the private folder, so that nothing in it can be misread in QEMU's option. self:
 * path of this program. tree: descriptor of closure_tree_make, or -1. Returns 0 or -errno with e.
 */
_must_check_ int server_command(const struct argv *argv, const char *folder, const char *self,
				int tree, struct argv *ret, struct err *e);

#endif
