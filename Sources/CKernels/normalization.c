#include "kernel.h"

KERNEL void mixflow_layer_norm(const float *x, const float *gain, const float *shift, float offset,
                               float *y, float *mean, float *rstd, float eps, size_t rows,
                               size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float *out = y + r * width;
    float sum = 0;
    for (size_t j = 0; j < width; j++) sum += row[j];
    float centre = sum / (float)width;
    float squares = 0;
    for (size_t j = 0; j < width; j++) {
      float d = row[j] - centre;
      squares += d * d;
    }
    float scale = 1.0f / SQRT(squares / (float)width + eps);
    mean[r] = centre;
    rstd[r] = scale;
    for (size_t j = 0; j < width; j++)
      out[j] = (row[j] - centre) * scale * (offset + gain[j]) + shift[j];
  }
}

KERNEL void mixflow_layer_norm_backward(const float *x, const float *gain, float offset,
                                        const float *dy, const float *mean, const float *rstd,
                                        float *dx, bool accumulate, float *dgain, float *dshift,
                                        size_t rows, size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    const float *gradient = dy + r * width;
    float *out = dx + r * width;
    float centre = mean[r], scale = rstd[r];
    float sum = 0, dot = 0;
    for (size_t j = 0; j < width; j++) {
      float normalized = (row[j] - centre) * scale;
      float d = gradient[j] * (offset + gain[j]);
      sum += d;
      dot += d * normalized;
      dgain[j] += gradient[j] * normalized;
      dshift[j] += gradient[j];
    }
    float mean_sum = sum / (float)width, mean_dot = dot / (float)width;
    if (accumulate)
      for (size_t j = 0; j < width; j++) {
        float normalized = (row[j] - centre) * scale;
        out[j] += scale * (gradient[j] * (offset + gain[j]) - mean_sum - normalized * mean_dot);
      }
    else
      for (size_t j = 0; j < width; j++) {
        float normalized = (row[j] - centre) * scale;
        out[j] = scale * (gradient[j] * (offset + gain[j]) - mean_sum - normalized * mean_dot);
      }
  }
}

KERNEL void mixflow_gated_add(const float *x, const float *gate, const float *b, float *y,
                              size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < width; j++)
      y[r * width + j] = x[r * width + j] + gate[j] * b[r * width + j];
}

KERNEL void mixflow_gated_add_backward(const float *gate, const float *b, const float *dy,
                                       float *db, float *dgate, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < width; j++) {
      float d = dy[r * width + j];
      dgate[j] += d * b[r * width + j];
      db[r * width + j] = d * gate[j];
    }
}

KERNEL void mixflow_rms_norm(const float *x, const float *gain, float *y, float *rrms, float eps,
                             size_t rows, size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float *out = y + r * width;
    float squares = 0;
    for (size_t j = 0; j < width; j++) squares += row[j] * row[j];
    float scale = 1.0f / SQRT(squares / (float)width + eps);
    rrms[r] = scale;
    for (size_t j = 0; j < width; j++) out[j] = row[j] * scale * gain[j];
  }
}

KERNEL void mixflow_rms_norm_backward(const float *x, const float *gain, const float *dy,
                                      const float *rrms, float *restrict dx,
                                      float *restrict dgain, size_t rows, size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    const float *gradient = dy + r * width;
    float *out = dx + r * width;
    float scale = rrms[r];
    float dot = 0;
    for (size_t j = 0; j < width; j++) {
      float normalized = row[j] * scale;
      dot += gradient[j] * gain[j] * normalized;
      dgain[j] += gradient[j] * normalized;
    }
    float mean_dot = dot / (float)width;
    for (size_t j = 0; j < width; j++)
      out[j] = scale * (gradient[j] * gain[j] - row[j] * scale * mean_dot);
  }
}

KERNEL void mixflow_rms_norm_modulate(const float *x, const float *weight, const float *scale,
                                      const float *shift, float *y, float *rrms, float eps,
                                      size_t rows, size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float *out = y + r * width;
    float squares = 0;
    for (size_t j = 0; j < width; j++) squares += row[j] * row[j];
    float reciprocal = 1.0f / SQRT(squares / (float)width + eps);
    rrms[r] = reciprocal;
    for (size_t j = 0; j < width; j++)
      out[j] = row[j] * reciprocal * weight[j] * (1.0f + scale[j]) + shift[j];
  }
}

KERNEL void mixflow_rms_norm_modulate_backward(const float *x, const float *weight,
                                               const float *scale, const float *dy,
                                               const float *rrms, float *restrict dx,
                                               float *restrict dweight, float *restrict dscale,
                                               float *restrict dshift, size_t rows,
                                               size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    const float *gradient = dy + r * width;
    float *out = dx + r * width;
    float reciprocal = rrms[r];
    float dot = 0;
    for (size_t j = 0; j < width; j++) {
      float slope = gradient[j] * row[j] * reciprocal;
      float gain = 1.0f + scale[j];
      dot += slope * weight[j] * gain;
      dweight[j] += slope * gain;
      dscale[j] += slope * weight[j];
      dshift[j] += gradient[j];
    }
    float mean_dot = dot / (float)width;
    for (size_t j = 0; j < width; j++)
      out[j] = reciprocal * (gradient[j] * weight[j] * (1.0f + scale[j]) -
                             row[j] * reciprocal * mean_dot);
  }
}

KERNEL void mixflow_l2_normalize(const float *x, float *y, float *norms, float eps, size_t rows,
                                 size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float *out = y + r * width;
    float squares = 0;
    for (size_t j = 0; j < width; j++) squares += row[j] * row[j];
    float norm = SQRT(squares);
    norms[r] = norm;
    float scale = 1.0f / (norm > eps ? norm : eps);
    for (size_t j = 0; j < width; j++) out[j] = row[j] * scale;
  }
}

KERNEL void mixflow_l2_normalize_backward(const float *y, const float *norms, const float *dy,
                                          float *restrict dx, float eps, size_t rows,
                                          size_t width) {
  REASSOCIATE
  for (size_t r = 0; r < rows; r++) {
    const float *unit = y + r * width;
    const float *gradient = dy + r * width;
    float *out = dx + r * width;
    float dot = 0;
    for (size_t j = 0; j < width; j++) dot += unit[j] * gradient[j];
    // Below eps the divisor is a constant, and nothing flows through the norm.
    if (norms[r] < eps) dot = 0;
    float scale = 1.0f / (norms[r] > eps ? norms[r] : eps);
    for (size_t j = 0; j < width; j++) out[j] = scale * (gradient[j] - unit[j] * dot);
  }
}
