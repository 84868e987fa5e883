#ifndef MIXFLOW_CKERNELS_H
#define MIXFLOW_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>

// Vector kernels over contiguous float32 rows. Each runs on the calling thread and computes every
// row by the same instructions wherever the caller cuts the rows apart, so results do not depend
// on how work is shared between threads. Where sums over rows are kept, `+=` is meant.

// MARK: Machine

/// The number of processors that this process may run on, as taskset or a batch system set it.
int mixflow_allowed_processors(void);

/// Tells the processor that the thread waits in a loop.
static inline void mixflow_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// MARK: Matrix products

/// The part of a product whose sums the processor keeps in registers: the width of packed factors.
typedef struct {
  /// Rows of a tile; 0 where products are left to the BLAS.
  size_t rows;
  /// Columns of a tile.
  size_t columns;
  /// The instruction set, or "".
  const char *instructions;
} mixflow_tile;

/// The tile of this processor.
mixflow_tile mixflow_product_tile(void);

/// Arranges lines of a factor (rows of the left, columns of the right one) in groups of `width`,
/// depth by depth: packed[g][k][i] = scale * line[g * width + i][k], zero past the last line.
///
/// Lines lie along the depth, line[i][k] = x[i * stride + k], or across it, x[k * stride + i].
void mixflow_pack(const float *x, size_t stride, bool along_depth, float scale, size_t lines,
                  size_t depth, size_t width, float *packed);

/// c = a b, or c += a b, for factors packed in the widths of the tile.
void mixflow_multiply_packed(size_t rows, size_t columns, size_t depth, const float *a,
                             const float *b, float *c, size_t stride, bool add);

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
/// y[r] = silu(x[r][:width]) x[r][width:], from rows of 2 width to rows of width.
void mixflow_swiglu(const float *x, float *y, size_t rows, size_t width);
void mixflow_swiglu_backward(const float *x, const float *dy, float *dx, size_t rows,
                             size_t width);

// MARK: Rows

/// x[r] += bias for each row
void mixflow_add_row(float *x, const float *bias, size_t rows, size_t width, size_t stride);
/// x[r] += bias, then y[r] = gelu_tanh(x[r])
void mixflow_add_row_gelu_tanh(float *x, const float *bias, float *y, size_t rows, size_t width,
                               size_t stride);
/// sums[j] += sum over rows of x[r][j]
void mixflow_sum_rows(const float *x, float *sums, size_t rows, size_t width, size_t stride);
/// y[r][n] = dot(x[r], w[n]); each element alone, so that a row does not depend on its neighbours.
void mixflow_row_products(const float *x, const float *w, float *y, size_t rows, size_t outputs,
                          size_t inputs, size_t stride);
/// Softmax of each row in place; log_sums[r] receives log(sum(exp(x[r]))).
void mixflow_softmax(float *x, float *log_sums, size_t rows, size_t width);
/// x[r] = exp(x[r] - log_sums[r]), the softmax again from saved sums.
void mixflow_softmax_again(float *x, const float *log_sums, size_t rows, size_t width);
/// dx[r] = scale p[r] (dp[r] - dot(dp[r], p[r])); `dp` is overwritten by dx.
void mixflow_softmax_backward(const float *p, float *dp, float scale, size_t rows, size_t width);

// MARK: Normalisation

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
/// y[r] = x[r] / sqrt(mean(x[r]^2) + eps) gain; rrms[r] keeps the reciprocal root.
void mixflow_rms_norm(const float *x, const float *gain, float *y, float *rrms, float eps,
                      size_t rows, size_t width);
/// dx[r] =, dgain += sum dy xhat
void mixflow_rms_norm_backward(const float *x, const float *gain, const float *dy,
                               const float *rrms, float *dx, float *dgain, size_t rows,
                               size_t width);
/// y[r] = x[r] / sqrt(mean(x[r]^2) + eps) weight (1 + scale) + shift
void mixflow_rms_norm_modulate(const float *x, const float *weight, const float *scale,
                               const float *shift, float *y, float *rrms, float eps, size_t rows,
                               size_t width);
