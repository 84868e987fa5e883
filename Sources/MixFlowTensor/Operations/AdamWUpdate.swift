import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The numbers of one AdamW update that are the same for all parameters.
public struct AdamWCoefficients: Sendable {
  fileprivate let constants: mixflow_adamw

  /// Prepares update number `step`.
  ///
  /// - Parameters:
  ///   - step: The number of this update, from 1.
  ///   - learningRate: The learning rate of this update.
  ///   - betas: The decays of the two moments.
  ///   - eps: Added to the root of the second moment.
  ///   - weightDecay: The decoupled weight decay.
  ///   - gradientScale: A factor on all gradients, such as that of clipping.
  ///   - emaDecay: The decay of the moving average of the parameters.
  public init(
    step: Int, learningRate: Double, betas: (Double, Double), eps: Double, weightDecay: Double,
    gradientScale: Double, emaDecay: Double
  ) {
    constants = mixflow_adamw(
      gradient_scale: Float(gradientScale), decay: Float(1 - learningRate * weightDecay),
      beta1: Float(betas.0), beta2: Float(betas.1), rest1: Float(1 - betas.0),
      rest2: Float(1 - betas.1),
      step_size: Float(learningRate / (1 - pow(betas.0, Double(step)))),
      second_scale: Float(1 / (1 - pow(betas.1, Double(step))).squareRoot()), eps: Float(eps),
      ema_decay: Float(emaDecay), ema_rest: Float(1 - emaDecay))
  }
}

/// Updates one parameter, its moments and its moving average in a single pass over memory.
///
/// The update is that of PyTorch's `torch.optim.AdamW`; the average is `d · ema + (1 − d) · p` with
/// the new parameter.
///
/// - Parameters:
///   - parameter: The values.
///   - gradient: Their gradient, not scaled.
///   - first: The first moment, `exp_avg`.
///   - second: The second moment, `exp_avg_sq`.
///   - average: The moving average.
///   - coefficients: The constants of this update.
public func adamWUpdate(
  _ parameter: inout Tensor, gradient: Tensor, first: inout Tensor, second: inout Tensor,
  average: inout Tensor, coefficients: AdamWCoefficients
) {
  let count = parameter.count
  precondition(
    gradient.count == count && first.count == count && second.count == count
      && average.count == count,
    "AdamW: gradient \(gradient.shape) for parameter \(parameter.shape)")
  profiled(.optimizer, bytes: 9 * gradient.byteCount) {
    parameter.withOutput { p in
      first.withOutput { m in
        second.withOutput { v in
          average.withOutput { ema in
            gradient.withInput { g in
              parallelRanges(count, piece: elementsPerPiece) { range in
                let start = range.lowerBound
                withUnsafePointer(to: coefficients.constants) { constants in
                  mixflow_adamw_step(
                    constants, p.pointer + start, g.pointer + start, m.pointer + start,
                    v.pointer + start, ema.pointer + start, range.count)
                }
              }
            }
          }
        }
      }
    }
  }
}
