#include "kernel.h"

// Conversions in integer arithmetic, which every instruction set vectorises, and which needs neither
// the compiler's half type nor its library. Memory is the limit either way.

INLINE float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The half at any address.
INLINE uint32_t load_half(const unsigned char *bytes, size_t i) {
  uint16_t half;
  memcpy(&half, bytes + 2 * i, sizeof half);
  return half;
}

INLINE void store_half(unsigned char *bytes, size_t i, uint32_t bits) {
  uint16_t half = (uint16_t)bits;
  memcpy(bytes + 2 * i, &half, sizeof half);
}

enum { float_infinity = 0x7f800000, half_infinity = 0x7c00 };

INLINE float widen_float16(uint32_t half) {
  uint32_t bits = (half & 0x7fff) << 13;
  uint32_t exponent = bits & half_infinity << 13;
  // The bias grows by 112; that of infinities and NaNs as much again.
  bits += 112u << 23;
  bits += exponent == half_infinity << 13 ? 112u << 23 : 0;
  // A subnormal lacks the leading one: it is made a normal one and that taken away.
  float small = from_bits(bits + (1u << 23)) - from_bits(113u << 23);
  bits = exponent == 0 ? to_bits(small) : bits;
  return from_bits(bits | (half & 0x8000) << 16);
}

INLINE uint32_t narrow_float16(float value) {
  uint32_t sign = to_bits(value) & 0x80000000, bits = to_bits(value) ^ sign;
  // Added to one half, a subnormal is rounded in the sum's last places.
  uint32_t small = to_bits(from_bits(bits) + 0.5f) - to_bits(0.5f);
  // Ties go to even; the carry may lead to infinity, where it belongs.
  uint32_t normal = (bits - (112u << 23) + 0xfff + (bits >> 13 & 1)) >> 13;
  uint32_t nan = half_infinity | 0x200 | (bits >> 13 & 0x3ff);
  uint32_t half = bits < 113u << 23 ? small : normal;
  half = bits >= 143u << 23 ? half_infinity : half;
  half = bits > float_infinity ? nan : half;
  return half | sign >> 16;
}

INLINE uint32_t narrow_bfloat16(float value) {
  uint32_t bits = to_bits(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  // Rounding could turn a NaN into an infinity; it keeps its upper payload and is made quiet.
  return (bits & 0x7fffffff) > float_infinity ? bits >> 16 | 0x40 : rounded;
}

KERNEL void mixflow_widen_float16(const void *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = widen_float16(load_half(x, i));
}

KERNEL void mixflow_widen_bfloat16(const void *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = from_bits(load_half(x, i) << 16);
}

KERNEL bool mixflow_narrow_float16(const float *x, void *y, size_t count) {
  uint32_t overflows = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t half = narrow_float16(x[i]);
    uint32_t size = to_bits(x[i]) & 0x7fffffff;
    overflows |= (uint32_t)((half & 0x7fff) == half_infinity) & (size < float_infinity);
    store_half(y, i, half);
  }
  return !overflows;
}

KERNEL bool mixflow_narrow_bfloat16(const float *x, void *y, size_t count) {
  uint32_t overflows = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t half = narrow_bfloat16(x[i]);
    uint32_t size = to_bits(x[i]) & 0x7fffffff;
    overflows |= (uint32_t)((half & 0x7fff) == float_infinity >> 16) & (size < float_infinity);
    store_half(y, i, half);
  }
  return !overflows;
}
