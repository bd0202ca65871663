/* SPDX-License-Identifier: MIT */
/* server.h - a file server's process: from its start to bwrap */
#ifndef STOREBOOT_HOST_SERVER_H
#define STOREBOOT_HOST_SERVER_H

#include "host/lib/argv.h"
#include "init/lib/err.h"

/* The command's file in the private folder. A server whose stderr is a connection writes why it did
 * not start to the other file. */
#define SERVER_FILE "share-server"
#define SERVER_LOG SERVER_FILE ".log"

/*
 * `storeboot share-server PID FILE [FD]`: waits until PID has adopted this process, asks to be
 * killed with it, and executes the NUL-separated words of FILE, a command of bwrap's. A socket as
 * stdin is the server's connection; stdout and stderr become /dev/null then, and our reasons go to
 * SERVER_LOG. QEMU's network starts its servers through a parent that ends at once; a server that
 * asked for PR_SET_PDEATHSIG before that would die with it. FD: the number in PID of
 * closure_tree_make's descriptor; the tree is then attached at EXPOSED_STORE.
 */
int cmd_share_server(int argc, char **argv);

/*
 * The command by which the server argv starts, in ret. argv itself lies in a file of the private
 * folder: QEMU's option then has nothing in it that could be misread. self: this program; tree: of
 * closure_tree_make, or -1. Returns 0 or -errno with e.
 */
_must_check_ int server_command(const struct argv *argv, const char *folder, const char *self,
				int tree, struct argv *ret, struct err *e);

#endif
