#include "kernel.h"

KERNEL void mixflow_axpby(float a, const float *x, float b, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = a * x[i] + b * y[i];
}

KERNEL void mixflow_combine2(float a, const float *x, float b, const float *z, float *y,
                             size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = a * x[i] + b * z[i];
}

KERNEL void mixflow_multiply(const float *x, const float *z, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] * z[i];
}

KERNEL double mixflow_sum(const float *x, size_t count) {
  REASSOCIATE
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)x[i];
  return sum;
}

KERNEL double mixflow_dot(const float *x, const float *y, size_t count) {
  REASSOCIATE
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

KERNEL double mixflow_squared_distance(const float *x, const float *y, size_t count) {
  REASSOCIATE
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    double d = (double)x[i] - (double)y[i];
    sum += d * d;
  }
  return sum;
}
