/* SPDX-License-Identifier: MIT */
/* inroot.c - resolve paths in a system that is not the root yet */
#include "init/inroot.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

/* The kernel's limit is five (fs/exec.c, exec_binprm). */
#define INTERPRETERS_MAX 5

int inroot_open(int root_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (__u64)(unsigned int)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int inroot_mkdirs(int root_fd, const char *path, mode_t mode)
{
	int fd = inroot_open(root_fd, "/", O_PATH | O_DIRECTORY, 0);
	size_t n = 0;

	/* Make each folder in its parent, then open its whole path, to resolve links inside
	 * root_fd. */
	while (fd >= 0 && path[n += strspn(path + n, "/")]) {
		_cleanup_close_ int parent = fd;
		const char *name = path + n;
		char part[PATH_MAX];

		n += strcspn(name, "/");
		if (str_format(part, sizeof(part), "%.*s", (int)(path + n - name), name) < 0)
			return -ENAMETOOLONG;
		if (mkdirat(parent, part, mode) < 0 && errno != EEXIST)
			return -errno;
		if (str_format(part, sizeof(part), "%.*s", (int)n, path) < 0)
			return -ENAMETOOLONG;
		fd = inroot_open(root_fd, part, O_PATH | O_DIRECTORY, 0);
	}
	return fd;
}

/* "#!", blanks, and the program up to a blank or the end of the line (fs/binfmt_script.c). */
static int script_interpreter(const char *s, const char *end, char *ret, size_t size)
{
	const char *start, *line = memchr(s, '\n', (size_t)(end - s));

	if (line)
		end = line;
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	start = s;
	while (s < end && *s != ' ' && *s != '\t' && *s != '\0')
		s++;
	if (s == start || (size_t)(s - start) >= size)
		return -ENOEXEC;
	memcpy(ret, start, (size_t)(s - start));
	ret[s - start] = '\0';
	return 1;
}

/* Reads only 64-bit programs in native byte order. execve(2) checks the others. */
static int elf_interpreter(const char *data, size_t len, char *ret, size_t size)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (len < sizeof(eh))
		return 0;
	memcpy(&eh, data, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_phentsize != sizeof(ph))
		return 0;
	for (size_t i = 0; i < eh.e_phnum; i++) {
		size_t at = i * sizeof(ph);

		if (eh.e_phoff > len || len - eh.e_phoff < at + sizeof(ph))
			return 0;
		memcpy(&ph, data + eh.e_phoff + at, sizeof(ph));
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_offset > len || ph.p_filesz > len - ph.p_offset || ph.p_filesz > size ||
		    ph.p_filesz < 2 || data[ph.p_offset + ph.p_filesz - 1] != '\0')
			return 0;
		memcpy(ret, data + ph.p_offset, ph.p_filesz);
		return 1;
	}
	return 0;
}

int inroot_interpreter(const void *data, size_t len, char *ret, size_t size)
{
	const char *s = data;

	if (len >= 2 && s[0] == '#' && s[1] == '!')
		return script_interpreter(s + 2, s + len, ret, size);
	if (len >= SELFMAG && memcmp(s, ELFMAG, SELFMAG) == 0)
		return elf_interpreter(s, len, ret, size);
	return 0;
}

/* Opens path for reading if it is an executable file. Returns the descriptor or -errno. */
static int open_program(int root_fd, const char *path)
{
	_cleanup_close_ int fd = inroot_open(root_fd, path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EACCES;
	/* faccessat2(2), Linux 5.8. Use the descriptor, because /proc may have moved. */
	if (syscall(SYS_faccessat2, fd, "", X_OK, AT_EMPTY_PATH) < 0)
		return -errno;
	return take_fd(&fd);
}

static int read_head(int fd, char *head, size_t size, size_t *ret_len)
{
	ssize_t n = pread(fd, head, size, 0);

	if (n < 0)
		return -errno;
	*ret_len = (size_t)n;
	return 0;
}

int inroot_check_program(int root_fd, const char *path, const char *what, struct err *e)
{
	char program[PATH_MAX], interpreter[PATH_MAX], head[4096];
	size_t len = 0;

	if (str_format(program, sizeof(program), "%s", path) < 0)
		return err_set(e, ENAMETOOLONG, "%s: its path is too long", what);
	for (int depth = 0; depth <= INTERPRETERS_MAX; depth++) {
		_cleanup_close_ int fd = open_program(root_fd, program);
		int r = fd < 0 ? fd : read_head(fd, head, sizeof(head), &len);

		if (r < 0 && depth == 0)
			return err_sys(e, r, "%s %s cannot be executed in the new root", what,
				       path);
		if (r < 0)
			return err_sys(e, r,
				       "%s %s needs the interpreter %s, which cannot be executed "
				       "in the new root",
				       what, path, program);
		r = inroot_interpreter(head, len, interpreter, sizeof(interpreter));
		if (r < 0)
			return err_set(e, r, "%s %s: the first line of %s names no interpreter",
				       what, path, program);
		if (r == 0)
			return 0;
		memcpy(program, interpreter, sizeof(program));
	}
	return err_set(e, ELOOP, "%s %s: its interpreters need each other", what, path);
}
