import Dispatch
import Foundation
import Synchronization

/// Counts SIGINT and SIGTERM, so that work can stop at a good place; the second one ends it at once.
final class Interrupts: Sendable {
  private static let received = Atomic<Int>(0)

  init() {
    // A program that was started from a thread with blocked signals has them blocked too.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number) { _ in
        if Interrupts.received.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether one has come.
  var wereReceived: Bool { Self.received.load(ordering: .relaxed) > 0 }
}
