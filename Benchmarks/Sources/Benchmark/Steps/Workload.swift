/// What is made again and again.
protocol Workload {
  /// The steps of one call.
  var steps: Int { get }

  /// Makes its steps.
  func callAsFunction() throws
}
