import CBLAS
import Foundation
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct BLASTests {
  @Test func aLibraryIsLoaded() {
    let info = mixflow_blas_load().pointee
    #expect(info.error == nil, "\(info.error.map { String(cString: $0) } ?? "")")
    #expect(String(cString: info.library) != "built-in")
  }

  /// Whether the processor has AVX2 and the library, such as OpenBLAS, names its kernels.
  private static let tellsItsKernels: Bool = {
    let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    return flags.contains(" avx2 ") && !String(cString: mixflow_blas_load().pointee.core).isEmpty
  }()

  @Test(.enabled(if: tellsItsKernels, "needs AVX2 and a library that names its kernels"))
  func theKernelsSuitTheProcessor() throws {
    let info = mixflow_blas_load().pointee
    let core = String(cString: info.core)
    let old = ["prescott", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "generic"]
    #expect(!old.contains(core.lowercased()), "kernels of \(core) on a processor with AVX2")
    let requested = String(cString: info.requested_core)
    if !requested.isEmpty { #expect(core.lowercased() == requested.lowercased()) }
  }

  struct Product: Sendable {
    let transposes: (Bool, Bool)
    let rows: Int
    let columns: Int
    let depth: Int
    let alpha: Float
    let beta: Float
  }

  static let products: [Product] = [(false, false), (false, true), (true, false), (true, true)]
    .flatMap { transposes in
      [(1, 1, 1), (3, 5, 7), (17, 1, 33), (1, 19, 64), (31, 45, 67), (13, 70, 129)].flatMap {
        size in
        [(1, 0), (0.5, 1), (-2, 0.25)].map { alpha, beta in
          Product(
            transposes: transposes, rows: size.0, columns: size.1, depth: size.2, alpha: alpha,
            beta: beta)
        }
      }
    }

  @Test(arguments: products)
  func libraryAndFallbackAgreeWithDouble(_ product: Product) {
    var generator = Philox(seed: 3)
    let (m, n, k) = (product.rows, product.columns, product.depth)
    let (transposeA, transposeB) = product.transposes
    // Rows are longer than the matrices, so a mixed-up stride shows.
    let (lda, ldb, ldc) = ((transposeA ? m : k) + 3, (transposeB ? k : n) + 2, n + 1)
    let a = Tensor(normal: [(transposeA ? k : m) * lda], using: &generator).array
    let b = Tensor(normal: [(transposeB ? n : k) * ldb], using: &generator).array
    let start = Tensor(normal: [m * ldc], using: &generator).array
    var expected = start.map(Double.init)
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(0.0) { sum, p in
          let x = a[transposeA ? p * lda + i : i * lda + p]
          let y = b[transposeB ? j * ldb + p : p * ldb + j]
          return sum + Double(x) * Double(y)
        }
        expected[i * ldc + j] =
          Double(product.alpha) * sum + Double(product.beta) * expected[i * ldc + j]
      }
    }
    for multiply in [mixflow_sgemm, mixflow_sgemm_portable] {
      var c = start
      multiply(
        transposeA, transposeB, Int32(m), Int32(n), Int32(k), product.alpha, a, Int32(lda), b,
        Int32(ldb), product.beta, &c, Int32(ldc))
      expectClose(c.map(Double.init), expected, relativeToMax: 1e-6, "\(product)")
    }
  }

  @Test func betaZeroForgetsNaN() {
    for multiply in [mixflow_sgemm, mixflow_sgemm_portable] {
      var c: [Float] = [.nan]
      multiply(false, false, 1, 1, 1, 1, [2], 1, [3], 1, 0, &c, 1)
      #expect(c == [6])
    }
  }

  /// A product of several pieces, cut in both directions, against sums in double.
  @Test func linearInPiecesMatchesDouble() {
    var generator = Philox(seed: 4)
    let (samples, tokens, inputs, outputs) = (2, 300, 20, 400)
    let x = Tensor(normal: [samples, tokens, inputs], using: &generator)
    let weight = Tensor(normal: [outputs, inputs], using: &generator)
    let bias = Tensor(normal: [outputs], using: &generator)
    let (x0, w0, b0) = (x.array, weight.array, bias.array)
    let expected = (0..<samples * tokens).flatMap { row in
      (0..<outputs).map { output in
        (0..<inputs).reduce(Double(b0[output])) {
          $0 + Double(x0[row * inputs + $1]) * Double(w0[output * inputs + $1])
        }
      }
    }
    let y = linear(x, weight: weight, bias: bias).array.map(Double.init)
    expectClose(y, expected, relativeToMax: 1e-6)
    let rows = linear(
      x.reshaped([samples * tokens, inputs]), weight: weight, bias: bias
    ).array.map(Double.init)
    expectClose(rows, expected, relativeToMax: 1e-6)
  }
}
