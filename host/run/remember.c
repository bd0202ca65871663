/* SPDX-License-Identifier: MIT */
/*
 * remember.c - the system that the root disk booted last, and messages if it is another
 *
 * A rebuilt system keeps its name and finds its own files on its disk. A system of another name
 * finds foreign files and a foreign Nix database: most often the image is the wrong one.
 */
#include "host/run/remember.h"

#include <errno.h>
#include <unistd.h>

#include "host/disk/booted.h"
#include "init/lib/log.h"

/* A file system without attributes cannot record it: reported once, when the image is made. After
 * another error the old record stays, and the next run would report it. */
static void tell_forgotten(const struct image *i, int r)
{
	if (r == -EOPNOTSUPP && i->made)
		log_info(
			"%s will not remember which system it booted: no extended attribute can be "
			"set there",
			i->path);
	else if (r != -EOPNOTSUPP)
		log_warning("%s: cannot remember which system it boots: %s", i->path, strerror(-r));
}

static void store(const struct disk *root, const struct booted *b)
{
	int r = root->request.ephemeral ? 0 : booted_write(root->image.fd, b);

	if (r < 0)
		tell_forgotten(&root->image, r);
}

void remember_other_disk(const struct image *i, const char *name, const char *own_name)
{
	const char *file = strrchr(i->path, '/');
	char path[PATH_MAX], other[PATH_MAX];
	int folder = file ? (int)(file - i->path) : 0;

	if (!i->made || str_eq(name, own_name) ||
	    str_format(path, sizeof(path), "%.*s/%s.qcow2", folder, i->path, name) < 0 ||
	    str_format(other, sizeof(other), "%.*s/%s.qcow2", folder, i->path, own_name) < 0 ||
	    !str_eq(path, i->path) || access(other, F_OK) < 0)
		return;
	log_info(
		"--name %s: a new disk, %s; the system's disk without it, %s, is not used (--image %s uses "
		"it)",
		name, i->path, other, other);
}

const char *remember_system(const struct disk *root, const char *name, const char *system)
{
	const struct image *i = &root->image;
	struct booted now, last;
	const char *note = i->made ? ", new" : "";

	if (i->fd < 0 || str_format(now.name, sizeof(now.name), "%s", name) < 0 ||
	    str_format(now.system, sizeof(now.system), "%s", system) < 0)
		return note;
	if (i->made || booted_read(i->fd, &last) < 0) {
		store(root, &now);
		return note;
	}
	if (str_eq(last.system, now.system))
		return note;
	if (!str_eq(last.name, now.name))
		log_warning(
			"%s last booted another system, %s (%s), whose files are on it; --image "
			"names another disk, --fresh begins anew",
			i->path, last.name, last.system);
	else
		note = ", which last booted another build of it";
	store(root, &now);
	return note;
}
