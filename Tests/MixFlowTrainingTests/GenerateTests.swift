import Foundation
import MixFlowImage
import MixFlowTraining
import Testing

@Test func generate() throws {
  let t = Date()
  let files = try SubsetRecipe(size: 16, perClass: 1000, testPerClass: 200, seed: 0)
    .files(from: "/usr/share/datasets/fashion-mnist")
  for f in files {
    try Data(f.bytes).write(to: URL(fileURLWithPath: "/tmp/mf/out/\(f.name)"))
    print(f.name, f.bytes.count)
  }
  print("seconds", Date().timeIntervalSince(t))
  let d = try ImageDataset(contentsOf: "/tmp/mf/out")
  let grid = try ImageGrid(columns: 16, scale: 3).image(of: (0..<64).map { d.image(at: $0) })
  try Data(try grid.pngBytes()).write(to: URL(fileURLWithPath: "/tmp/mf/grid.png"))
  print((0..<16).map { d.label(at: $0) })
}
