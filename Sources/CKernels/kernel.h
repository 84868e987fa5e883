#ifndef MIXFLOW_KERNEL_H
#define MIXFLOW_KERNEL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

// Each kernel is compiled three times and the loader picks by processor, so that no compiler flag
// is needed and an old machine still runs.
#if defined(__x86_64__) && defined(__linux__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif

#define INLINE static inline __attribute__((always_inline))

// Lets the compiler keep a sum in several lanes; must open the body of a function.
#define REASSOCIATE _Pragma("clang fp reassociate(on)")

/// The square root as one instruction: the library's sqrtf also sets errno, which keeps a loop scalar.
#if __has_builtin(__builtin_elementwise_sqrt)
#define SQRT(x) __builtin_elementwise_sqrt(x)
#else
#define SQRT(x) sqrtf(x)
#endif

/// exp(x) to about one unit in the last place, without a call, so that loops vectorise.
INLINE float exp_inline(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float n = x * 1.44269504088896f + round;
  n -= round;
  float r = x - n * 0.693359375f;
  r += n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

INLINE float sigmoid_inline(float x) { return 1.0f / (1.0f + exp_inline(-x)); }

/// 2 u(x), where GELU's tanh form is x sigmoid(2 u).
INLINE float gelu_tanh_argument(float x) {
  return x * (1.5957691216057308f + 0.07135481627159956f * (x * x));
}

INLINE float gelu_tanh_inline(float x) { return x * sigmoid_inline(gelu_tanh_argument(x)); }

#endif
