/// Collects parameters and buffers while a model is built, each under the name of the layers around
/// it.
public struct ParameterScope {
  private let prefix: String
  private let registry: Registry
  private let source: any ParameterSource

  private final class Registry {
    var entries: [StateDictEntry] = []
  }

  /// Opens the outermost scope of a model.
  public init(source: any ParameterSource) {
    prefix = ""
    registry = Registry()
    self.source = source
  }

  private init(prefix: String, of parent: ParameterScope) {
    self.prefix = prefix
    registry = parent.registry
    source = parent.source
  }

  /// All parameters registered so far, in the order of registration.
  public var parameters: [Parameter] { entries.compactMap(\.parameter) }

  /// All parameters and buffers registered so far, in the order of registration: the state dict.
  public var entries: [StateDictEntry] { registry.entries }

  /// Returns the scope of a layer inside this one.
  public func child(_ name: String) -> ParameterScope {
    ParameterScope(prefix: prefix + name + ".", of: self)
  }

  /// The adapter that is wanted beside the linear layer of this scope, or nil.
  public var adapter: LowRankOptions? { source.adapter(for: String(prefix.dropLast())) }

  /// Registers a parameter.
  ///
  /// - Parameters:
  ///   - name: The last part of its key.
  ///   - shape: The sizes of the dimensions.
  ///   - initializer: How it starts in a fresh model.
  ///   - isTrainable: Whether the optimizer changes it.
  /// - Returns: The parameter, for the layer to keep.
  /// - Throws: What the source of the values throws.
  public func parameter(
    _ name: String, shape: [Int], initializer: Initializer, isTrainable: Bool = true
  ) throws -> Parameter {
    let value = try source.value(for: prefix + name, shape: shape, initializer: initializer)
    let parameter = Parameter(name: prefix + name, value: value, isTrainable: isTrainable)
    registry.entries.append(.parameter(parameter))
    return parameter
  }

  /// Registers a buffer.
  ///
  /// - Parameters:
  ///   - name: The last part of its key.
  ///   - formula: Its values where no checkpoint gives them.
  /// - Returns: The buffer, for the layer to keep.
  /// - Throws: What the source of the values throws.
  public func buffer(_ name: String, formula: Tensor) throws -> Buffer {
    let value = try source.buffer(for: prefix + name, formula: formula)
    let buffer = Buffer(name: prefix + name, value: value)
    registry.entries.append(.buffer(buffer))
    return buffer
  }
}
