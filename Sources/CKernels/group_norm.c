#include "kernel.h"

// A group of a large image has hundreds of thousands of elements, so sums are kept in double.

KERNEL void mixflow_group_norm(const float *x, const float *gain, const float *shift, float *y,
                               float *mean, float *rstd, float eps, size_t channels,
                               size_t pixels) {
  REASSOCIATE
  size_t count = channels * pixels;
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)x[i];
  float centre = (float)(sum / (double)count);
  double squares = 0;
  for (size_t i = 0; i < count; i++) {
    float d = x[i] - centre;
    squares += (double)(d * d);
  }
  float scale = 1.0f / SQRT((float)(squares / (double)count) + eps);
  *mean = centre;
  *rstd = scale;
  for (size_t c = 0; c < channels; c++) {
    const float *plane = x + c * pixels;
    float *out = y + c * pixels;
    float g = gain[c], s = shift[c];
    for (size_t i = 0; i < pixels; i++) out[i] = (plane[i] - centre) * scale * g + s;
  }
}

KERNEL void mixflow_group_norm_backward(const float *x, const float *gain, const float *dy,
                                        float mean, float rstd, float *restrict dx, float *dgain,
                                        float *dshift, size_t channels, size_t pixels) {
  REASSOCIATE
  double sum = 0, dot = 0;
  for (size_t c = 0; c < channels; c++) {
    const float *plane = x + c * pixels;
    const float *gradient = dy + c * pixels;
    double channel_sum = 0, channel_dot = 0;
    for (size_t i = 0; i < pixels; i++) {
      channel_sum += (double)gradient[i];
      channel_dot += (double)(gradient[i] * ((plane[i] - mean) * rstd));
    }
    dshift[c] = (float)channel_sum;
    dgain[c] = (float)channel_dot;
    sum += (double)gain[c] * channel_sum;
    dot += (double)gain[c] * channel_dot;
  }
  double count = (double)(channels * pixels);
  float mean_sum = (float)(sum / count), mean_dot = (float)(dot / count);
  for (size_t c = 0; c < channels; c++) {
    const float *plane = x + c * pixels;
    const float *gradient = dy + c * pixels;
    float *out = dx + c * pixels;
    float g = gain[c];
    for (size_t i = 0; i < pixels; i++)
      out[i] = rstd * (g * gradient[i] - mean_sum - (plane[i] - mean) * rstd * mean_dot);
  }
}
