/* SPDX-License-Identifier: MIT */
/*
 * bind.c - fuzz target: --bind; the guest reads from the list of folders what the host has parsed,
 * and smb.conf has one section for each folder, whatever their paths are
 *
 * Each line of the input is one --bind.
 */
#include "host/share/cifs.h"
#include "host/share/shared_folder.h"

#include <stdint.h>
#include <stdlib.h>

/* The guest's parser; stage 1 has it in another archive, with the same names. */
#define shared_folder guest_folder
#define shared_folder_next guest_folder_next
#define share_rows guest_share_rows
#include "init/config.c"
#include "init/shared_folder.c"
#undef shared_folder
#undef shared_folder_next
#undef share_rows

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_lines(const struct shared_folders *b, enum share_kind kind)
{
	_cleanup_buf_ struct buf lines = { 0 };
	struct guest_folder g;
	const char *text;
	size_t len;

	require(shared_folders_lines(b, kind, &lines) == 0);
	text = lines.data ? lines.data : "";
	len = lines.len;
	for (size_t i = 0; i < b->n; i++) {
		const struct shared_folder *f = &b->v[i];

		require(guest_folder_next(&text, &len, &g) == 1);
		require(g.kind == kind && str_eq(g.path, f->guest) && g.read_only == f->read_only);
		require(strtoul(g.owner.uid, NULL, 10) == (f->owned ? f->uid : 0));
		require(strtoul(g.owner.gid, NULL, 10) == (f->owned ? f->gid : 0));
	}
	require(guest_folder_next(&text, &len, &g) == 0);
}

/* A path in smb.conf is one of ours, and a section is one that we have begun (smb.conf(5)). */
static void check_conf(const struct shared_folders *b)
{
	_cleanup_buf_ struct buf conf = { 0 };
	size_t sections = 0, paths = 0;
	char *save = NULL, want[64];

	require(smb_conf(b, &conf) == 0);
	for (char *l = strtok_r(conf.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (l[0] == '[') {
			snprintf(want, sizeof(want), "[" SHARED_FOLDER_TAG "]", sections - 2);
			require(str_eq(l, sections == 0 ? "[global]" :
					  sections == 1 ? "[qemu]" :
							  want));
			sections++;
		} else if (str_after(l, "path = ")) {
			snprintf(want, sizeof(want), "path = /bind/%zu", paths - 1);
			require(str_eq(l, paths == 0 ? "path = /export" : want));
			paths++;
		} else if (str_after(l, "read only = ") && sections > 2) {
			require(str_eq(l + 12, b->v[sections - 3].read_only ? "yes" : "no"));
		}
	}
	require(sections == 2 + b->n && paths == 1 + b->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shared_folder v[SHARED_FOLDERS_MAX];
	struct shared_folders b = { .v = v };
	char *text = strndup((const char *)data, size), *save = NULL;

	require(text != NULL);
	for (char *l = strtok_r(text, "\n", &save); l && b.n < SHARED_FOLDERS_MAX;
	     l = strtok_r(NULL, "\n", &save)) {
		struct err e = { 0 };

		v[b.n] = (struct shared_folder){ 0 };
		if (shared_folder_parse(l, &v[b.n], &e) == 0)
			b.n++;
		else
			require(e.num != 0);
	}
	check_lines(&b, SHARE_CIFS);
	check_conf(&b);
	for (size_t i = 0; i < b.n; i++)
		v[i].owned = false;
	check_lines(&b, SHARE_9P);
	check_lines(&b, SHARE_VIRTIOFS);
	free(text);
	return 0;
}
