/* Makes one read or write of a program, or all of them, take fewer bytes than asked for, as a signal or a full pipe may.
 *
 *   cc -shared -fPIC -O1 -o short_calls.so short_calls.c -ldl
 *   LD_PRELOAD=./short_calls.so SHORT_CALL=write SHORT_WHEN=3 SHORT_LOG=log program
 *
 * SHORT_CALL is read, pread64, write or pwrite64. SHORT_WHEN is the number of the call that is cut, from 1, or 0 for all.
 * A call is cut to one byte, or to a third where all are. The log gets a byte for each call that was cut.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static void note(void) {
    const char *path = getenv("SHORT_LOG");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        syscall(SYS_write, file, "x", 1);
        close(file);
    }
}

static size_t cut(const char *name, size_t count) {
    const char *wanted = getenv("SHORT_CALL");
    const char *when = getenv("SHORT_WHEN");
    if (count < 2 || !wanted || !when || strcmp(wanted, name) != 0)
        return count;
    long number = atomic_fetch_add(&calls, 1) + 1;
    long at = atol(when);
    if (at != 0 && at != number)
        return count;
    note();
    return at == 0 ? (count + 2) / 3 : 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int file, void *buffer, size_t count) { return REAL(read)(file, buffer, cut("read", count)); }

ssize_t pread64(int file, void *buffer, size_t count, off64_t offset) {
    return REAL(pread64)(file, buffer, cut("pread64", count), offset);
}

ssize_t write(int file, const void *buffer, size_t count) { return REAL(write)(file, buffer, cut("write", count)); }

ssize_t pwrite64(int file, const void *buffer, size_t count, off64_t offset) {
    return REAL(pwrite64)(file, buffer, cut("pwrite64", count), offset);
}
