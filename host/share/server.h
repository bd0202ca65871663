/* SPDX-License-Identifier: MIT */
/* server.h - a file server's process: from its start to bwrap */
#ifndef STOREBOOT_HOST_SERVER_H
#define STOREBOOT_HOST_SERVER_H

#include "init/lib/str.h"

/* The command's file in the private folder. A server whose stderr is a connection writes why it did
 * not start to the other file. */
#define SERVER_FILE "share-server"
#define SERVER_LOG SERVER_FILE ".log"

/*
 * `storeboot share-server PID FILE [FD]`: waits until PID has adopted this process, asks to be
 * killed with it, and executes the NUL-separated words of FILE, a command of bwrap's. A socket as
 * stdin is the server's connection; stdout and stderr become /dev/null then, and our reasons go to
 * SERVER_LOG. QEMU's network starts its servers through a parent that ends at once; a server that
 * asked for PR_SET_PDEATHSIG before that would die with it. FD: the number in PID of closure_tree_make's descriptor; the tree is then
 * attached at EXPOSED_STORE.
 */
int cmd_share_server(int argc, char **argv);

/* Appends those words, "share-server" and after it, for a command in the file; ns: of
 * closure_tree_make, or -1. Returns 0 or -ENOMEM. */
_must_check_ int server_words(const char *file, int ns, struct strv *ret);

#endif
