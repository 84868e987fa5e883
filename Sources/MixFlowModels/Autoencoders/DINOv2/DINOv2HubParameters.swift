import MixFlowTensor

/// Gives the parameters of ``DINOv2`` from a source with the keys of the official repository.
public final class DINOv2HubParameters: ParameterSource {
  private let stored: any ParameterSource
  /// The last projection to queries, keys and values, which is asked for three times in a row.
  private var joined: (key: String, value: Tensor)?

  /// Reads from a source with the keys of ``DINOv2Keys/hub``.
  public init(_ stored: any ParameterSource) { self.stored = stored }

  /// Returns a parameter, of queries, keys and values the third that is meant.
  public func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    let place = DINOv2Keys.hub.place(of: key)
    guard let third = place.third, let rows = shape.first else {
      return try stored.value(for: place.key, shape: shape, initializer: initializer)
    }
    let whole: Tensor
    if let joined, joined.key == place.key {
      whole = joined.value
    } else {
      whole = try stored.value(
        for: place.key, shape: [3 * rows] + shape.dropFirst(), initializer: initializer)
      joined = (place.key, whole)
    }
    return whole.samples(third * rows..<(third + 1) * rows)
  }
}
