/* SPDX-License-Identifier: MIT */
/* macro.h - attributes and cleanup helpers */
#ifndef STOREBOOT_MACRO_H
#define STOREBOOT_MACRO_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, first) __attribute__((format(printf, fmt, first)))
#define _unused_ __attribute__((unused))

/* The value of a numeric macro as a string: "16". */
#define CONSTANT_TEXT_OF(token) #token
#define CONSTANT_TEXT(macro) CONSTANT_TEXT_OF(macro)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Cleanups run after the return value is computed, so `return -errno` is safe beside them. They may
 * change errno. */
static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/* Pass ownership to the caller: return the value and clear the variable. */
static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

#define take_ptr(p) \
	({ \
		__typeof__(p) taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})

#endif
