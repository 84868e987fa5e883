#define _GNU_SOURCE
#include "CMPI.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// The two families of MPI differ in what a handle is: a pointer in Open MPI, an int in MPICH and its
// relatives. The standard fixes everything else that is used here.
enum { funneled = 1, no_error = 0, mpich_world = 0x44000000, mpich_byte = 0x4c00010d };

typedef int (*plain_call)(void);
typedef int (*init_function)(int *, char ***, int, int *);
typedef int (*version_function)(char *, int *);

typedef int (*open_comm_int)(void *, int *);
typedef int (*open_abort)(void *, int);
typedef int (*open_exchange)(const void *, int, void *, void *, int, void *, void *, void **);
typedef int (*open_broadcast)(void *, int, void *, int, void *, void **);
typedef int (*open_test)(void **, int *, void *);

typedef int (*mpich_comm_int)(int, int *);
typedef int (*mpich_abort)(int, int);
typedef int (*mpich_exchange)(const void *, int, int, void *, int, int, int, int *);
typedef int (*mpich_broadcast)(void *, int, int, int, int, int *);
typedef int (*mpich_test)(int *, int *, void *);

static struct {
  bool is_open_mpi;
  void *world, *byte;
  void *comm_rank, *comm_size, *abort, *all_to_all, *all_gather, *broadcast, *test, *finalize;
} mpi;

static mixflow_mpi_info info;
static char error_text[512];

static const char *fail(const char *text) {
  snprintf(error_text, sizeof error_text, "%.255s", text);
  return error_text;
}

static const char *load(void) {
  const char *named = getenv("MIXFLOW_MPI");
  if (named && !*named) named = NULL;
  const char *const usual[] = {"libmpi.so.40", "libmpich.so.12", "libmpi.so.12", "libmpi.so", NULL};
  const char *const only[] = {named, NULL};
  // The launchers of MPICH and its relatives say so by this variable.
  bool is_mpich = getenv("PMI_SIZE") && !getenv("OMPI_COMM_WORLD_SIZE");
  const char *const mpich_first[] = {"libmpich.so.12", "libmpi.so.12", "libmpi.so.40", "libmpi.so",
                                     NULL};
  const char *const *names = named ? only : is_mpich ? mpich_first : usual;
  void *handle = NULL;
  for (const char *const *name = names; *name && !handle; name++) {
    // Open MPI's own plug-ins look for its symbols in the global scope.
    handle = dlopen(*name, RTLD_NOW | RTLD_GLOBAL);
    const char *reason = handle ? NULL : dlerror();
    if (reason && name == names) fail(reason);
  }
  if (!handle) return error_text;

  mpi.world = dlsym(handle, "ompi_mpi_comm_world");
  mpi.byte = dlsym(handle, "ompi_mpi_byte");
  mpi.is_open_mpi = mpi.world && mpi.byte;
  init_function init = (init_function)dlsym(handle, "MPI_Init_thread");
  version_function version = (version_function)dlsym(handle, "MPI_Get_library_version");
  mpi.comm_rank = dlsym(handle, "MPI_Comm_rank");
  mpi.comm_size = dlsym(handle, "MPI_Comm_size");
  mpi.abort = dlsym(handle, "MPI_Abort");
  mpi.all_to_all = dlsym(handle, "MPI_Ialltoall");
  mpi.all_gather = dlsym(handle, "MPI_Iallgather");
  mpi.broadcast = dlsym(handle, "MPI_Ibcast");
  mpi.test = dlsym(handle, "MPI_Test");
  mpi.finalize = dlsym(handle, "MPI_Finalize");
  if (!init || !version || !mpi.comm_rank || !mpi.comm_size || !mpi.abort || !mpi.all_to_all ||
      !mpi.all_gather || !mpi.broadcast || !mpi.test || !mpi.finalize)
    return fail("the library is no MPI of version 3 or newer");

  int provided = 0;
  if (init(NULL, NULL, funneled, &provided) != no_error) return fail("MPI_Init_thread failed");
  if (provided < funneled) return fail("the library cannot be used by a program with threads");
  static char text[8193];
  int length = 0;
  version(text, &length);
  for (char *c = text; *c; c++)
    if (*c == '\n' || *c == ',') *c = 0;
  snprintf(info.version, sizeof info.version, "%.255s", text);
  return NULL;
}

const mixflow_mpi_info *mixflow_mpi_start(void) {
  info.error = load();
  if (info.error) return &info;
  if (mpi.is_open_mpi) {
    ((open_comm_int)mpi.comm_rank)(mpi.world, &info.rank);
    ((open_comm_int)mpi.comm_size)(mpi.world, &info.size);
  } else {
    ((mpich_comm_int)mpi.comm_rank)(mpich_world, &info.rank);
    ((mpich_comm_int)mpi.comm_size)(mpich_world, &info.size);
  }
  return &info;
}

/// A transfer that goes on; only one does at a time.
typedef union {
  void *pointer;
  int number;
} request;

/// Waits without holding the processor: MPI's own waiting spins, which starves the threads that
/// compute.
static bool wait_for(request *request, void (*pause)(void)) {
  for (int done = 0;;) {
    int result = mpi.is_open_mpi
                     ? ((open_test)mpi.test)(&request->pointer, &done, NULL)
                     : ((mpich_test)mpi.test)(&request->number, &done, (void *)(intptr_t)1);
    if (result != no_error) return false;
    if (done) return true;
    pause();
  }
}

static bool exchange(void *function, const void *send, void *receive, int bytes,
                     void (*pause)(void)) {
  request request = {NULL};
  int result = mpi.is_open_mpi
                   ? ((open_exchange)function)(send, bytes, mpi.byte, receive, bytes, mpi.byte,
                                               mpi.world, &request.pointer)
                   : ((mpich_exchange)function)(send, bytes, mpich_byte, receive, bytes,
                                                mpich_byte, mpich_world, &request.number);
  return result == no_error && wait_for(&request, pause);
}

bool mixflow_mpi_all_to_all(const void *send, void *receive, int bytes, void (*pause)(void)) {
  return exchange(mpi.all_to_all, send, receive, bytes, pause);
}

bool mixflow_mpi_all_gather(const void *send, void *receive, int bytes, void (*pause)(void)) {
  return exchange(mpi.all_gather, send, receive, bytes, pause);
}

bool mixflow_mpi_broadcast(void *data, int bytes, int root, void (*pause)(void)) {
  request request = {NULL};
  int result = mpi.is_open_mpi
                   ? ((open_broadcast)mpi.broadcast)(data, bytes, mpi.byte, root, mpi.world,
                                                     &request.pointer)
                   : ((mpich_broadcast)mpi.broadcast)(data, bytes, mpich_byte, root, mpich_world,
                                                      &request.number);
  return result == no_error && wait_for(&request, pause);
}

void mixflow_mpi_abort(int code) {
  if (mpi.is_open_mpi)
    ((open_abort)mpi.abort)(mpi.world, code);
  else if (mpi.abort)
    ((mpich_abort)mpi.abort)(mpich_world, code);
}

void mixflow_mpi_finish(void) { ((plain_call)mpi.finalize)(); }
