#ifndef MIXFLOW_CKERNELS_H
#define MIXFLOW_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>

// Vector kernels over contiguous float32 rows. Each runs on the calling thread and computes every
// row by the same instructions wherever the caller cuts the rows apart, so results do not depend
// on how work is shared between threads. Where sums over rows are kept, `+=` is meant.

// MARK: Activations

/// y = x sigmoid(x)
void mixflow_silu(const float *x, float *y, size_t count);
/// dx = dy d silu(x) / dx
void mixflow_silu_backward(const float *x, const float *dy, float *dx, size_t count);
/// The tanh approximation of GELU.
void mixflow_gelu_tanh(const float *x, float *y, size_t count);
void mixflow_gelu_tanh_backward(const float *x, const float *dy, float *dx, size_t count);
/// The exact GELU, x Phi(x).
void mixflow_gelu_erf(const float *x, float *y, size_t count);
void mixflow_gelu_erf_backward(const float *x, const float *dy, float *dx, size_t count);

// MARK: Rows

/// x[r] += bias for each row
void mixflow_add_row(float *x, const float *bias, size_t rows, size_t width, size_t stride);
/// x[r] += bias, then y[r] = gelu_tanh(x[r])
void mixflow_add_row_gelu_tanh(float *x, const float *bias, float *y, size_t rows, size_t width);
/// sums[j] += sum over rows of x[r][j]
void mixflow_sum_rows(const float *x, float *sums, size_t rows, size_t width, size_t stride);
/// Softmax of each row in place; log_sums[r] receives log(sum(exp(x[r]))).
void mixflow_softmax(float *x, float *log_sums, size_t rows, size_t width);
/// x[r] = exp(x[r] - log_sums[r]), the softmax again from saved sums.
void mixflow_softmax_again(float *x, const float *log_sums, size_t rows, size_t width);
/// dx[r] = scale p[r] (dp[r] - dot(dp[r], p[r])); `dp` is overwritten by dx.
void mixflow_softmax_backward(const float *p, float *dp, float scale, size_t rows, size_t width);

// MARK: Layer normalisation

/// y[r] = (x[r] - mean) / sqrt(var + eps) * (offset + gain) + shift, with the biased variance.
///
/// `gain` and `shift` are one row each; offset is 1 for adaLN's modulate and 0 for an affine norm.
/// mean[r] and rstd[r] are kept for the backward pass.
void mixflow_layer_norm(const float *x, const float *gain, const float *shift, float offset,
                        float *y, float *mean, float *rstd, float eps, size_t rows, size_t width);
/// dx[r] (= or +=), dgain += sum dy xhat, dshift += sum dy.
void mixflow_layer_norm_backward(const float *x, const float *gain, float offset, const float *dy,
                                 const float *mean, const float *rstd, float *dx, bool accumulate,
                                 float *dgain, float *dshift, size_t rows, size_t width);
/// y[r] = x[r] + gate b[r]
void mixflow_gated_add(const float *x, const float *gate, const float *b, float *y, size_t rows,
                       size_t width);
/// db[r] = gate dy[r], dgate += sum dy b
void mixflow_gated_add_backward(const float *gate, const float *b, const float *dy, float *db,
                                float *dgate, size_t rows, size_t width);

// MARK: Vectors

/// y = a x + b y
void mixflow_axpby(float a, const float *x, float b, float *y, size_t count);
/// y = a x + b z
void mixflow_combine2(float a, const float *x, float b, const float *z, float *y, size_t count);
/// y = x z
void mixflow_multiply(const float *x, const float *z, float *y, size_t count);
/// The sum of x, of x y, of (x - y)^2, in double.
double mixflow_sum(const float *x, size_t count);
double mixflow_dot(const float *x, const float *y, size_t count);
double mixflow_squared_distance(const float *x, const float *y, size_t count);

/// What a tensor holds; scans add to it.
typedef struct {
  float low, high;  // of the finite elements; start from +infinity and -infinity
  double squares;   // the sum of the squares of the finite elements
  size_t nans, infinities;
} mixflow_scan_result;

/// Adds the elements of x to a result.
void mixflow_scan(const float *x, size_t count, mixflow_scan_result *result);

// MARK: Peak

typedef struct {
  /// The registers that were used, such as "AVX2".
  const char *registers;
  /// The floating-point operations that were made, a fused multiply-add being two.
  double operations;
} mixflow_peak_run;

/// Keeps the units for fused multiply-adds of one core busy in the widest registers there are.
mixflow_peak_run mixflow_run_peak(size_t rounds);

// MARK: Optimizer

/// The constants of one AdamW update; see PyTorch's torch.optim.AdamW.
typedef struct {
  float gradient_scale;  // the clipping factor
  float decay;           // 1 - lr * weight_decay
  float beta1, beta2;
  float step_size;       // lr / (1 - beta1^t)
  float second_scale;    // 1 / sqrt(1 - beta2^t)
  float eps;
  float ema_decay;
} mixflow_adamw;

/// Updates parameter, moments and EMA in one pass.
void mixflow_adamw_step(const mixflow_adamw *constants, float *parameter, const float *gradient,
                        float *first, float *second, float *ema, size_t count);

#endif
