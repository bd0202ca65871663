/* SPDX-License-Identifier: MIT */
/*
 * blockdev.c - QEMU's arguments for the disks, node by node
 *
 * JSON, so that nothing in a path is syntax. As JSON is UTF-8 and a path need not be, QEMU is given the
 * open file where there is one: the very file that was locked and looked at.
 */
#include "host/disk/blockdev.h"

#include <errno.h>
#include <json-c/json.h>

const char *const disk_interface_words[] = { "virtio", "scsi", "ide", NULL };
const char *const disk_interface_first[] = { "/dev/vda", "/dev/sda", "/dev/sda" };

static int add_json(struct strv *v, json_object *o)
{
	const char *text = o ? json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) :
			       NULL;
	int r = text ? strv_add(v, "-blockdev") : -ENOMEM;

	if (r == 0)
		r = strv_add(v, text);
	json_object_put(o);
	return r;
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

/* A format's node over its file's. below: the node under it, or NULL: there is none, whatever the
 * image says. */
static int add_image(struct strv *v, const char *name, const char *format, const char *file,
		     bool read_only, const char *below)
{
	char file_node[64];
	json_object *o;
	int r;

	snprintf(file_node, sizeof(file_node), "%s-file", name);
	o = node("file", file_node, read_only);
	json_object_object_add(o, "filename", json_object_new_string(file));
	r = add_json(v, o);
	if (r < 0)
		return r;
	o = node(format, name, read_only);
	json_object_object_add(o, "file", json_object_new_string(file_node));
	if (str_eq(format, "qcow2"))
		json_object_object_add(o, "backing", below ? json_object_new_string(below) : NULL);
	return add_json(v, o);
}

static const char *inherited(int fd, char *dst, size_t size)
{
	snprintf(dst, size, "/proc/self/fd/%d", fd);
	return dst;
}

/*
 * Each disk is a card of its own, or sits on a controller, which has room for so many. A controller is
 * added even where the board has one: it is then the same on every board. Disk N of AHCI is alone on bus N;
 * SCSI's are all on bus 0, and QEMU counts them there.
 */
static const struct interface {
	const char *device;
	const char *controller; /* NULL: none */
	size_t room, buses;
} interfaces[] = {
	[DISK_BY_VIRTIO] = { "virtio-blk-pci", NULL, 0, 0 },
	[DISK_BY_SCSI] = { "scsi-hd", "virtio-scsi-pci", 256, 1 },
	[DISK_BY_IDE] = { "ide-hd", "ich9-ahci", 6, 6 },
};

/* The bus of disk number, counted among those of its interface, and its controller if it is the first there. */
static int add_bus(struct strv *v, enum disk_interface which, size_t number, struct buf *ret)
{
	const struct interface *i = &interfaces[which];
	char controller[32];
	int r = 0;

	if (!i->controller)
		return 0;
	snprintf(controller, sizeof(controller), "%s%zu", disk_interface_words[which], number / i->room);
	if (number % i->room == 0)
		r = strv_add(v, "-device");
	if (r == 0 && number % i->room == 0)
		r = strv_addf(v, "%s,id=%s", i->controller, controller);
	return r < 0 ? r : buf_addf(ret, ",bus=%s.%zu", controller, number % i->buses);
}

/* In a value of QEMU's option syntax a comma is written twice (qemu(1), "-drive file="). */
static int add_device(struct strv *v, const char *name, const struct qemu_disk *d, size_t number)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = buf_addf(&b, "%s,drive=%s", interfaces[d->interface].device, name);

	if (r == 0)
		r = add_bus(v, d->interface, number, &b);
	if (r == 0)
		r = buf_addf(&b, ",werror=report,rerror=report,serial=");
	for (const char *p = d->serial; r == 0 && *p; p++)
		r = *p == ',' ? buf_add(&b, ",,", 2) : buf_add(&b, p, 1);
	if (r == 0)
		r = strv_add(v, "-device");
	return r < 0 ? r : strv_add(v, b.data);
}

/* on_interface: its number among those of its interface. */
static int add_disk(struct strv *v, const struct qemu_disk *d, size_t number, size_t on_interface)
{
	char name[32], base[40], image[40], layer[40];
	const char *file = d->fd >= 0 ? inherited(d->fd, image, sizeof(image)) : d->file;
	const bool layered = d->layer_fd >= 0;
	int r = 0;

	snprintf(name, sizeof(name), "disk%zu", number);
	snprintf(base, sizeof(base), "%s-base", name);
	if (file)
		r = add_image(v, layered ? base : name, d->format, file, layered || d->read_only, NULL);
	if (r == 0 && layered)
		r = add_image(v, name, "qcow2", inherited(d->layer_fd, layer, sizeof(layer)), false,
			      file ? base : NULL);
	return r < 0 ? r : add_device(v, name, d, on_interface);
}

int blockdev_args(const struct qemu_disk *disks, size_t n, struct strv *ret)
{
	size_t count[DISK_INTERFACE_COUNT] = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_disk(ret, &disks[i], i, count[disks[i].interface]++);
	return r;
}
