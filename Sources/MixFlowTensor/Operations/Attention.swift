/// Returns scaled dot-product self-attention of all heads, `softmax(q kᵀ / √d) v`.
///
/// No `T × T` matrix stays in memory: scores are made in tiles of rows and again in the pullback.
///
/// - Parameters:
///   - qkv: `[B, T, 3, H, d]` flattened to `[B, T, 3 H d]`, as timm's attention lays it out.
///   - heads: The number of heads `H`.
///   - tape: A tape that may keep the result for the second run of a checkpointed segment.
/// - Returns: `[B, T, H d]`, heads concatenated.
public func attention(_ qkv: Variable, heads: Int, keptOn tape: Tape? = nil) -> Variable {
  precondition(
    qkv.shape.count == 3 && qkv.shape[2] % 3 == 0, "attention over \(qkv.shape)")
  let width = qkv.shape[2] / 3
  let kernel = AttentionKernel(
    samples: qkv.shape[0], tokens: qkv.shape[1], heads: heads, width: width, stride: 3 * width)
  let (output, logSums) = tape.replayed {
    profiled(.attention, flops: 2 * kernel.flopsPerProduct, bytes: kernel.byteCount(arrays: 4)) {
      qkv.value.withInput { qkv in
        kernel.forward(AttentionTriple(qkv.pointer, partWidth: width))
      }
    }
  }
  return qkv.derive(output) { [value = qkv.value] gradient in
    profiled(.attention, flops: 5 * kernel.flopsPerProduct, bytes: kernel.byteCount(arrays: 7)) {
      Tensor(shape: value.shape) { (dqkv: SharedOutput) in
        value.withInput { qkv in
          kernel.pullback(
            AttentionTriple(qkv.pointer, partWidth: width), logSums: logSums, gradient: gradient,
            into: AttentionTriple(dqkv.pointer, partWidth: width))
        }
      }
    }
  }
}

/// Returns scaled dot-product attention of all heads from separate queries, keys and values.
///
/// - Parameters:
///   - query: `[B, T, H · d]`.
///   - key: `[B, T, H · d]`.
///   - value: `[B, T, H · d]`.
///   - heads: The number of heads `H`.
///   - tape: A tape that may keep the result for the second run of a checkpointed segment.
/// - Returns: `[B, T, H · d]`, heads concatenated.
public func attention(
  query: Variable, key: Variable, value: Variable, heads: Int, keptOn tape: Tape? = nil
) -> Variable {
  precondition(
    query.shape.count == 3 && key.shape == query.shape && value.shape == query.shape,
    "queries \(query.shape), keys \(key.shape), values \(value.shape)")
  let width = query.shape[2]
  let kernel = AttentionKernel(
    samples: query.shape[0], tokens: query.shape[1], heads: heads, width: width, stride: width)
  let (output, logSums) = tape.replayed {
    profiled(.attention, flops: 2 * kernel.flopsPerProduct, bytes: kernel.byteCount(arrays: 4)) {
      withInputs(query.value, key.value, value.value) { q, k, v in
        kernel.forward(AttentionTriple(query: q.pointer, key: k.pointer, value: v.pointer))
      }
    }
  }
  return Variable.derive(output, from: [query, key, value]) { gradient in
    var dkey = Tensor(zeros: key.shape)
    var dvalue = Tensor(zeros: value.shape)
    let dquery = profiled(
      .attention, flops: 5 * kernel.flopsPerProduct, bytes: kernel.byteCount(arrays: 7)
    ) {
      Tensor(shape: query.shape) { (dq: SharedOutput) in
        dkey.withOutput { dk in
          dvalue.withOutput { dv in
            withInputs(query.value, key.value, value.value) { q, k, v in
              kernel.pullback(
                AttentionTriple(query: q.pointer, key: k.pointer, value: v.pointer),
                logSums: logSums, gradient: gradient,
                into: AttentionTriple(query: dq.pointer, key: dk.pointer, value: dv.pointer))
            }
          }
        }
      }
    }
    query.accumulate(dquery)
    key.accumulate(dkey)
    value.accumulate(dvalue)
  }
}

extension AttentionKernel {
  /// The operations of one of its products for all heads: two forward, five backward, where the
  /// scores are made again.
  fileprivate var flopsPerProduct: Int { 2 * samples * tokens * tokens * width }

  /// The bytes of several arrays `[B, T, H · d]`.
  fileprivate func byteCount(arrays: Int) -> Int {
    arrays * samples * tokens * width * MemoryLayout<Float>.stride
  }
}
