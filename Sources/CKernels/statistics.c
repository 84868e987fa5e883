#include "kernel.h"

enum { lanes = 16 };

/// What each lane has seen of finite elements.
typedef struct {
  float low[lanes], high[lanes];
  double squares[lanes];
} lane_scan;

/// Adds whole rows of lanes; returns whether all of them were finite, else the sums are worthless.
INLINE int scan_rows(const float *x, size_t rows, lane_scan *scan) {
  int32_t largest[lanes] = {0};
  for (size_t i = 0; i < rows; i++, x += lanes)
    for (int j = 0; j < lanes; j++) {
      float v = x[j];
      int32_t bits;
      memcpy(&bits, &v, sizeof bits);
      bits &= 0x7fffffff;
      largest[j] = bits > largest[j] ? bits : largest[j];
      scan->low[j] = v < scan->low[j] ? v : scan->low[j];
      scan->high[j] = v > scan->high[j] ? v : scan->high[j];
      scan->squares[j] += (double)v * v;
    }
  int32_t bits = 0;
  for (int j = 0; j < lanes; j++) bits = largest[j] > bits ? largest[j] : bits;
  return bits < 0x7f800000;
}

/// Adds elements one by one.
INLINE void scan_each(const float *x, size_t count, mixflow_scan_result *result) {
  for (size_t i = 0; i < count; i++) {
    float v = x[i];
    if (isnan(v)) {
      result->nans++;
    } else if (isinf(v)) {
      result->infinities++;
    } else {
      result->low = v < result->low ? v : result->low;
      result->high = v > result->high ? v : result->high;
      result->squares += (double)v * v;
    }
  }
}

KERNEL void mixflow_scan(const float *x, size_t count, mixflow_scan_result *result) {
  lane_scan scan;
  for (int j = 0; j < lanes; j++)
    scan.low[j] = INFINITY, scan.high[j] = -INFINITY, scan.squares[j] = 0;
  size_t rows = count / lanes;
  if (!scan_rows(x, rows, &scan)) {
    scan_each(x, count, result);
    return;
  }
  for (int j = 0; j < lanes; j++) {
    result->low = scan.low[j] < result->low ? scan.low[j] : result->low;
    result->high = scan.high[j] > result->high ? scan.high[j] : result->high;
    result->squares += scan.squares[j];
  }
  scan_each(x + rows * lanes, count - rows * lanes, result);
}