/// dx[r] =, dweight += sum dy xhat (1 + scale), dscale += sum dy xhat weight, dshift += sum dy
void mixflow_rms_norm_modulate_backward(const float *x, const float *weight, const float *scale,
                                        const float *dy, const float *rrms, float *dx,
                                        float *dweight, float *dscale, float *dshift, size_t rows,
                                        size_t width);
/// y[r] = x[r] / max(|x[r]|, eps); norms[r] = |x[r]|
void mixflow_l2_normalize(const float *x, float *y, float *norms, float eps, size_t rows,
                          size_t width);
/// dx[r] from the unit rows y and the norms.
void mixflow_l2_normalize_backward(const float *y, const float *norms, const float *dy, float *dx,
                                   float eps, size_t rows, size_t width);
/// One group of a group norm: `channels` planes of `pixels`, with a gain and a shift per channel.
void mixflow_group_norm(const float *x, const float *gain, const float *shift, float *y,
                        float *mean, float *rstd, float eps, size_t channels, size_t pixels);
/// dx =, dgain[c] = sum dy xhat, dshift[c] = sum dy over the planes of this group.
void mixflow_group_norm_backward(const float *x, const float *gain, const float *dy, float mean,
                                 float rstd, float *dx, float *dgain, float *dshift,
                                 size_t channels, size_t pixels);

// MARK: Images

/// The geometry of a convolution with a square kernel over one plane; `top` and `left` are the
/// zeros before it, those behind it follow from the sizes.
typedef struct {
  size_t height, width;
  size_t kernel, stride, top, left;
  size_t out_height, out_width;
} mixflow_convolution;

/// columns[ky kernel + kx][r out_width + x] = the pixel under tap (ky, kx) of output (first_row + r,
/// x), for one plane.
void mixflow_unfold(const mixflow_convolution *geometry, const float *plane, size_t first_row,
                    size_t rows, float *columns);
/// The pixels under the taps of outputs `first` to `first + pixels`, arranged for the product of tiles
/// as mixflow_pack does: packed[g][(c kernel + ky) kernel + kx][i] is that of output first + g width
/// + i in plane c, zero past the last output.
void mixflow_pack_pixels(const mixflow_convolution *geometry, const float *planes, size_t channels,
                         size_t first, size_t pixels, size_t width, float *packed);
/// The transpose of unfold: plane += each column where it came from.
void mixflow_fold(const mixflow_convolution *geometry, const float *columns, size_t first_row,
                  size_t rows, float *plane);
/// Each pixel of a plane four times.
void mixflow_upsample2x(const float *x, float *y, size_t height, size_t width);
/// dx = the sums of four; height and width are those of dx.
void mixflow_upsample2x_backward(const float *dy, float *dx, size_t height, size_t width);

// MARK: Rotary embedding

/// y = x cos + direction rot(x) sin for the heads of one token, where rot maps each neighbouring
/// pair (a, b) to (-b, a). cosines and sines are one row of `width`, each pair with one angle.
void mixflow_rotate(const float *x, const float *cosines, const float *sines, float direction,
                    float *y, size_t heads, size_t width);

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

// MARK: Half precision

/// y = x, little-endian floats of 16 bits at any address.
void mixflow_widen_float16(const void *x, float *y, size_t count);
void mixflow_widen_bfloat16(const void *x, float *y, size_t count);
/// y = x rounded to nearest, ties to even; false if a finite element became infinite.
bool mixflow_narrow_float16(const float *x, void *y, size_t count);
bool mixflow_narrow_bfloat16(const float *x, void *y, size_t count);

// MARK: Statistics

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
  float rest1, rest2;    // 1 - beta1, 1 - beta2, each rounded once
  float step_size;       // lr / (1 - beta1^t)
  float second_scale;    // 1 / sqrt(1 - beta2^t)
  float eps;
  float ema_decay, ema_rest;
} mixflow_adamw;

/// Updates parameter, moments and EMA in one pass.
void mixflow_adamw_step(const mixflow_adamw *constants, float *parameter, const float *gradient,
                        float *first, float *second, float *ema, size_t count);

#endif
