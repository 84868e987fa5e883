import MixFlowTensor
import Testing

@Suite struct TensorTests {
  @Test func aCopyDoesNotSeeLaterWrites() {
    let original = Tensor([1, 2, 3, 4], shape: [2, 2])
    var copy = original
    copy.scale(by: 10)
    let reshaped = copy.reshaped([4])
    copy.add(original)
    #expect(original.array == [1, 2, 3, 4])
    #expect(reshaped.array == [10, 20, 30, 40])
    #expect(copy.array == [11, 22, 33, 44])
  }

  @Test func aSoleOwnerWritesInPlace() {
    var tensor = Tensor([1, 2], shape: [2])
    let before = tensor.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    tensor.scale(by: 2)
    let after = tensor.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    #expect(before == after)
  }

  @Test func addingATensorToItselfDoublesIt() {
    var tensor = Tensor([1, 2], shape: [2])
    tensor.add(tensor)
    #expect(tensor.array == [2, 4])
  }

  @Test func movingGoesAPartOfTheWay() {
    var tensor = Tensor([1, 2, 3], shape: [3])
    tensor.move(by: 0.25, towards: Tensor([5, 2, -1], shape: [3]))
    #expect(tensor.array == [2, 2, 2])
    let target = Tensor([0.1, 1e8, -3e-9], shape: [3])
    tensor.move(by: 1, towards: target)
    #expect(tensor == target)
    tensor.move(by: 0.3, towards: target)
    #expect(tensor == target)
  }

  @Test func lentMemoryIsReadInPlaceAndCopiedByTheFirstWrite() {
    var lender: Lender? = Lender([1, 2, 3])
    weak let watched = lender
    var tensor = lender?.tensor ?? Tensor(0)
    let base = lender?.base
    lender = nil
    #expect(watched != nil, "the tensor keeps the lender alive")
    #expect(tensor.withUnsafeBufferPointer { $0.baseAddress } == UnsafePointer(base))
    tensor.scale(by: 2)
    #expect(tensor.array == [2, 4, 6])
    #expect(watched == nil, "the copy lets the lender go")
  }

  @Test func writingDoesNotReachLentMemory() {
    let lender = Lender([1, 2, 3])
    var tensor = lender.tensor
    tensor.scale(by: 2)
    #expect(tensor.array == [2, 4, 6])
    #expect((0..<3).map { lender.base[$0] } == [1, 2, 3])
  }

  @Test func samplesShareMemoryUntilOneWrites() {
    var whole = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    let part = whole.samples(1..<3)
    let base = whole.withUnsafeBufferPointer { $0.baseAddress }
    #expect(part.withUnsafeBufferPointer { $0.baseAddress } == base.map { $0 + 2 })
    var changed = part
    changed.scale(by: 10)
    whole.scale(by: 2)
    #expect(part.shape == [2, 2] && part.array == [3, 4, 5, 6])
    #expect(changed.array == [30, 40, 50, 60])
    #expect(whole.array == [2, 4, 6, 8, 10, 12])
  }

  @Test func samplesKeepTheirMemory() {
    func part() -> Tensor { Tensor([1, 2, 3, 4], shape: [2, 2]).samples(1..<2) }
    let kept = part()
    // The pool would hand out the block of the whole again.
    let other = Tensor([9, 9, 9, 9], shape: [2, 2])
    #expect(kept.array == [3, 4] && other.array == [9, 9, 9, 9])
  }

  @Test func equalityLooksAtShapesAndNumbers() {
    let x = Tensor([1, 2], shape: [2])
    #expect(x == Tensor([1, 2], shape: [2]))
    #expect(x != Tensor([1, 2], shape: [1, 2]))
    #expect(x != Tensor([1, 3], shape: [2]))
    #expect(Tensor([.nan], shape: [1]) != Tensor([.nan], shape: [1]))
  }

  @Test func emptyTensorsWork() {
    let empty = Tensor(zeros: [0, 3])
    #expect(empty.count == 0)
    #expect((empty + empty).array == [])
    #expect(empty.sum() == 0)
    let weight = Tensor(zeros: [2, 3])
    #expect(linear(empty, weight: weight, bias: nil).shape == [0, 2])
  }

  @Test func sumsAreKeptInDouble() {
    let count = 1 << 20
    let tensor = Tensor(repeating: 0.1, shape: [count])
    #expect(abs(tensor.sum() - Double(Float(0.1)) * Double(count)) < 1e-6)
    #expect(Tensor([1, .infinity], shape: [2]).isFinite() == false)
    #expect(Tensor([1, .nan], shape: [2]).isFinite() == false)
    #expect(Tensor([1, -2], shape: [2]).squaredNorm() == 5)
  }

  @Test func combinationsWeighEachSample() {
    let x = Tensor([1, 2, 3, 4], shape: [2, 2])
    let y = Tensor([10, 20, 30, 40], shape: [2, 2])
    #expect(Tensor.combination(of: [(2, x), (0.5, y)]).array == [7, 14, 21, 28])
    #expect(
      Tensor.combination(of: [([1, 0], x), ([0, 1], y)]).array == [1, 2, 30, 40])
  }
}

/// Memory of someone else, such as a mapped file.
private final class Lender {
  let base: UnsafeMutablePointer<Float>
  private let count: Int

  init(_ values: [Float]) {
    count = values.count
    base = .allocate(capacity: count)
    base.initialize(from: values, count: count)
  }

  deinit { base.deallocate() }

  var tensor: Tensor { Tensor(shape: [count], reading: UnsafePointer(base), owner: self) }
}
