// The elementary functions of the C library, so that no other file asks which platform this is.
#if canImport(Darwin)
  import Darwin

  func exp(_ x: Double) -> Double { Darwin.exp(x) }
  func expm1(_ x: Double) -> Double { Darwin.expm1(x) }
  func log(_ x: Double) -> Double { Darwin.log(x) }
  func pow(_ x: Double, _ y: Double) -> Double { Darwin.pow(x, y) }
  func sin(_ x: Double) -> Double { Darwin.sin(x) }
  func cos(_ x: Double) -> Double { Darwin.cos(x) }
  func tan(_ x: Double) -> Double { Darwin.tan(x) }
  func atan(_ x: Double) -> Double { Darwin.atan(x) }
  func tanh(_ x: Double) -> Double { Darwin.tanh(x) }
  func erfc(_ x: Double) -> Double { Darwin.erfc(x) }
#else
  import Glibc

  func exp(_ x: Double) -> Double { Glibc.exp(x) }
  func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
  func log(_ x: Double) -> Double { Glibc.log(x) }
  func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  func sin(_ x: Double) -> Double { Glibc.sin(x) }
  func cos(_ x: Double) -> Double { Glibc.cos(x) }
  func tan(_ x: Double) -> Double { Glibc.tan(x) }
  func atan(_ x: Double) -> Double { Glibc.atan(x) }
  func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  func erfc(_ x: Double) -> Double { Glibc.erfc(x) }
#endif
