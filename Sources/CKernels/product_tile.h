// The product of packed factors for one vector width. Included once for each instruction set, with
// LANES (floats in a vector), TILE_ROWS and NAME defined and the target attribute in force.

typedef float NAME(vector) __attribute__((vector_size(4 * LANES)));
typedef float NAME(unaligned) __attribute__((vector_size(4 * LANES), aligned(4)));

enum { NAME(tile_columns) = 2 * LANES };

// Every sum of a tile stays in a register: one chain of fused multiply-adds over the depth, in
// order. So an element has the same bits wherever in a tile it lies and however wide a vector is.
INLINE void NAME(tile)(size_t vectors, size_t depth, const float *a, const float *b, float *c,
                       size_t stride, bool add) {
  NAME(vector) sum[TILE_ROWS][2] = {0};
  for (size_t r = 0; r < TILE_ROWS; r++) __builtin_prefetch(c + r * stride, 1);
  for (size_t k = 0; k < depth; k++) {
    NAME(vector) column[2];
    for (size_t v = 0; v < vectors; v++) column[v] = *(const NAME(vector) *)(b + v * LANES);
    UNROLL for (size_t r = 0; r < TILE_ROWS; r++) {
      NAME(vector) factor = a[r] - (NAME(vector)){0};
      for (size_t v = 0; v < vectors; v++)
        sum[r][v] = __builtin_elementwise_fma(factor, column[v], sum[r][v]);
    }
    a += TILE_ROWS;
    b += NAME(tile_columns);
  }
  UNROLL for (size_t r = 0; r < TILE_ROWS; r++)
    for (size_t v = 0; v < vectors; v++) {
      NAME(unaligned) *out = (NAME(unaligned) *)(c + r * stride + v * LANES);
      *out = add ? *out + sum[r][v] : sum[r][v];
    }
}

// A tile that hangs over the edge of the result is computed aside, and what is inside is copied.
static void NAME(edge)(size_t height, size_t width, size_t depth, const float *a, const float *b,
                       float *c, size_t stride, bool add) {
  float whole[TILE_ROWS * NAME(tile_columns)] __attribute__((aligned(64)));
  if (width <= LANES)
    NAME(tile)(1, depth, a, b, whole, NAME(tile_columns), false);
  else
    NAME(tile)(2, depth, a, b, whole, NAME(tile_columns), false);
  for (size_t r = 0; r < height; r++)
    for (size_t j = 0; j < width; j++) {
      float sum = whole[r * NAME(tile_columns) + j];
      c[r * stride + j] = add ? c[r * stride + j] + sum : sum;
    }
}

static void NAME(product)(size_t rows, size_t columns, size_t depth, const float *a,
                          const float *b, float *c, size_t stride, bool add) {
  for (size_t j = 0; j < columns; j += NAME(tile_columns)) {
    size_t width = columns - j < NAME(tile_columns) ? columns - j : NAME(tile_columns);
    for (size_t i = 0; i < rows; i += TILE_ROWS) {
      size_t height = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
      float *out = c + i * stride + j;
      if (height == TILE_ROWS && width == NAME(tile_columns))
        NAME(tile)(2, depth, a + i * depth, b + j * depth, out, stride, add);
      else
        NAME(edge)(height, width, depth, a + i * depth, b + j * depth, out, stride, add);
    }
  }
}
