import MixFlowModels
import MixFlowTraining

/// Samples that cost nothing to read.
struct ConstantLatents: DataSource {
  let count = 1024
  let classCount: Int
  let channels: Int
  let height: Int
  let width: Int
  let fingerprint: UInt64 = 0

  init(of model: any ClassConditionalModel) {
    classCount = model.classCount
    (channels, height, width) = (
      model.sampleShape[0], model.sampleShape[1], model.sampleShape[2]
    )
  }

  func label(at index: Int) -> Int { index * 97 % classCount }

  func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    target.update(repeating: 0.5)
  }
}
