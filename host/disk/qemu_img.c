/* SPDX-License-Identifier: MIT */
/* qemu_img.c - images checked, made and resized by qemu-img */
#include "host/disk/qemu_img.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/said.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

#define TIMEOUT_MS 600000 /* a check reads all tables of the image */
/* Limit on the output of qemu-img map, about 10,000 extents. Zeroes take few extents, so a longer
 * map means a disk with data. The rest is not read: 300,000 extents took seven seconds and eight
 * times the text's size in memory. If such a disk is all zeroes after all, the guest finds out by
 * reading it. */
#define MAP_MAX ((size_t)1 << 20)
#define UNCHANGED "; image unchanged"

/* Exit codes of qemu-img check (qemu-img(1)). */
#define CHECK_DAMAGED 2
#define CHECK_LEAKS 3
#define CHECK_NOT_SUPPORTED 63

/* The image's name for messages. */
static const char *name_of(const struct qemu_img *q, const char *path)
{
	return q->shown ? q->shown : path;
}

void qemu_img_file(int fd, char dst[static QEMU_IMG_FILE])
{
	snprintf(dst, QEMU_IMG_FILE, "/proc/%d/fd/%d", (int)getpid(), fd);
}

static int finish(const char *const *argv, int r, int status, struct buf *said, struct err *e)
{
	const char *last = said_last(said);
	char how[64];

	if (r < 0)
		return err_sys(e, r, "%s %s", argv[0], argv[1]);
	if (!WIFEXITED(status))
		return err_exit(e, EXIT_IMAGE, EIO, "qemu-img %s: %s%s%.400s", argv[1],
				spawn_status_text(status, how, sizeof(how)), last[0] ? ": " : "",
				last);
	return WEXITSTATUS(status);
}

/* Runs a command. Returns the exit status, or -errno with e if there is none. said: its stderr. */
static int run(const char *const *argv, struct buf *out, struct buf *said, struct err *e)
{
	struct spawn s = {
		.path = argv[0], .argv = argv, .stdin_fd = -1, .timeout_ms = TIMEOUT_MS
	};
	int status = 0, r = spawn_run(&s, out, said, &status);

	return finish(argv, r, status, said, e);
}

/* Returns the last line of stderr, without the program's name. */
static const char *reason(struct buf *said)
{
	const char *line = said_last(said), *own = str_after(line, "qemu-img: ");

	return own ? own : line[0] ? line : "qemu-img failed and gave no reason";
}

/* Copies qemu-img's message, with name in the place of path. */
static void put_name(const char *why, const char *path, const char *name, char *dst, size_t size)
{
	const char *at = strstr(why, path), *rest = at ? at + strlen(path) : why;

	snprintf(dst, size, "%.*s%s%.400s", at ? (int)(at - why) : 0, why, at ? name : "", rest);
}

/* Reports a failure. QEMU's locks stop qemu-img from reading an image that another QEMU has open.
 * Replaces path, which may be a /proc/PID/fd/N, in qemu-img's message. */
static int failed(const struct qemu_img *q, struct buf *said, const char *path, const char *what,
		  struct err *e)
{
	const char *name = name_of(q, path);
	char why[1024];

	/* QEMU's message is 'Failed to get shared "write" lock'; the quote is matched because a
	 * path may contain " lock". */
	if (said->data && strstr(said->data, "\" lock"))
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by another QEMU", name);
	put_name(reason(said), path, name, why, sizeof(why));
	return err_exit(e, EXIT_IMAGE, EINVAL, "%s %s: %s" UNCHANGED, name, what, why);
}

/* Parses the text. The caller frees the result with json_object_put. */
static json_object *parse(const char *json, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	json_object *o = tok && len < INT_MAX ? json_tokener_parse_ex(tok, json, (int)len) : NULL;

	if (tok)
		json_tokener_free(tok);
	return o;
}

static void put(json_object **o)
{
	json_object_put(*o);
}

#define _cleanup_json_ _cleanup_(put)

static const char *member(json_object *o, const char *name)
{
	json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : NULL;
}

static int check_info(const char *format, const char *path, json_object *info, struct err *e)
{
	json_object *specific, *data;
	const char *found = member(info, "format"), *backing = member(info, "backing-filename");

	if (!found || !str_eq(found, format))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s is a %s image, not %s" UNCHANGED, path,
				found ? found : "nameless", format);
	if (backing)
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s is only a layer over %s; storeboot takes an image that stands "
				"alone (qemu-img convert -O qcow2)" UNCHANGED,
				path, backing);
	if (json_object_object_get_ex(info, "format-specific", &specific) &&
	    json_object_object_get_ex(specific, "data", &data) && member(data, "data-file"))
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s keeps its data in another file, %s" UNCHANGED, path,
				member(data, "data-file"));
	return 0;
}

