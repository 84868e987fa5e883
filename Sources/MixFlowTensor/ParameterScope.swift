/// Collects parameters while a model is built, each under the name of the layers around it.
public struct ParameterScope {
  private let prefix: String
  private let registry: Registry
  private let source: any ParameterSource

  private final class Registry {
    var parameters: [Parameter] = []
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
  public var parameters: [Parameter] { registry.parameters }

  /// Returns the scope of a layer inside this one.
  public func child(_ name: String) -> ParameterScope {
    ParameterScope(prefix: prefix + name + ".", of: self)
  }

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
    registry.parameters.append(parameter)
    return parameter
  }
}
