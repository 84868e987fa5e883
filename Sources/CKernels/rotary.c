#include "kernel.h"

KERNEL void mixflow_rotate(const float *x, const float *cosines, const float *sines,
                           float direction, float *restrict y, size_t heads, size_t width) {
  for (size_t h = 0; h < heads; h++) {
    const float *in = x + h * width;
    float *out = y + h * width;
    for (size_t j = 0; j + 1 < width; j += 2) {
      float a = in[j], b = in[j + 1];
      out[j] = a * cosines[j] - direction * sines[j] * b;
      out[j + 1] = b * cosines[j + 1] + direction * sines[j + 1] * a;
    }
  }
}
