/// The paths by the names that SiT's and RAE's configurations give them.
public enum PathKind: String, NamedChoice {
  /// ``LinearPath``.
  case linear = "Linear"
  /// ``GVPPath``, which REPA calls `cosine`.
  case gvp = "GVP"
  /// ``VPPath``.
  case vp = "VP"

  public static var choiceName: String { "path" }
  public static var aliases: [String: PathKind] { ["cosine": .gvp] }

  /// The path of this name.
  public var path: any AffinePath {
    switch self {
    case .linear: LinearPath()
    case .gvp: GVPPath()
    case .vp: VPPath()
    }
  }
}
