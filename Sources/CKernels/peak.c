#include "CKernels.h"

#include "kernel.h"

// Enough independent chains to hide the latency of a fused multiply-add on every unit of a core.
enum { chains = 12, steps = 64 };

typedef float vector4 __attribute__((vector_size(16)));
typedef float vector8 __attribute__((vector_size(32)));
typedef float vector16 __attribute__((vector_size(64)));

// The multiplication and the addition contract to one instruction where the target has it. The
// empty assembly keeps the sums alive and the rounds apart.
#define BODY(vector, lanes)                                                        \
  _Pragma("clang fp contract(fast)")                                               \
  vector sum[chains], factor, term;                                                \
  for (int j = 0; j < lanes; j++) factor[j] = 0.999f, term[j] = 1e-3f;             \
  for (int i = 0; i < chains; i++) sum[i] = term;                                  \
  for (size_t r = 0; r < rounds; r++) {                                            \
    for (int s = 0; s < steps; s++)                                                \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) sum[i] = \
          sum[i] * factor + term;                                                  \
    __asm__ volatile("" : : "m"(sum) : "memory");                                  \
  }                                                                                \
  return 2.0 * lanes * chains * steps * (double)rounds;

static double run_portable(size_t rounds) { BODY(vector4, 4) }

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static double run_avx2(size_t rounds) { BODY(vector8, 8) }
__attribute__((target("avx512f"))) static double run_avx512(size_t rounds) { BODY(vector16, 16) }
#endif

mixflow_peak_run mixflow_run_peak(size_t rounds) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f"))
    return (mixflow_peak_run){"AVX-512", run_avx512(rounds)};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (mixflow_peak_run){"AVX2", run_avx2(rounds)};
#endif
  return (mixflow_peak_run){"128-bit", run_portable(rounds)};
}
