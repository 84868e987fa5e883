#include "kernel.h"

typedef float vector8 __attribute__((vector_size(32)));
typedef float unaligned8 __attribute__((vector_size(32), aligned(4)));

#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)

INLINE void transpose8(vector8 r[8]) {
  vector8 s[8], t[8];
  for (int i = 0; i < 8; i += 2) {
    s[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    s[i + 1] = SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; j++) {
      t[i + 2 * j] = SHUFFLE(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      t[i + 2 * j + 1] = SHUFFLE(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    r[i] = SHUFFLE(t[i], t[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = SHUFFLE(t[i], t[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// Up to 8 lines that lie along the depth, turned in blocks of 8 x 8 into rows of `width` with room for
// `room` of them. With less room than 8 a store reaches into the next depth, which is written after
// it; the last depths, which have no next, are written one by one.
INLINE void turn_lines(const float *x, size_t stride, float scale, size_t lines, size_t depth,
                       size_t width, size_t room, float *packed) {
  size_t k = 0;
  for (; k + 8 < depth; k += 8) {
    vector8 block[8];
    // The lines of the next group: each begins on a page of its own, where no prefetcher looks.
    if (k % 16 == 0)
      for (size_t i = 0; i < 8; i++) __builtin_prefetch(x + (width + i) * stride + k, 0, 2);
    for (size_t i = 0; i < 8; i++)
      block[i] = i < lines ? *(const unaligned8 *)(x + i * stride + k) * scale : (vector8){0};
    transpose8(block);
    for (size_t i = 0; i < 8; i++) *(unaligned8 *)(packed + (k + i) * width) = block[i];
  }
  size_t written = room < 8 ? room : 8;
  for (; k < depth; k++)
    for (size_t i = 0; i < written; i++)
      packed[k * width + i] = i < lines ? x[i * stride + k] * scale : 0;
}

// The parts of 8 lines go from last to first: only the last reaches over, into the first.
INLINE void turn_group(const float *x, size_t stride, float scale, size_t lines, size_t depth,
                       size_t width, float *packed) {
  for (size_t part = (width - 1) / 8 * 8;; part -= 8) {
    size_t rest = lines > part ? lines - part : 0;
    const float *start = x + (rest > 0 ? part * stride : 0);
    // The usual numbers of lines get code of their own, without a test for each.
    if (rest >= 8)
      turn_lines(start, stride, scale, 8, depth, width, width - part, packed + part);
    else if (rest == 6)
      turn_lines(start, stride, scale, 6, depth, width, width - part, packed + part);
    else
      turn_lines(start, stride, scale, rest, depth, width, width - part, packed + part);
    if (part == 0) return;
  }
}

// Four depths of 6 lines make three whole vectors.
INLINE void copy_sixes(const float *x, size_t stride, float scale, float *packed) {
  vector8 r0 = *(const unaligned8 *)x, r1 = *(const unaligned8 *)(x + stride);
  vector8 r2 = *(const unaligned8 *)(x + 2 * stride), r3 = *(const unaligned8 *)(x + 3 * stride);
  *(unaligned8 *)packed = SHUFFLE(r0, r1, 0, 1, 2, 3, 4, 5, 8, 9) * scale;
  *(unaligned8 *)(packed + 8) = SHUFFLE(r1, r2, 2, 3, 4, 5, 8, 9, 10, 11) * scale;
  *(unaligned8 *)(packed + 16) = SHUFFLE(r2, r3, 4, 5, 8, 9, 10, 11, 12, 13) * scale;
}

// Lines that lie across the depth: a row of the source holds one element of each. Rows of 8 may read
// and write past their own lines where `has_more` says that more lines follow in the source; what
// they wrote is overwritten by the next depth, and the last depth is written one by one.
INLINE void copy_group(const float *x, size_t stride, float scale, size_t lines, bool has_more,
                       size_t depth, bool is_end, size_t width, float *packed) {
  size_t k = 0;
  if (width == 6 && lines == 6 && has_more)
    for (; k + 4 <= depth; k += 4, x += 4 * stride, packed += 24)
      copy_sixes(x, stride, scale, packed);
  for (; k < depth; k++, x += stride, packed += width) {
    if (lines == width && (width % 8 == 0 || (has_more && !(is_end && k + 1 == depth)))) {
      for (size_t i = 0; i < width; i += 8)
        *(unaligned8 *)(packed + i) = *(const unaligned8 *)(x + i) * scale;
    } else {
      for (size_t i = 0; i < lines; i++) packed[i] = x[i] * scale;
      for (size_t i = lines; i < width; i++) packed[i] = 0;
    }
  }
}

// Few rows at a time, so that what is left of a cache line serves the next group from the cache.
INLINE void copy_groups(const float *x, size_t stride, float scale, size_t lines, size_t depth,
                        size_t width, float *packed) {
  enum { rows = 16 };
  for (size_t k = 0; k < depth; k += rows) {
    size_t count = depth - k < rows ? depth - k : rows;
    for (size_t first = 0; first < lines; first += width) {
      size_t present = lines - first < width ? lines - first : width;
      const float *source = x + k * stride + first;
      float *target = packed + first * depth + k * width;
      bool has_more = first + (width + 7) / 8 * 8 <= lines, is_end = k + count == depth;
      if (present == width)
        copy_group(source, stride, scale, width, has_more, count, is_end, width, target);
      else
        copy_group(source, stride, scale, present, false, count, is_end, width, target);
    }
  }
}

KERNEL void mixflow_pack(const float *x, size_t stride, bool along_depth, float scale,
                         size_t lines, size_t depth, size_t width, float *packed) {
  if (along_depth) {
    for (size_t first = 0; first < lines; first += width)
      turn_group(x + first * stride, stride, scale, lines - first < width ? lines - first : width,
                 depth, width, packed + first * depth);
    return;
  }
  // The usual widths get code of their own.
  switch (width) {
    case 6: return copy_groups(x, stride, scale, lines, depth, 6, packed);
    case 14: return copy_groups(x, stride, scale, lines, depth, 14, packed);
    case 16: return copy_groups(x, stride, scale, lines, depth, 16, packed);
    default: return copy_groups(x, stride, scale, lines, depth, width, packed);
  }
}
