/// A setting that the transport cannot use, or a solve that cannot go on, and what would mend it.
public enum TransportError: Error, Equatable, CustomStringConvertible {
  /// A name that is none of the known ones, such as a misspelt solver.
  case unknownName(String, of: String, known: [String])
  /// A text of a known kind that cannot be read, such as `logit-normal_0`.
  case malformed(String, of: String, expected: String)
  /// A number outside the range in which it means something.
  case outOfRange(String, value: Double, allowed: String)
  /// Grid times that do not all increase or all decrease.
  case unorderedGrid([Double])
  /// A diffusion coefficient that is infinite at the start of the interval.
  case infiniteDiffusion(String, path: String, time: Double)
  /// An adaptive solver whose step shrank to nothing or whose error is not a number.
  case stepFailed(time: Double, step: Double)
  /// An adaptive solver that reached its limit of steps.
  case tooManySteps(Int, time: Double)

  /// The error in words, with its mend.
  public var description: String {
    switch self {
    case .unknownName(let name, let kind, let known):
      "unknown \(kind) '\(name)'; the known ones are \(known.joined(separator: ", "))"
    case .malformed(let text, let kind, let expected):
      "cannot read \(kind) '\(text)'; expected \(expected)"
    case .outOfRange(let name, let value, let allowed):
      "\(name) is \(Self.text(of: value)); it must be \(allowed)"
    case .unorderedGrid(let times):
      "a time grid needs two or more finite times that only increase or only decrease, "
        + "got \(times.count) starting with \(times.prefix(4))"
    case .infiniteDiffusion(let form, let path, let time):
      "diffusion form \(form) is infinite on the \(path) path at t = \(time); "
        + "set a sampling margin above 0 (1e-3 is usual) or take another form"
    case .stepFailed(let time, let step):
      "the adaptive solver failed at t = \(time) with step \(step); "
        + "is the model's output finite? If so, loosen the tolerances or use a fixed grid"
    case .tooManySteps(let count, let time):
      "the adaptive solver took \(count) steps and is only at t = \(time); "
        + "loosen the tolerances or use a fixed grid"
    }
  }
}

extension TransportError {
  /// Whether the name of a number is that of a setting, such as `num_steps`, and no words.
  package static func isKey(_ name: String) -> Bool {
    name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }
  }

  /// A number as a user writes it: whole ones without a fraction or an exponent.
  package static func text(of value: Double) -> String {
    // Of whole numbers only Int.max itself is rounded up to where no Int is.
    if value == 0x1p63 { return "\(Int.max)" }
    return Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
