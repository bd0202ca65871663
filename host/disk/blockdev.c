/* SPDX-License-Identifier: MIT */
/*
 * blockdev.c - QEMU's arguments for the disks, node by node
 *
 * The arguments are JSON, so nothing in a path is option syntax. JSON is UTF-8 and a path need not
 * be, so QEMU gets the open descriptor if there is one. This is also the file that was locked and
 * checked.
 */
#include "host/disk/blockdev.h"

#include <errno.h>
#include <json-c/json.h>

const char *const disk_interface_words[] = { "virtio", "scsi", "ide", NULL };
const char *const disk_interface_first[] = { "/dev/vda", "/dev/sda", "/dev/sda" };

static void add_json(struct argv *a, json_object *o)
{
	const char *text = o ? json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) :
			       NULL;

	argv_words(a, "-blockdev", text);
	argv_fail(a, text ? 0 : -ENOMEM);
	json_object_put(o);
}

static json_object *node(const char *driver, const char *name, bool read_only)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "driver", json_object_new_string(driver));
	json_object_object_add(o, "node-name", json_object_new_string(name));
	json_object_object_add(o, "read-only", json_object_new_boolean(read_only));
	json_object_object_add(o, "discard", json_object_new_string("unmap"));
	return o;
}

/* Adds a format's node over its file's node. below: the node of the backing file; NULL: none,
 * whatever the image says. */
static void add_image(struct argv *a, const char *name, const char *format, const char *file,
		      bool read_only, const char *below)
{
	char file_node[64];
	json_object *o;

	snprintf(file_node, sizeof(file_node), "%s-file", name);
	o = node("file", file_node, read_only);
	json_object_object_add(o, "filename", json_object_new_string(file));
	add_json(a, o);
	o = node(format, name, read_only);
	json_object_object_add(o, "file", json_object_new_string(file_node));
	if (str_eq(format, "qcow2"))
		json_object_object_add(o, "backing", below ? json_object_new_string(below) : NULL);
	add_json(a, o);
}

static const char *inherited(struct argv *a, int fd, char *dst, size_t size)
{
	snprintf(dst, size, "/proc/self/fd/%d", argv_fd(a, fd));
	return dst;
}

/* A disk is a device of its own, or sits on a controller with room for several. Add a controller
 * even if the board has one, so that all boards are alike. AHCI has one disk on each bus; SCSI has
 * all on bus 0, where QEMU numbers them. */
static const struct interface {
	const char *device;
	const char *controller; /* NULL: none */
	size_t room, buses;
} interfaces[] = {
	[DISK_BY_VIRTIO] = { "virtio-blk-pci", NULL, 0, 0 },
	[DISK_BY_SCSI] = { "scsi-hd", "virtio-scsi-pci", 256, 1 },
	[DISK_BY_IDE] = { "ide-hd", "ich9-ahci", 6, 6 },
};

/* number: the disk's number on its interface. The first disk on a controller adds the
 * controller. */
static void add_device(struct argv *a, const char *name, const struct qemu_disk *d, size_t number)
{
	const struct interface *i = &interfaces[d->interface];
	const char *word = disk_interface_words[d->interface];

	if (i->controller && number % i->room == 0)
		argv_add(a, "-device", "%s,id=%s%zu", i->controller, word, number / i->room);
	argv_add(a, "-device", "%s,drive=%s", i->device, name);
	if (i->controller)
		argv_more(a, ",bus=%s%zu.%zu", word, number / i->room, number % i->buses);
	argv_more(a, ",werror=report,rerror=report,serial=");
	argv_value(a, d->serial);
}

/* on_interface: the disk's number on its interface. */
static void add_disk(struct argv *a, const struct qemu_disk *d, size_t number, size_t on_interface)
{
	char name[32], base[40], image[40], layer[40];
	const char *file = d->fd >= 0 ? inherited(a, d->fd, image, sizeof(image)) : d->file;
	const bool layered = d->layer_fd >= 0;

	snprintf(name, sizeof(name), "disk%zu", number);
	snprintf(base, sizeof(base), "%s-base", name);
	if (file)
		add_image(a, layered ? base : name, d->format, file, layered || d->read_only, NULL);
	if (layered)
		add_image(a, name, "qcow2", inherited(a, d->layer_fd, layer, sizeof(layer)), false,
			  file ? base : NULL);
	add_device(a, name, d, on_interface);
}

void blockdev_args(const struct qemu_disk *disks, size_t n, struct argv *ret)
{
	size_t count[DISK_INTERFACE_COUNT] = { 0 };

	for (size_t i = 0; i < n; i++)
		add_disk(ret, &disks[i], i, count[disks[i].interface]++);
}
