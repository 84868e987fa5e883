#ifndef MIXFLOW_CMPI_H
#define MIXFLOW_CMPI_H

#include <stdbool.h>

/// What became of loading and starting MPI.
typedef struct {
  /// The place of this process among all, from 0.
  int rank;
  /// The number of processes.
  int size;
  /// The library's own name and version.
  char version[256];
  /// Why it could not be started, or NULL when it was.
  const char *error;
} mixflow_mpi_info;

/// Loads an MPI library and starts it; all later calls must come from the thread of this one.
///
/// The library is named by the environment variable MIXFLOW_MPI, else Open MPI's and then MPICH's
/// (whose interface Intel MPI, MVAPICH and Cray MPICH share) are looked for. Nothing of MPI is needed
/// to build this program or to run it in a single process.
const mixflow_mpi_info *mixflow_mpi_start(void);

/// Sends the n-th part of `send` to process n, and receives a part from each into `receive`.
///
/// Returns false when MPI reports a failure. `bytes` is the size of one part. While others are
/// waited for, `pause` is called again and again.
bool mixflow_mpi_all_to_all(const void *send, void *receive, int bytes, void (*pause)(void));

/// Receives the `bytes` bytes of all processes, in the order of their ranks, into `receive`.
bool mixflow_mpi_all_gather(const void *send, void *receive, int bytes, void (*pause)(void));

/// Copies `bytes` bytes from process `root` to all.
bool mixflow_mpi_broadcast(void *data, int bytes, int root, void (*pause)(void));

/// Ends all processes.
void mixflow_mpi_abort(int code);

/// Ends MPI in good order, when all processes do so.
void mixflow_mpi_finish(void);

#endif
