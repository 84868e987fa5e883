// Makes a disk slow for a program that is started with LD_PRELOAD=slow-disk.so: each write to a file
// takes a piece alone, as a disk may do, and a while, and each fsync takes a while.
//
//   cc -shared -fPIC -O1 -o slow-disk.so slow-disk.c -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, WRITE_MS = 5, SYNC_MS = 40 };

// Waits all of it, whatever signals come.
static void wait_ms(long ms) {
  int kept = errno;
  struct timespec rest = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
  errno = kept;
}

ssize_t write(int file, const void *bytes, size_t count) {
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return next(file, bytes, count);
  wait_ms(WRITE_MS);
  return next(file, bytes, count < PIECE ? count : PIECE);
}

int fsync(int file) {
  static int (*next)(int);
  if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_ms(SYNC_MS);
  return next(file);
}
