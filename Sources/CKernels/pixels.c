#include <stddef.h>

#include "kernel.h"

// Copies lanes `low` to `high` of each channel under one tap; the others are zero.
INLINE void copy_lanes(const float *plane, size_t area, ptrdiff_t start, size_t low, size_t high,
                       size_t channels, size_t taps, size_t width, float *restrict packed) {
  for (size_t c = 0; c < channels; c++, plane += area, packed += taps * width) {
    if (low == 0 && high == width) {
      memcpy(packed, plane + start, width * sizeof *packed);
      continue;
    }
    for (size_t i = 0; i < width; i++) packed[i] = 0;
    for (size_t i = low; i < high; i++) packed[i] = plane[start + (ptrdiff_t)i];
  }
}

// Lanes that lie in several rows of the picture, or apart from each other, are looked up one by one.
INLINE void gather_lanes(const mixflow_convolution *g, const float *plane, size_t first,
                         size_t lanes, size_t ky, size_t kx, size_t channels, size_t width,
                         float *restrict packed) {
  size_t area = g->height * g->width, taps = g->kernel * g->kernel;
  for (size_t i = 0; i < width; i++) {
    size_t y = (first + i) / g->out_width * g->stride + ky;
    size_t x = (first + i) % g->out_width * g->stride + kx;
    bool inside = i < lanes && y >= g->top && y - g->top < g->height && x >= g->left &&
                  x - g->left < g->width;
    size_t pixel = inside ? (y - g->top) * g->width + (x - g->left) : 0;
    for (size_t c = 0; c < channels; c++)
      packed[c * taps * width + i] = inside ? plane[c * area + pixel] : 0;
  }
}

INLINE void pack_groups(const mixflow_convolution *g, const float *planes, size_t channels,
                        size_t first, size_t pixels, size_t width, float *restrict packed) {
  size_t area = g->height * g->width, taps = g->kernel * g->kernel;
  for (size_t done = 0; done < pixels; done += width, packed += channels * taps * width) {
    size_t lanes = pixels - done < width ? pixels - done : width;
    size_t row = (first + done) / g->out_width, column = (first + done) % g->out_width;
    bool is_run = g->stride == 1 && column + lanes <= g->out_width;
    for (size_t ky = 0; ky < g->kernel; ky++)
      for (size_t kx = 0; kx < g->kernel; kx++) {
        float *target = packed + (ky * g->kernel + kx) * width;
        if (!is_run) {
          gather_lanes(g, planes, first + done, lanes, ky, kx, channels, width, target);
          continue;
        }
        size_t y = row + ky, x = column + kx;
        bool is_inside = y >= g->top && y - g->top < g->height;
        // Lane i reads column x + i - left of the picture.
        size_t high = is_inside && g->width + g->left > x ? g->width + g->left - x : 0;
        high = high < lanes ? high : lanes;
        size_t low = x < g->left ? g->left - x : 0;
        low = low < high ? low : high;
        ptrdiff_t start = ((ptrdiff_t)y - (ptrdiff_t)g->top) * (ptrdiff_t)g->width +
                          (ptrdiff_t)x - (ptrdiff_t)g->left;
        copy_lanes(planes, area, start, low, high, channels, taps, width, target);
      }
  }
}

KERNEL void mixflow_pack_pixels(const mixflow_convolution *geometry, const float *planes,
                                size_t channels, size_t first, size_t pixels, size_t width,
                                float *packed) {
  // The usual widths get code of their own.
  switch (width) {
    case 16: return pack_groups(geometry, planes, channels, first, pixels, 16, packed);
    case 32: return pack_groups(geometry, planes, channels, first, pixels, 32, packed);
    default: return pack_groups(geometry, planes, channels, first, pixels, width, packed);
  }
}
