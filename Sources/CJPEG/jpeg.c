// The door to libjpeg, which leaves its functions by a jump where a file has a fault. Jumps end in this
// file: none may cross Swift's frames.

#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

_Static_assert(MIXFLOW_JPEG_REASON_SIZE >= JMSG_LENGTH_MAX, "a message may be longer");

/// More scans than any program writes; each costs a pass over the whole picture.
enum { SCAN_LIMIT = 500 };

typedef struct {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf exit;
  char *reason;
} reader;

static reader *reader_of(j_common_ptr decoder) { return decoder->client_data; }

static void fail(j_common_ptr decoder) {
  decoder->err->format_message(decoder, reader_of(decoder)->reason);
  longjmp(reader_of(decoder)->exit, 1);
}

/// Warnings that pixels are missing or made up are failures; others, such as of needless bytes, are not.
static void judge_message(j_common_ptr decoder, int level) {
  if (level >= 0) return;
  switch (decoder->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC: fail(decoder);
  }
}

static void print_nothing(j_common_ptr decoder) { (void)decoder; }

static void limit_scans(j_common_ptr decoder) {
  if (((j_decompress_ptr)decoder)->input_scan_number <= SCAN_LIMIT) return;
  snprintf(reader_of(decoder)->reason, MIXFLOW_JPEG_REASON_SIZE, "more than %d scans", SCAN_LIMIT);
  longjmp(reader_of(decoder)->exit, 1);
}

/// Reads the header and chooses the colours of the result, those of Pillow: a gray file stays gray, one
/// of four inks keeps them, all others become RGB. Returns the channels, or 0 with the reason.
static int begin(reader *reader, const unsigned char *bytes, size_t count) {
  jpeg_mem_src(&reader->decoder, bytes, count);
  jpeg_read_header(&reader->decoder, TRUE);
  switch (reader->decoder.num_components) {
    case 1: reader->decoder.out_color_space = JCS_GRAYSCALE; return 1;
    case 3: reader->decoder.out_color_space = JCS_RGB; return 3;
    case 4: reader->decoder.out_color_space = JCS_CMYK; return 4;
    default:
      snprintf(
          reader->reason, MIXFLOW_JPEG_REASON_SIZE, "%d colour components",
          reader->decoder.num_components);
      return 0;
  }
}

static void prepare(reader *reader, char *reason) {
  memset(reader, 0, sizeof *reader);
  reader->reason = reason;
  reason[0] = 0;
  reader->decoder.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = fail;
  reader->errors.emit_message = judge_message;
  reader->errors.output_message = print_nothing;
  reader->progress.progress_monitor = limit_scans;
  reader->decoder.client_data = reader;
}

int mixflow_jpeg_read_header(
    const unsigned char *bytes, size_t count, mixflow_jpeg_header *header, char *reason) {
  reader reader;
  prepare(&reader, reason);
  if (setjmp(reader.exit)) {
    jpeg_destroy_decompress(&reader.decoder);
    return 0;
  }
  jpeg_create_decompress(&reader.decoder);
  header->channels = begin(&reader, bytes, count);
  header->width = (int)reader.decoder.image_width;
  header->height = (int)reader.decoder.image_height;
  jpeg_destroy_decompress(&reader.decoder);
  return header->channels > 0;
}

int mixflow_jpeg_decode(
    const unsigned char *bytes, size_t count, const mixflow_jpeg_header *header,
    unsigned char *pixels, char *reason) {
  reader reader;
  prepare(&reader, reason);
  if (setjmp(reader.exit)) {
    jpeg_destroy_decompress(&reader.decoder);
    return 0;
  }
  jpeg_create_decompress(&reader.decoder);
  reader.decoder.progress = &reader.progress;
  int channels = begin(&reader, bytes, count);
  if (channels > 0) {
    jpeg_start_decompress(&reader.decoder);
    // The caller's buffer has the size that the same bytes told before.
    if (channels != header->channels || reader.decoder.output_components != channels
        || reader.decoder.output_width != (JDIMENSION)header->width
        || reader.decoder.output_height != (JDIMENSION)header->height) {
      snprintf(reason, MIXFLOW_JPEG_REASON_SIZE, "its size is not that of its header");
      channels = 0;
    }
  }
  if (channels > 0) {
    size_t stride = (size_t)header->width * (size_t)channels;
    while (reader.decoder.output_scanline < reader.decoder.output_height) {
      JSAMPROW row = pixels + reader.decoder.output_scanline * stride;
      jpeg_read_scanlines(&reader.decoder, &row, 1);
    }
    jpeg_finish_decompress(&reader.decoder);
  }
  jpeg_destroy_decompress(&reader.decoder);
  return channels > 0;
}
