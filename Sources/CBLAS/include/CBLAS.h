#ifndef MIXFLOW_CBLAS_H
#define MIXFLOW_CBLAS_H

#include <stdbool.h>

/// What the BLAS door found. Strings live as long as the process; none is NULL unless stated.
typedef struct {
  /// The path or name of the library that answered, or "built-in" for the portable fallback.
  const char *library;
  /// The library's own description of its build, or "" when it has none.
  const char *config;
  /// The kernel family that the library chose for this processor, or "".
  const char *core;
  /// The kernel family that this door asked for, or "" when the user or the library chose.
  const char *requested_core;
  /// Why no library could be loaded, or NULL when one was.
  const char *error;
} mixflow_blas_info;

/// Loads the BLAS once and tells what was found; later calls return the same answer.
///
/// The library is named by the environment variable MIXFLOW_BLAS, else it is OpenBLAS. OpenBLAS
/// chooses its kernels while it is loaded and old builds fall back to SSE3 ones on processors they
/// do not know, so the wanted family is put in OPENBLAS_CORETYPE first (unless the user did).
const mixflow_blas_info *mixflow_blas_load(void);

/// Whether the user names a BLAS by MIXFLOW_BLAS; it then computes all matrix products.
bool mixflow_blas_is_named(void);

/// C = alpha op(A) op(B) + beta C in row-major order, on the calling thread alone.
void mixflow_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                   const float *a, int lda, const float *b, int ldb, float beta, float *c,
                   int ldc);

/// The same product without a library: what mixflow_sgemm falls back to.
void mixflow_sgemm_portable(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                            const float *a, int lda, const float *b, int ldb, float beta, float *c,
                            int ldc);

/// Eigenvalues (ascending) and, in place of `a`, eigenvectors (rows, row-major) of the symmetric
/// n x n matrix `a`. Returns LAPACK's info: 0 on success, or -1000 when LAPACKE is not installed.
int mixflow_dsyevd(int n, double *a, double *eigenvalues);

#endif
