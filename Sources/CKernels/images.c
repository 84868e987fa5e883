#include "kernel.h"

/// The range of output columns whose tap `kx` falls inside a row of the image.
INLINE void inside_columns(const mixflow_convolution *g, size_t kx, size_t *first, size_t *end) {
  size_t stride = g->stride;
  size_t low = kx < g->left ? (g->left - kx + stride - 1) / stride : 0;
  // Tap ox * stride + kx - left stays below width.
  size_t high = g->width + g->left > kx ? (g->width + g->left - kx + stride - 1) / stride : 0;
  *end = high < g->out_width ? high : g->out_width;
  *first = low < *end ? low : *end;
}

KERNEL void mixflow_unfold(const mixflow_convolution *geometry, const float *plane,
                           size_t first_row, size_t rows, float *restrict columns) {
  const mixflow_convolution g = *geometry;
  for (size_t ky = 0; ky < g.kernel; ky++)
    for (size_t kx = 0; kx < g.kernel; kx++) {
      size_t first, end;
      inside_columns(&g, kx, &first, &end);
      for (size_t r = 0; r < rows; r++, columns += g.out_width) {
        size_t y = (first_row + r) * g.stride + ky;
        if (y < g.top || y - g.top >= g.height) {
          memset(columns, 0, g.out_width * sizeof *columns);
          continue;
        }
        const float *row = plane + (y - g.top) * g.width;
        for (size_t x = 0; x < first; x++) columns[x] = 0;
        if (g.stride == 1)
          for (size_t x = first; x < end; x++) columns[x] = row[x + kx - g.left];
        else
          for (size_t x = first; x < end; x++) columns[x] = row[x * g.stride + kx - g.left];
        for (size_t x = end; x < g.out_width; x++) columns[x] = 0;
      }
    }
}

KERNEL void mixflow_fold(const mixflow_convolution *geometry, const float *columns,
                         size_t first_row, size_t rows, float *restrict plane) {
  const mixflow_convolution g = *geometry;
  for (size_t ky = 0; ky < g.kernel; ky++)
    for (size_t kx = 0; kx < g.kernel; kx++) {
      size_t first, end;
      inside_columns(&g, kx, &first, &end);
      for (size_t r = 0; r < rows; r++, columns += g.out_width) {
        size_t y = (first_row + r) * g.stride + ky;
        if (y < g.top || y - g.top >= g.height) continue;
        float *row = plane + (y - g.top) * g.width;
        if (g.stride == 1)
          for (size_t x = first; x < end; x++) row[x + kx - g.left] += columns[x];
        else
          for (size_t x = first; x < end; x++) row[x * g.stride + kx - g.left] += columns[x];
      }
    }
}

KERNEL void mixflow_upsample2x(const float *x, float *restrict y, size_t height, size_t width) {
  for (size_t r = 0; r < height; r++) {
    const float *row = x + r * width;
    float *out = y + 4 * r * width;
    for (size_t j = 0; j < width; j++) {
      out[2 * j] = row[j];
      out[2 * j + 1] = row[j];
    }
    memcpy(out + 2 * width, out, 2 * width * sizeof *out);
  }
}

KERNEL void mixflow_upsample2x_backward(const float *dy, float *restrict dx, size_t height,
                                        size_t width) {
  for (size_t r = 0; r < height; r++) {
    const float *upper = dy + 4 * r * width, *lower = upper + 2 * width;
    float *out = dx + r * width;
    for (size_t j = 0; j < width; j++)
      out[j] = (upper[2 * j] + upper[2 * j + 1]) + (lower[2 * j] + lower[2 * j + 1]);
  }
}
