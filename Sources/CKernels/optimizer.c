#include "kernel.h"

INLINE float adamw_element(const mixflow_adamw *c, float p, float g, float *m, float *v) {
  g *= c->gradient_scale;
  *m = c->beta1 * *m + c->rest1 * g;
  *v = c->beta2 * *v + c->rest2 * (g * g);
  return p * c->decay - c->step_size * *m / (SQRT(*v) * c->second_scale + c->eps);
}

KERNEL void mixflow_adamw_step(const mixflow_adamw *constants, float *restrict parameter,
                               const float *restrict gradient, float *restrict first,
                               float *restrict second, float *restrict ema, size_t count) {
  const mixflow_adamw c = *constants;
  for (size_t i = 0; i < count; i++) {
    float p = adamw_element(&c, parameter[i], gradient[i], &first[i], &second[i]);
    parameter[i] = p;
    ema[i] = c.ema_decay * ema[i] + c.ema_rest * p;
  }
}
