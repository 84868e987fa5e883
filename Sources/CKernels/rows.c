#include <math.h>

#include "kernel.h"

KERNEL void mixflow_add_row(float *x, const float *bias, size_t rows, size_t width,
                            size_t stride) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    for (size_t j = 0; j < width; j++) row[j] += bias[j];
  }
}

KERNEL void mixflow_add_row_gelu_tanh(float *x, const float *bias, float *y, size_t rows,
                                      size_t width, size_t stride) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    float *out = y + r * stride;
    for (size_t j = 0; j < width; j++) {
      float value = row[j] + bias[j];
      row[j] = value;
      out[j] = gelu_tanh_inline(value);
    }
  }
}

// Sums of 64 rows go through one block on the stack, so that a sum of thousands of rows keeps the
// small error of a two-level sum.
enum { block_rows = 64, block_width = 256 };

KERNEL void mixflow_sum_rows(const float *x, float *sums, size_t rows, size_t width,
                             size_t stride) {
  float block[block_width];
  for (size_t start = 0; start < width; start += block_width) {
    size_t columns = width - start < block_width ? width - start : block_width;
    for (size_t first = 0; first < rows; first += block_rows) {
      size_t end = first + block_rows < rows ? first + block_rows : rows;
      for (size_t j = 0; j < columns; j++) block[j] = 0;
      for (size_t r = first; r < end; r++) {
        const float *row = x + r * stride + start;
        for (size_t j = 0; j < columns; j++) block[j] += row[j];
      }
      for (size_t j = 0; j < columns; j++) sums[start + j] += block[j];
    }
  }
}

INLINE float dot_inline(const float *x, const float *y, size_t count) {
  REASSOCIATE
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
  return sum;
}

// Four outputs at once load each x once. Which outputs share a step does not depend on the rows.
KERNEL void mixflow_row_products(const float *x, const float *w, float *y, size_t rows,
                                 size_t outputs, size_t inputs, size_t stride) {
  REASSOCIATE
  size_t n = 0;
  for (; n + 4 <= outputs; n += 4) {
    const float *w0 = w + n * inputs, *w1 = w0 + inputs, *w2 = w1 + inputs, *w3 = w2 + inputs;
    for (size_t r = 0; r < rows; r++) {
      const float *row = x + r * inputs;
      float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
      for (size_t i = 0; i < inputs; i++) {
        sum0 += row[i] * w0[i];
        sum1 += row[i] * w1[i];
        sum2 += row[i] * w2[i];
        sum3 += row[i] * w3[i];
      }
      float *out = y + r * stride + n;
      out[0] = sum0;
      out[1] = sum1;
      out[2] = sum2;
      out[3] = sum3;
    }
  }
  for (; n < outputs; n++)
    for (size_t r = 0; r < rows; r++)
      y[r * stride + n] = dot_inline(x + r * inputs, w + n * inputs, inputs);
}

// The lanes of a row's maximum: a plain reduction would need NaN rules switched off to vectorise.
enum { lanes = 16 };

INLINE float row_maximum(const float *row, size_t width) {
  float best[lanes];
  for (size_t l = 0; l < lanes; l++) best[l] = -INFINITY;
  size_t j = 0;
  for (; j + lanes <= width; j += lanes)
    for (size_t l = 0; l < lanes; l++) best[l] = row[j + l] > best[l] ? row[j + l] : best[l];
  for (; j < width; j++) best[0] = row[j] > best[0] ? row[j] : best[0];
  float maximum = best[0];
  for (size_t l = 1; l < lanes; l++) maximum = best[l] > maximum ? best[l] : maximum;
  return maximum;
}

KERNEL void mixflow_softmax(float *x, float *log_sums, size_t rows, size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * width;
    float maximum = row_maximum(row, width);
    float sum = 0;
    for (size_t j = 0; j < width; j++) {
      float e = exp_inline(row[j] - maximum);
      row[j] = e;
      sum += e;
    }
    float inverse = 1.0f / sum;
    for (size_t j = 0; j < width; j++) row[j] *= inverse;
    log_sums[r] = maximum + logf(sum);
  }
}

KERNEL void mixflow_softmax_again(float *x, const float *log_sums, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * width;
    for (size_t j = 0; j < width; j++) row[j] = exp_inline(row[j] - log_sums[r]);
  }
}

KERNEL void mixflow_softmax_backward(const float *p, float *dp, float scale, size_t rows,
                                     size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *probability = p + r * width;
    float *gradient = dp + r * width;
    float dot = 0;
    for (size_t j = 0; j < width; j++) dot += probability[j] * gradient[j];
    for (size_t j = 0; j < width; j++)
      gradient[j] = scale * probability[j] * (gradient[j] - dot);
  }
}
