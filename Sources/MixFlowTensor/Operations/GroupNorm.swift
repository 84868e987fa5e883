import CKernels

/// Returns images normalised over groups of channels (Wu and He, 2018).
///
/// - Parameters:
///   - x: `[B, C, H, W]`.
///   - groups: The number of groups, a divisor of `C`.
///   - weight: `[C]`.
///   - bias: `[C]`.
///   - eps: Added to the biased variance.
/// - Returns: `[B, C, H, W]`.
public func groupNorm(
  _ x: Variable, groups: Int, weight: Variable, bias: Variable, eps: Float = 1e-6
) -> Variable {
  let size = GroupSize(x.shape, groups: groups, weight: weight.shape, bias: bias.shape)
  var mean = Tensor(zeros: [size.blocks])
  var deviation = Tensor(zeros: [size.blocks])
  let y = profiled(.normalization, bytes: 2 * x.value.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      mean.withOutput { mean in
        deviation.withOutput { deviation in
          withInputs(x.value, weight.value, bias.value) { x, weight, bias in
            parallelForEach(size.blocks) { block in
              let start = block * size.channels * size.pixels
              let channel = block % groups * size.channels
              mixflow_group_norm(
                x.pointer + start, weight.pointer + channel, bias.pointer + channel,
                y.pointer + start, mean.pointer + block, deviation.pointer + block, eps,
                size.channels, size.pixels)
            }
          }
        }
      }
    }
  }
  return Variable.derive(y, from: [x, weight, bias]) { [mean, deviation] gradient in
    profiled(.normalization, bytes: 3 * gradient.byteCount) {
      groupNormPullback(
        x, weight, bias, size, mean: mean, deviation: deviation, gradient: gradient)
    }
  }
}

private func groupNormPullback(
  _ x: Variable, _ weight: Variable, _ bias: Variable, _ size: GroupSize, mean: Tensor,
  deviation: Tensor, gradient: Tensor
) {
  let width = size.groups * size.channels
  var gainSums = Tensor(zeros: [size.samples, width])
  var shiftSums = Tensor(zeros: [size.samples, width])
  let dx = Tensor(shape: x.shape) { (dx: SharedOutput) in
    gainSums.withOutput { gainSums in
      shiftSums.withOutput { shiftSums in
        withInputs(x.value, weight.value, gradient) { x, weight, dy in
          withInputs(mean, deviation) { mean, deviation in
            parallelForEach(size.blocks) { block in
              let start = block * size.channels * size.pixels
              mixflow_group_norm_backward(
                x.pointer + start, weight.pointer + block % size.groups * size.channels,
                dy.pointer + start, mean.pointer[block], deviation.pointer[block],
                dx.pointer + start, gainSums.pointer + block * size.channels,
                shiftSums.pointer + block * size.channels, size.channels, size.pixels)
            }
          }
        }
      }
    }
  }
  x.accumulate(dx)
  gainSums.withInput { sums in
    weight.addToGradient({ sumRows(sums, rows: size.samples, width: width, into: $0) })
  }
  shiftSums.withInput { sums in
    bias.addToGradient({ sumRows(sums, rows: size.samples, width: width, into: $0) })
  }
}

/// Images as blocks of one sample's group each, `channels` planes of `pixels`.
private struct GroupSize: Sendable {
  let samples: Int
  let groups: Int
  let channels: Int
  let pixels: Int

  init(_ shape: [Int], groups: Int, weight: [Int], bias: [Int]) {
    precondition(
      shape.count == 4 && groups > 0 && shape[1] % groups == 0 && weight == [shape[1]]
        && bias == weight,
      "\(groups) groups of \(shape) with weight \(weight) and bias \(bias)")
    samples = shape[0]
    self.groups = groups
    channels = shape[1] / groups
    pixels = shape[2] * shape[3]
  }

  var blocks: Int { samples * groups }
}
