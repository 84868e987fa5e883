#include "kernel.h"

enum { lanes = 16 };

KERNEL void mixflow_scan(const float *x, size_t count, mixflow_scan_result *result) {
  REASSOCIATE
  float low[lanes], high[lanes];
  for (int j = 0; j < lanes; j++) low[j] = INFINITY, high[j] = -INFINITY;
  double squares = 0;
  size_t nans = 0, infinities = 0;
  size_t whole = count / lanes * lanes;
  for (size_t i = 0; i < count; i += lanes) {
    // The rest is padded with zeros that count for nothing.
    float padded[lanes] = {0};
    const float *block = x + i;
    int used = i < whole ? lanes : (int)(count - whole);
    if (used < lanes) {
      memcpy(padded, block, (size_t)used * sizeof *block);
      block = padded;
    }
    int bad = 0;
    for (int j = 0; j < lanes; j++) {
      int32_t bits;
      memcpy(&bits, block + j, sizeof bits);
      bad += (bits & 0x7f800000) == 0x7f800000;
    }
    if (bad || used < lanes) {
      for (int j = 0; j < used; j++) {
        float v = block[j];
        if (isnan(v)) {
          nans++;
        } else if (isinf(v)) {
          infinities++;
        } else {
          low[j] = v < low[j] ? v : low[j];
          high[j] = v > high[j] ? v : high[j];
          squares += (double)v * v;
        }
      }
      continue;
    }
    double block_sum = 0;
    for (int j = 0; j < lanes; j++) block_sum += (double)block[j] * block[j];
    squares += block_sum;
    for (int j = 0; j < lanes; j++) {
      low[j] = block[j] < low[j] ? block[j] : low[j];
      high[j] = block[j] > high[j] ? block[j] : high[j];
    }
  }
  for (int j = 0; j < lanes; j++) {
    if (low[j] < result->low) result->low = low[j];
    if (high[j] > result->high) result->high = high[j];
  }
  result->squares += squares;
  result->nans += nans;
  result->infinities += infinities;
}
