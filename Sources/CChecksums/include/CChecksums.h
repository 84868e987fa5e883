#ifndef MIXFLOW_CHECKSUMS_H
#define MIXFLOW_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/// Continues the CRC-32C (Castagnoli) `crc` of earlier bytes, 0 where there are none, by `count` more.
uint32_t mixflow_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the processor's instruction, for tests.
uint32_t mixflow_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif
