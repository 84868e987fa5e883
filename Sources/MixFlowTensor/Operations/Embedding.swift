/// Returns the rows of a table, one for each index.
///
/// - Parameters:
///   - indices: `[B]`, each in `0..<rows`.
///   - table: `[rows, D]`.
/// - Returns: `[B, D]`.
public func embedding(_ indices: [Int], table: Variable) -> Variable {
  let (rows, width) = (table.shape[0], table.shape[1])
  precondition(indices.allSatisfy { 0..<rows ~= $0 }, "indices \(indices) in a table of \(rows)")
  let output = profiled(
    .embedding, bytes: 2 * indices.count * width * MemoryLayout<Float>.stride
  ) {
    Tensor(shape: [indices.count, width]) { (out: SharedOutput) in
      table.value.withInput { table in
        for (row, index) in indices.enumerated() {
          (out.pointer + row * width).initialize(from: table.pointer + index * width, count: width)
        }
      }
    }
  }
  return Variable.derive(output, from: [table]) { gradient in
    profiled(.embedding, bytes: 3 * gradient.byteCount) {
      table.addToGradient({ sums in
        gradient.withInput { gradient in
          for (row, index) in indices.enumerated() {
            for column in 0..<width {
              sums.pointer[index * width + column] += gradient.pointer[row * width + column]
            }
          }
        }
      })
    }
  }
}
