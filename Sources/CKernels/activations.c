#include <math.h>

#include "kernel.h"

KERNEL void mixflow_silu(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] * sigmoid_inline(x[i]);
}

KERNEL void mixflow_silu_backward(const float *x, const float *dy, float *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float s = sigmoid_inline(x[i]);
    dx[i] = dy[i] * s * (1.0f + x[i] * (1.0f - s));
  }
}

KERNEL void mixflow_gelu_tanh(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = gelu_tanh_inline(x[i]);
}

KERNEL void mixflow_gelu_tanh_backward(const float *x, const float *dy, float *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float s = sigmoid_inline(gelu_tanh_argument(x[i]));
    float slope = 1.5957691216057308f + 0.21406444881479868f * (x[i] * x[i]);
    dx[i] = dy[i] * (s + x[i] * (s * (1.0f - s)) * slope);
  }
}

/// exp(-x^2 / 2), the density of the normal distribution up to its constant.
INLINE float normal_density_inline(float x) { return exp_inline(-0.5f * (x * x)); }

/// The normal distribution's mass below x, of which `density` is exp(-x^2 / 2).
///
/// The quotient of the mass beyond |x| and the density is smooth: a polynomial in |x| / (4 + |x|),
/// fitted up to |x| = 14 to a relative error of 2e-8. Unlike 1 + erf(x), it loses few digits where
/// the mass is small.
INLINE float normal_cumulative_inline(float x, float density) {
  float t = fabsf(x);
  t = t > 14.0f ? 14.0f : t;
  float w = t / (4.0f + t);
  float p = -0.03394687672827769f;
  p = p * w + 0.10934378296141758f;
  p = p * w - 0.04766585917126426f;
  p = p * w - 0.20989865602704663f;
  p = p * w + 0.10994107010486445f;
  p = p * w + 0.8699363448367424f;
  p = p * w - 2.1061602907680768f;
  p = p * w + 2.404196823875468f;
  p = p * w - 1.595767932257563f;
  p = p * w + 0.5f;
  p = p * density;
  return x > 0.0f ? 1.0f - p : p;
}

KERNEL void mixflow_gelu_erf(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++)
    y[i] = x[i] * normal_cumulative_inline(x[i], normal_density_inline(x[i]));
}

KERNEL void mixflow_gelu_erf_backward(const float *x, const float *dy, float *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float density = normal_density_inline(x[i]);
    float cumulative = normal_cumulative_inline(x[i], density);
    dx[i] = dy[i] * (cumulative + x[i] * (0.39894228f * density));
  }
}

KERNEL void mixflow_swiglu(const float *x, float *y, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *gate = x + r * 2 * width, *value = gate + width;
    float *out = y + r * width;
    for (size_t j = 0; j < width; j++) out[j] = gate[j] * sigmoid_inline(gate[j]) * value[j];
  }
}

KERNEL void mixflow_swiglu_backward(const float *x, const float *restrict dy, float *restrict dx,
                                    size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *gate = x + r * 2 * width, *value = gate + width;
    const float *gradient = dy + r * width;
    float *dgate = dx + r * 2 * width, *dvalue = dgate + width;
    for (size_t j = 0; j < width; j++) {
      float s = sigmoid_inline(gate[j]);
      dgate[j] = gradient[j] * value[j] * s * (1.0f + gate[j] * (1.0f - s));
    }
    for (size_t j = 0; j < width; j++)
      dvalue[j] = gradient[j] * gate[j] * sigmoid_inline(gate[j]);
  }
}
