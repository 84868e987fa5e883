import CKernels

/// Returns `x Wᵀ + b` over the last dimension.
///
/// The first dimension counts samples: a sample's rows have the same bits in any batch.
///
/// - Parameters:
///   - x: `[..., K]`.
///   - weight: `[N, K]`, as PyTorch's `nn.Linear` keeps it.
///   - bias: `[N]`, or nil.
/// - Returns: `[..., N]`.
public func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) -> Tensor {
  let size = LinearSize(x, weight: weight, bias: bias)
  return profiledProducts(rows: size.rows, inputs: size.inputs, outputs: size.outputs) {
    guard let bias else { return product(x, weight, size, finish: { _ in nil }) }
    return bias.withInput { bias in
      product(x, weight, size) { y in
        { rows, columns in
          mixflow_add_row(
            y.pointer + rows.lowerBound * size.outputs + columns.lowerBound,
            bias.pointer + columns.lowerBound, rows.count, columns.count, size.outputs)
        }
      }
    }
  }
}

/// Returns `gelu(x Wᵀ + b)` with the tanh form, and the sum before it, which the pullback needs.
package func linearGELU(_ x: Tensor, weight: Tensor, bias: Tensor) -> (
  output: Tensor, preactivation: Tensor
) {
  let size = LinearSize(x, weight: weight, bias: bias)
  var output = Tensor(uninitialized: x.shape.dropLast() + [size.outputs])
  let preactivation = profiledProducts(
    rows: size.rows, inputs: size.inputs, outputs: size.outputs
  ) {
    output.withOutput { output in
      bias.withInput { bias in
        product(x, weight, size) { sum in
          { rows, columns in
            let start = rows.lowerBound * size.outputs + columns.lowerBound
            mixflow_add_row_gelu_tanh(
              sum.pointer + start, bias.pointer + columns.lowerBound, output.pointer + start,
              rows.count, columns.count, size.outputs)
          }
        }
      }
    }
  }
  return (output, preactivation)
}

/// The pullback of ``linear(_:weight:bias:)-(Tensor,_,_)``: sends each input its gradient.
func linearPullback(_ x: Variable, _ weight: Variable, _ bias: Variable?, gradient: Tensor) {
  let size = LinearSize(x.value, weight: weight.value, bias: bias?.value)
  profiledProducts(
    (x.needsGradient ? 1 : 0) + (weight.needsGradient ? 1 : 0), rows: size.rows,
    inputs: size.inputs, outputs: size.outputs
  ) {
    gradient.withInput { dy in
      weight.value.withInput { w in
        x.updateGradient { dx, hasSum in
          multiply(
            rows: size.rows, columns: size.inputs, depth: size.outputs, group: size.gradientGroup,
            MatrixOperand(dy, rowStride: size.outputs), MatrixOperand(w, rowStride: size.inputs),
            beta: hasSum ? 1 : 0, into: dx, rowStride: size.inputs)
        }
      }
      x.value.withInput { x in
        weight.updateGradient { dw, hasSum in
          multiply(
            rows: size.outputs, columns: size.inputs, depth: size.rows,
            MatrixOperand(dy, rowStride: size.outputs, transposed: true),
            MatrixOperand(x, rowStride: size.inputs),
            beta: hasSum ? 1 : 0, into: dw, rowStride: size.inputs)
        }
      }
      bias?.addToGradient({ db in
        sumRows(dy, rows: size.rows, width: size.outputs, into: db)
      })
    }
  }
}

/// Returns `x Wᵀ + b` over the last dimension; shapes as in the overload for tensors.
///
/// - Parameters:
///   - x: `[..., K]`.
///   - weight: `[N, K]`.
///   - bias: `[N]`, or nil.
///   - tape: A tape that may keep the result for the second run of a checkpointed segment.
/// - Returns: `[..., N]`.
public func linear(
  _ x: Variable, weight: Variable, bias: Variable?, keptOn tape: Tape? = nil
) -> Variable {
  let y = tape.replayed { linear(x.value, weight: weight.value, bias: bias?.value) }
  let inputs = [x, weight] + (bias.map { [$0] } ?? [])
  return Variable.derive(y, from: inputs) { linearPullback(x, weight, bias, gradient: $0) }
}

/// Returns `gelu(x Wᵀ + b)` with the tanh form, as one operation.
public func linearGELU(_ x: Variable, weight: Variable, bias: Variable) -> Variable {
  let (output, preactivation) = linearGELU(x.value, weight: weight.value, bias: bias.value)
  return Variable.derive(output, from: [x, weight, bias]) { gradient in
    linearPullback(
      x, weight, bias, gradient: geluVJP(preactivation, form: .tanh, gradient: gradient))
  }
}

/// Adds the sum over rows of `[rows, width]` to `sums`; columns are shared between threads.
func sumRows(_ x: SharedInput, rows: Int, width: Int, into sums: SharedOutput) {
  parallelRanges(width, piece: 256) { columns in
    mixflow_sum_rows(
      x.pointer + columns.lowerBound, sums.pointer + columns.lowerBound, rows, columns.count, width)
  }
}

/// The sizes of one linear layer's product, checked.
private struct LinearSize {
  let rows: Int
  let inputs: Int
  let outputs: Int
  /// The rows of one sample.
  let group: Int

  init(_ x: Tensor, weight: Tensor, bias: Tensor?) {
    precondition(
      weight.shape.count == 2 && x.shape.last == weight.shape[1]
        && (bias == nil || bias?.shape == [weight.shape[0]]),
      "linear: x \(x.shape), weight \(weight.shape), bias \(bias?.shape ?? [])")
    outputs = weight.shape[0]
    inputs = weight.shape[1]
    rows = inputs == 0 ? 0 : x.count / inputs
    group = x.shape.count > 2 ? x.shape.dropFirst().dropLast().reduce(1, *) : 1
  }

  /// The rows of one sample, or all where a product for each would be a product with a vector.
  var gradientGroup: Int { group > 1 ? group : rows }
}

/// Returns `x Wᵀ`; `finish`, made for the memory of the result, changes its parts as they come.
private func product(
  _ x: Tensor, _ weight: Tensor, _ size: LinearSize, finish: (SharedOutput) -> ProductFinish?
) -> Tensor {
  Tensor(shape: x.shape.dropLast() + [size.outputs]) { (y: SharedOutput) in
    withInputs(x, weight) { x, w in
      guard size.group > 1 else { return rowProducts(x, w, size, into: y, finish: finish(y)) }
      multiply(
        rows: size.rows, columns: size.outputs, depth: size.inputs, group: size.group,
        MatrixOperand(x, rowStride: size.inputs),
        MatrixOperand(w, rowStride: size.inputs, transposed: true),
        beta: 0, into: y, rowStride: size.outputs, finish: finish(y))
    }
  }
}

/// Computes the product for samples of one row, such as the conditioning vectors, in one pass over
/// the weight.
private func rowProducts(
  _ x: SharedInput, _ weight: SharedInput, _ size: LinearSize, into y: SharedOutput,
  finish: ProductFinish?
) {
  // The kernel takes four outputs at once.
  let piece = 4 * rowsPerPiece(width: 4 * size.inputs)
  parallelRanges(size.outputs, piece: piece) { outputs in
    mixflow_row_products(
      x.pointer, weight.pointer + outputs.lowerBound * size.inputs,
      y.pointer + outputs.lowerBound, size.rows, outputs.count, size.inputs, size.outputs)
    finish?(0..<size.rows, outputs)
  }
}
