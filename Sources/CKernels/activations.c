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

void mixflow_gelu_erf(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1.0f + erff(x[i] * 0.70710678f));
}

void mixflow_gelu_erf_backward(const float *x, const float *dy, float *dx, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float cumulative = 0.5f * (1.0f + erff(x[i] * 0.70710678f));
    float density = 0.39894228f * exp_inline(-0.5f * x[i] * x[i]);
    dx[i] = dy[i] * (cumulative + x[i] * density);
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
