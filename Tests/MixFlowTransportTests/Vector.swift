import MixFlowTransport

/// The smallest state: one row of numbers per sample, every default of `FlowState` taken.
struct Vector: FlowState, Equatable {
  var rows: [[Double]]

  var sampleCount: Int { rows.count }
  var scalars: [Double] { rows.flatMap { $0 } }

  func scaled(by factors: [Double]) -> Vector {
    Vector(rows: zip(rows, factors).map { row, factor in row.map { $0 * factor } })
  }

  static func + (left: Vector, right: Vector) -> Vector {
    Vector(rows: zip(left.rows, right.rows).map { zip($0, $1).map(+) })
  }
}

extension Vector {
  /// One sample.
  init(_ values: Double...) { rows = [values] }
}