int qemu_img_read_info(const char *format, const char *path, const char *json, size_t len,
		       uint64_t *ret_size, bool *ret_dirty, struct err *e)
{
	_cleanup_json_ json_object *info = parse(json, len);
	json_object *size, *dirty;
	int r;

	if (!json_object_is_type(info, json_type_object))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s: qemu-img info gave no answer" UNCHANGED,
				path);
	r = check_info(format, path, info, e);
	if (r < 0)
		return r;
	if (!json_object_object_get_ex(info, "virtual-size", &size) ||
	    json_object_get_int64(size) <= 0)
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s holds a disk of no size" UNCHANGED,
				path);
	*ret_size = (uint64_t)json_object_get_int64(size);
	*ret_dirty = json_object_object_get_ex(info, "dirty-flag", &dirty) &&
		     json_object_get_boolean(dirty);
	return 0;
}

static int info(const struct qemu_img *q, const char *path, uint64_t *ret_size, bool *ret_dirty,
		struct err *e)
{
	const char *const argv[] = { q->program,      "info", "-f", q->format,
				     "--output=json", path,   NULL };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	char what[64];
	int r = run(argv, &out, &said, e);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "is no %s image that can be used", q->format);
	if (r > 0)
		return failed(q, &said, path, what, e);
	return qemu_img_read_info(q->format, name_of(q, path), out.data ? out.data : "", out.len,
				  ret_size, ret_dirty, e);
}

static json_object *file_node(int fd, bool read_only)
{
	json_object *o = json_object_new_object();
	char path[QEMU_IMG_FILE];

	qemu_img_file(fd, path);
	json_object_object_add(o, "driver", json_object_new_string("file"));
	json_object_object_add(o, "filename", json_object_new_string(path));
	json_object_object_add(o, "read-only", json_object_new_boolean(read_only));
	return o;
}

static json_object *format_node(const char *driver, json_object *file)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "driver", json_object_new_string(driver));
	json_object_object_add(o, "file", file);
	return o;
}

/* Repairs the image in a layer over it; the image itself is only read. Returns as run. */
static int repair_on(const struct qemu_img *q, int layer, int image, struct err *e)
{
	_cleanup_json_ json_object *o =
		format_node("qcow2", format_node("qcow2", file_node(layer, false)));
	_cleanup_buf_ struct buf name = { 0 }, out = { 0 }, said = { 0 };
	json_object *below;

	if (json_object_object_get_ex(o, "file", &below))
		json_object_object_add(below, "backing",
				       format_node("raw", file_node(image, true)));
	if (buf_addf(&name, "json:%s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN)) <
	    0)
		return err_sys(e, ENOMEM, "qemu-img's command");
	return run((const char *const[]){ q->program, "check", "-q", "-r", "all", name.data, NULL },
		   &out, &said, e);
}

/*
 * With lazy_refcounts QEMU writes the reference counts when it closes the image. After a crash
 * they are stale, and QEMU recounts when it opens the image for writing. That loses nothing unless
 * more than the counts is wrong, so the repair is tried in a layer in memory. Returns 0 if it
 * succeeds, CHECK_DAMAGED if not, or -errno with e.
 */
static int check_repaired(const struct qemu_img *q, const char *path, struct err *e)
{
	const struct qemu_img layer = { .program = q->program, .format = "qcow2" };
	_cleanup_close_ int image = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int fd = memfd_create("layer", MFD_CLOEXEC);
	char file[QEMU_IMG_FILE];
	struct stat st;
	int r;

	if (image < 0 || fd < 0 || fstat(image, &st) < 0)
		return err_sys(e, errno, "%s cannot be checked", name_of(q, path));
	qemu_img_file(fd, file);
	r = qemu_img_create(&layer, file, (uint64_t)st.st_size, e);
	if (r == 0)
		r = repair_on(q, fd, image, e);
	return r == CHECK_LEAKS ? 0 : r > 0 ? CHECK_DAMAGED : r;
}

/* Checks the image's tables: 15 ms for an image of 600 MB. Without it QEMU opens a truncated image
 * silently, and the lost data reads as zeroes. */
static int check(const struct qemu_img *q, const char *path, bool dirty, struct err *e)
{
	const char *const argv[] = { q->program, "check", "-q", "-f", q->format, path, NULL };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	int r = run(argv, &out, &said, e);

	if (r <= 0 || r == CHECK_LEAKS || r == CHECK_NOT_SUPPORTED)
		return r < 0 ? r : 0;
	if (r == CHECK_DAMAGED && dirty)
		r = check_repaired(q, path, e);
	if (r <= 0)
		return r;
	if (r == CHECK_DAMAGED)
		return err_exit(
			e, EXIT_IMAGE, EUCLEAN,
			"%s is damaged or cut short: clusters of its disk are lost (qemu-img "
			"check says which); take a copy, or begin anew with --fresh" UNCHANGED,
			name_of(q, path));
	return failed(q, &said, path, "cannot be checked", e);
}

/* Refuses an external data file before QEMU reads the header (docs/interop/qcow2.txt): a guest that
 * once had the file as a raw disk can name any file there, and QEMU 9.0 and older open it
 * (CVE-2024-4467). */
static int check_header(const struct qemu_img *q, const char *path, struct err *e)
{
	static const uint8_t magic[] = { 'Q', 'F', 'I', 0xfb };
	uint8_t head[80] = { 0 }; /* up to the incompatible features */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || file_pread_all(fd, head, sizeof(head), 0) < 0 ||
	    memcmp(head, magic, sizeof(magic)) != 0 || head[7] < 3 || !(head[79] & 4))
		return 0;
	return err_exit(e, EXIT_IMAGE, EINVAL, "%s keeps its data in another file" UNCHANGED,
			name_of(q, path));
}

