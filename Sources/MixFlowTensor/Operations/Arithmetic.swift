import CKernels

/// Returns the result of a kernel `(x, y, out, count)` over pieces of two arrays of one shape.
func zipPieces(
  _ x: Tensor, _ y: Tensor,
  _ kernel:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
    ) -> Void
) -> Tensor {
  precondition(x.shape == y.shape, "\(x.shape) with \(y.shape)")
  return Tensor(shape: x.shape) { (out: SharedOutput) in
    x.withInput { x0 in
      y.withInput { y0 in
        parallelRanges(x.count, piece: elementsPerPiece) { range in
          let start = range.lowerBound
          kernel(x0.pointer + start, y0.pointer + start, out.pointer + start, range.count)
        }
      }
    }
  }
}

/// Returns the result of a kernel `(x, out, count)` over pieces of an array.
func mapPieces(
  _ x: Tensor,
  _ kernel: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
) -> Tensor {
  Tensor(shape: x.shape) { (out: SharedOutput) in
    x.withInput { x0 in
      parallelRanges(x.count, piece: elementsPerPiece) { range in
        kernel(x0.pointer + range.lowerBound, out.pointer + range.lowerBound, range.count)
      }
    }
  }
}

extension Tensor {
  /// Returns `a · x + b · y`, element by element, in one pass.
  public static func combination(_ a: Float, _ x: Tensor, _ b: Float, _ y: Tensor) -> Tensor {
    profiled(.elementwise, bytes: 3 * x.byteCount) {
      zipPieces(x, y) { mixflow_combine2(a, $0, b, $1, $2, $3) }
    }
  }

  /// Returns the sum, element by element.
  public static func + (x: Tensor, y: Tensor) -> Tensor { combination(1, x, 1, y) }

  /// Returns the difference, element by element.
  public static func - (x: Tensor, y: Tensor) -> Tensor { combination(1, x, -1, y) }

  /// Returns the product, element by element.
  public static func * (x: Tensor, y: Tensor) -> Tensor {
    profiled(.elementwise, bytes: 3 * x.byteCount) {
      zipPieces(x, y) { mixflow_multiply($0, $1, $2, $3) }
    }
  }

  /// Returns all elements times `factor`.
  public static func * (factor: Float, x: Tensor) -> Tensor {
    profiled(.elementwise, bytes: 2 * x.byteCount) {
      mapPieces(x) { mixflow_combine2(factor, $0, 0, $0, $1, $2) }
    }
  }

  /// Adds `factor · x` in place.
  public mutating func add(_ x: Tensor, scaledBy factor: Float = 1) {
    precondition(shape == x.shape, "\(shape) += \(x.shape)")
    let count = count
    profiled(.elementwise, bytes: 3 * x.byteCount) {
      withOutput { out in
        x.withInput { x in
          parallelRanges(count, piece: elementsPerPiece) { range in
            mixflow_axpby(
              factor, x.pointer + range.lowerBound, 1, out.pointer + range.lowerBound, range.count)
          }
        }
      }
    }
  }

  /// Goes a part of the way to `target` in place: adds `share · (target − self)`.
  ///
  /// Where both are equal nothing changes, whatever the share is rounded to; at 1 it is a copy.
  package mutating func move(by share: Float, towards target: Tensor) {
    precondition(shape == target.shape, "\(shape) towards \(target.shape)")
    let count = count
    profiled(.elementwise, bytes: 3 * target.byteCount) {
      withOutput { out in
        target.withInput { target in
          parallelRanges(count, piece: elementsPerPiece) { range in
            let (out, target) = (out.pointer, target.pointer)
            guard share != 1 else {
              (out + range.lowerBound).update(from: target + range.lowerBound, count: range.count)
              return
            }
            for place in range { out[place] += share * (target[place] - out[place]) }
          }
        }
      }
    }
  }

  /// Multiplies all elements by `factor` in place.
  public mutating func scale(by factor: Float) {
    let count = count
    profiled(.elementwise, bytes: 2 * count * MemoryLayout<Float>.stride) {
      withOutput { out in
        parallelRanges(count, piece: elementsPerPiece) { range in
          let start = out.pointer + range.lowerBound
          mixflow_combine2(factor, start, 0, start, start, range.count)
        }
      }
    }
  }
}

/// Returns the sum, element by element.
public func + (x: Variable, y: Variable) -> Variable {
  // The closure holds neither value, so that both leave memory where no other pullback needs them.
  Variable.derive(x.value + y.value, from: [x, y]) { [x = x.node, y = y.node] gradient in
    x?.accumulate(gradient, shape: gradient.shape)
    y?.accumulate(gradient, shape: gradient.shape)
  }
}

/// Returns the difference, element by element.
public func - (x: Variable, y: Variable) -> Variable {
  Variable.derive(x.value - y.value, from: [x, y]) { gradient in
    x.accumulate(gradient)
    y.accumulate(-1 * gradient)
  }
}

/// Returns the product, element by element.
public func * (x: Variable, y: Variable) -> Variable {
  Variable.derive(x.value * y.value, from: [x, y]) { [xValue = x.value, yValue = y.value] in
    x.accumulate($0 * yValue)
    y.accumulate($0 * xValue)
  }
}
