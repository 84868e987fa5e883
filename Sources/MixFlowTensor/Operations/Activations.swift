import CKernels

/// Returns `x · sigmoid(x)`, element by element.
public func silu(_ x: Tensor) -> Tensor {
  profiled(.activation, bytes: 2 * x.byteCount) { mapPieces(x) { mixflow_silu($0, $1, $2) } }
}

/// The pullback of ``silu(_:)-(Tensor)`` at `x`.
package func siluVJP(_ x: Tensor, gradient: Tensor) -> Tensor {
  profiled(.activation, bytes: 3 * x.byteCount) {
    zipPieces(x, gradient) { mixflow_silu_backward($0, $1, $2, $3) }
  }
}

/// Returns `x · sigmoid(x)`, element by element.
public func silu(_ x: Variable) -> Variable {
  x.derive(silu(x.value)) { [x = x.value] in siluVJP(x, gradient: $0) }
}

/// Which form of GELU a network was trained with.
public enum GELUForm: Sendable {
  /// `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, as SiT and DiT use it.
  case tanh
  /// `x Φ(x)`, as ViT and DINOv2 use it.
  case erf
}

/// Returns GELU, element by element (Hendrycks and Gimpel, 2016).
public func gelu(_ x: Tensor, form: GELUForm = .tanh) -> Tensor {
  profiled(.activation, bytes: 2 * x.byteCount) {
    switch form {
    case .tanh: mapPieces(x) { mixflow_gelu_tanh($0, $1, $2) }
    case .erf: mapPieces(x) { mixflow_gelu_erf($0, $1, $2) }
    }
  }
}

/// The pullback of ``gelu(_:form:)-(Tensor,_)`` at `x`.
package func geluVJP(_ x: Tensor, form: GELUForm, gradient: Tensor) -> Tensor {
  profiled(.activation, bytes: 3 * x.byteCount) {
    switch form {
    case .tanh: zipPieces(x, gradient) { mixflow_gelu_tanh_backward($0, $1, $2, $3) }
    case .erf: zipPieces(x, gradient) { mixflow_gelu_erf_backward($0, $1, $2, $3) }
    }
  }
}

/// Returns GELU, element by element (Hendrycks and Gimpel, 2016).
public func gelu(_ x: Variable, form: GELUForm = .tanh) -> Variable {
  x.derive(gelu(x.value, form: form)) { [x = x.value] in
    geluVJP(x, form: form, gradient: $0)
  }
}