int qemu_img_look(const struct qemu_img *q, const char *path, uint64_t *ret_size, struct err *e)
{
	bool dirty = false;
	int r = str_eq(q->format, "qcow2") ? check_header(q, path, e) : 0;

	if (r == 0)
		r = info(q, path, ret_size, &dirty, e);
	return r < 0 ? r : check(q, path, dirty, e);
}

int qemu_img_read_map(const char *json, size_t len, bool *ret_zero)
{
	_cleanup_json_ json_object *map = parse(json, len);
	bool zero = true;
	size_t n;

	if (!json_object_is_type(map, json_type_array))
		return -EBADMSG;
	n = json_object_array_length(map);
	for (size_t i = 0; i < n; i++) {
		json_object *v;

		if (!json_object_object_get_ex(json_object_array_get_idx(map, i), "zero", &v))
			return -EBADMSG;
		zero = zero && json_object_get_boolean(v);
	}
	if (n == 0)
		return -EBADMSG;
	*ret_zero = zero;
	return 0;
}

int qemu_img_is_zero(const struct qemu_img *q, const char *path, bool *ret_zero, struct err *e)
{
	const char *const argv[] = {
		q->program, "map", "-f", q->format, "--output=json", path, NULL
	};
	struct spawn s = { .path = argv[0],
			   .argv = argv,
			   .stdin_fd = -1,
			   .timeout_ms = TIMEOUT_MS,
			   .max_output = MAP_MAX };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	int status = 0, r = spawn_run(&s, &out, &said, &status);

	if (r == -EFBIG) {
		*ret_zero = false;
		return 0;
	}
	r = finish(argv, r, status, &said, e);
	if (r < 0)
		return r;
	if (r > 0)
		return failed(q, &said, path, "cannot be looked at", e);
	if (qemu_img_read_map(out.data ? out.data : "", out.len, ret_zero) < 0)
		return err_exit(e, EXIT_IMAGE, EBADMSG, "%s: qemu-img map gave no answer" UNCHANGED,
				name_of(q, path));
	return 0;
}

/* Reports a failed creation. Replaces file, a /proc/PID/fd/N, in qemu-img's message, as it means
 * nothing to the user. */
static int not_made(const char *why, const char *file, struct err *e)
{
	const char *rest = str_after(why, file), *reason = rest ? str_after(rest, ": ") : NULL;
	char text[1024];

	put_name(why, file, "the new file", text, sizeof(text));
	return err_exit(e, EXIT_IMAGE, EIO, "%.400s", reason ? reason : text);
}

int qemu_img_create(const struct qemu_img *q, const char *file, uint64_t size, struct err *e)
{
	char bytes[32];
	const char *const argv[] = {
		q->program, "create", "-q", "-f", q->format, file, bytes, NULL
	};
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	int r;

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	r = run(argv, &out, &said, e);
	return r > 0 ? not_made(reason(&said), file, e) : r;
}

int qemu_img_resize(const struct qemu_img *q, const char *path, uint64_t size, struct err *e)
{
	char bytes[32];
	const char *const argv[] = { q->program, "resize", "-q",  "--shrink", "-f",
				     q->format,	 path,	   bytes, NULL };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	int r;

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	r = run(argv, &out, &said, e);
	return r > 0 ? failed(q, &said, path, "cannot be made larger", e) : r;
}
