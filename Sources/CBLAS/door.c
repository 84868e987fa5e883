#define _GNU_SOURCE
#include "CBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { row_major = 101, no_transpose = 111, transpose = 112 };

typedef void (*sgemm_function)(int, int, int, int, int, int, float, const float *, int,
                               const float *, int, float, float *, int);
typedef int (*dsyevd_function)(int, char, char, int, double *, int, double *);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static mixflow_blas_info info = {"built-in", "", "", "", NULL};
static sgemm_function library_sgemm;
static dsyevd_function library_dsyevd;
static char error_text[512];

#if defined(__APPLE__)
static const char *const default_libraries[] = {
    "/System/Library/Frameworks/Accelerate.framework/Accelerate", NULL};
static const char *const lapacke_libraries[] = {NULL};
#else
static const char *const default_libraries[] = {"libopenblas.so.0", "libopenblas.so", NULL};
static const char *const lapacke_libraries[] = {"liblapacke.so.3", "liblapacke.so", NULL};
#endif

/// The best OpenBLAS kernel family that this processor and its operating system can run, or NULL
/// to leave the choice to the library.
static const char *wanted_core(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512cd"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return __builtin_cpu_is("amd") ? "Zen" : "Haswell";
#endif
  return NULL;
}

static void *open_first(const char *const *names) {
  for (; *names; names++) {
    void *handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (handle) {
      info.library = *names;
      return handle;
    }
    const char *reason = dlerror();
    snprintf(error_text, sizeof error_text, "%s", reason ? reason : "unknown dlopen failure");
  }
  return NULL;
}

static void describe(void *handle) {
  Dl_info where;
  if (dladdr((void *)library_sgemm, &where) && where.dli_fname) info.library = where.dli_fname;
  char *(*config)(void) = (char *(*)(void))dlsym(handle, "openblas_get_config");
  char *(*core)(void) = (char *(*)(void))dlsym(handle, "openblas_get_corename");
  if (config) info.config = config();
  if (core) info.core = core();
}

static const char *named_library(void) {
  const char *name = getenv("MIXFLOW_BLAS");
  return name && *name ? name : NULL;
}

bool mixflow_blas_is_named(void) { return named_library() != NULL; }

static void load(void) {
  const char *named = named_library();
  const char *const named_list[] = {named, NULL};
  bool user_core = getenv("OPENBLAS_CORETYPE") != NULL;
  const char *core = user_core ? NULL : wanted_core();
  if (core) {
    setenv("OPENBLAS_CORETYPE", core, 1);
    info.requested_core = core;
  }
  void *handle = open_first(named ? named_list : default_libraries);
  // Children of this process shall see the environment that the user gave.
  if (core) unsetenv("OPENBLAS_CORETYPE");
  if (handle) library_sgemm = (sgemm_function)dlsym(handle, "cblas_sgemm");
  if (!library_sgemm) {
    if (handle)
      snprintf(error_text, sizeof error_text, "%s has no cblas_sgemm", info.library);
    info.library = "built-in";
    info.requested_core = "";
    info.error = error_text;
    return;
  }
  describe(handle);
  // This program splits products over its own threads; a BLAS that does so too oversubscribes.
  void (*openblas_threads)(int) = (void (*)(int))dlsym(handle, "openblas_set_num_threads");
  void (*mkl_threads)(int) = (void (*)(int))dlsym(handle, "MKL_Set_Num_Threads");
  if (openblas_threads) openblas_threads(1);
  if (mkl_threads) mkl_threads(1);
}

static pthread_once_t lapacke_once = PTHREAD_ONCE_INIT;

static void load_lapacke(void) {
  mixflow_blas_load();
  for (const char *const *name = lapacke_libraries; *name; name++) {
    void *handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) continue;
    library_dsyevd = (dsyevd_function)dlsym(handle, "LAPACKE_dsyevd");
    if (library_dsyevd) return;
  }
}

const mixflow_blas_info *mixflow_blas_load(void) {
  pthread_once(&once, load);
  return &info;
}

void mixflow_sgemm_portable(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                            const float *a, int lda, const float *b, int ldb, float beta, float *c,
                            int ldc) {
  for (int i = 0; i < m; i++) {
    float *row = c + (ptrdiff_t)i * ldc;
    for (int j = 0; j < n; j++) row[j] = beta == 0 ? 0 : beta * row[j];
    for (int p = 0; p < k; p++) {
      float x = alpha * (transpose_a ? a[(ptrdiff_t)p * lda + i] : a[(ptrdiff_t)i * lda + p]);
      const float *column = b + (transpose_b ? p : (ptrdiff_t)p * ldb);
      ptrdiff_t stride = transpose_b ? ldb : 1;
      for (int j = 0; j < n; j++) row[j] += x * column[j * stride];
    }
  }
}

void mixflow_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                   const float *a, int lda, const float *b, int ldb, float beta, float *c,
                   int ldc) {
  mixflow_blas_load();
  if (library_sgemm)
    library_sgemm(row_major, transpose_a ? transpose : no_transpose,
                  transpose_b ? transpose : no_transpose, m, n, k, alpha, a, lda, b, ldb, beta, c,
                  ldc);
  else
    mixflow_sgemm_portable(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int mixflow_dsyevd(int n, double *a, double *eigenvalues) {
  pthread_once(&lapacke_once, load_lapacke);
  if (!library_dsyevd) return -1000;
  // Column-major eigenvectors in columns are rows of the same memory read row-major.
  return library_dsyevd(102, 'V', 'L', n, a, n, eigenvalues);
}
