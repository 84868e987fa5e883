#ifndef MIXFLOW_JPEG_H
#define MIXFLOW_JPEG_H

#include <stddef.h>

/// What the header of a JPEG file says.
typedef struct {
  int width;
  int height;
  /// The values of a decoded pixel: 1 (gray), 3 (RGB) or 4 (CMYK as the file stores it).
  int channels;
} mixflow_jpeg_header;

/// The bytes, the closing zero included, that the reason of a failure takes at most.
enum { MIXFLOW_JPEG_REASON_SIZE = 256 };

/// Reads the header of `count` bytes; nothing is allocated for pixels.
/// Returns 1, or 0 with the reason, which has room for MIXFLOW_JPEG_REASON_SIZE bytes.
int mixflow_jpeg_read_header(
    const unsigned char *bytes, size_t count, mixflow_jpeg_header *header, char *reason);

/// Decodes `count` bytes whose header is known into `pixels`, height rows of width pixels.
/// Truncated and damaged bytes fail. Returns 1, or 0 with the reason.
int mixflow_jpeg_decode(
    const unsigned char *bytes, size_t count, const mixflow_jpeg_header *header,
    unsigned char *pixels, char *reason);

#endif
