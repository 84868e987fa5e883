#include "kernel.h"

#define UNROLL _Pragma("clang loop unroll(full)")

typedef void (*product_function)(size_t rows, size_t columns, size_t depth, const float *a,
                                 const float *b, float *c, size_t stride, bool add);

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(part) avx2_##part
#define LANES 8
#define TILE_ROWS 6
#include "product_tile.h"
#undef NAME
#undef LANES
#undef TILE_ROWS
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"))), \
                             apply_to = function)
#define NAME(part) avx512_##part
#define LANES 16
#define TILE_ROWS 14
#include "product_tile.h"
#undef NAME
#undef LANES
#undef TILE_ROWS
#pragma clang attribute pop

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

mixflow_tile mixflow_product_tile(void) {
  __builtin_cpu_init();
  if (has_avx512()) return (mixflow_tile){14, 32, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (mixflow_tile){6, 16, "AVX2"};
  return (mixflow_tile){0, 0, ""};
}

void mixflow_multiply_packed(size_t rows, size_t columns, size_t depth, const float *a,
                             const float *b, float *c, size_t stride, bool add) {
  static product_function chosen;
  product_function product = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (!product) {
    __builtin_cpu_init();
    product = has_avx512() ? avx512_product : avx2_product;
    __atomic_store_n(&chosen, product, __ATOMIC_RELAXED);
  }
  product(rows, columns, depth, a, b, c, stride, add);
}

#else

mixflow_tile mixflow_product_tile(void) { return (mixflow_tile){0, 0, ""}; }

void mixflow_multiply_packed(size_t rows, size_t columns, size_t depth, const float *a,
                             const float *b, float *c, size_t stride, bool add) {
  __builtin_trap();  // Unreachable: there is no tile to pack for.
}

#endif
