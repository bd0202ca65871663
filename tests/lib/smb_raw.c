/* SPDX-License-Identifier: MIT */
/*
 * smb_raw.c - asks an SMB1 server for paths as no kernel would: with .., links of the server's, and
 * to write
 *
 * For the guest: static, alone. It logs in to //10.0.2.4/SHARE as a guest would and sends each
 * request of the table as it is; prints "RAW what path: status" with the server's NT status,
 * 00000000 for success. The first request is a control that must succeed.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "smb1.h"

static struct smb1 smb;

static void say(const char *what, const char *path, uint32_t status)
{
	if (status == SMB1_NO_ANSWER) {
		puts("RAW no answer");
		exit(1);
	}
	printf("RAW %s %s: %08x\n", what, path, (unsigned int)status);
}

static uint32_t create(const char *path, uint32_t access, uint32_t how)
{
	return smb1_create(&smb, path, access, how);
}

/* argv: SHARE CONTROL PATH...: all but CONTROL shall be out of reach. */
int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(445) };
	uint32_t status;

	inet_pton(AF_INET, "10.0.2.4", &to.sin_addr);
	smb.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (argc < 3 || connect(smb.fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("RAW connect");
		return 1;
	}
	status = smb1_connect(&smb, argv[1]);
	say("tree", argv[1], status);
	if (status)
		return 0;
	say("control", argv[2], create(argv[2], SMB1_READ, SMB1_OPEN));
	say("write", argv[2], create(argv[2], SMB1_WRITE, SMB1_OPEN));
	say("make", argv[2], create("nix\\store\\intruder", SMB1_WRITE, SMB1_OPEN_IF));
	say("mkdir", argv[2], smb1_path(&smb, SMB1_MKDIR, "nix\\store\\intruder", NULL));
	say("delete", argv[2], smb1_path(&smb, SMB1_DELETE, argv[2], NULL));
	say("rename", argv[2], smb1_path(&smb, SMB1_RENAME, argv[2], "nix\\store\\intruder"));
	for (int i = 3; i < argc; i++)
		say("open", argv[i], create(argv[i], SMB1_READ, SMB1_OPEN));
	return 0;
}
