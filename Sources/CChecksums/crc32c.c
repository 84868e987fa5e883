#include "CChecksums.h"

#include <stdbool.h>
#include <string.h>

// Bits are reflected, as in iSCSI (RFC 3720), ext4 and the instruction of SSE 4.2.
static const uint32_t polynomial = 0x82f63b78;

uint32_t mixflow_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  // Sixteen entries, a nibble at a time: small enough to be made anew for each call.
  uint32_t table[16];
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 4; bit++) value = (value >> 1) ^ (value & 1 ? polynomial : 0);
    table[i] = value;
  }
  const unsigned char *byte = bytes;
  crc = ~crc;
  for (size_t i = 0; i < count; i++) {
    crc ^= byte[i];
    crc = (crc >> 4) ^ table[crc & 15];
    crc = (crc >> 4) ^ table[crc & 15];
  }
  return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)

__attribute__((target("sse4.2"))) static uint32_t with_instruction(
    uint32_t crc, const unsigned char *bytes, size_t count) {
  uint64_t state = ~crc;
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  uint32_t rest = (uint32_t)state;
  for (; count > 0; count--, bytes++) rest = __builtin_ia32_crc32qi(rest, *bytes);
  return ~rest;
}

uint32_t mixflow_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return __builtin_cpu_supports("sse4.2") ? with_instruction(crc, bytes, count)
                                          : mixflow_crc32c_portable(crc, bytes, count);
}

#else

uint32_t mixflow_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return mixflow_crc32c_portable(crc, bytes, count);
}

#endif
