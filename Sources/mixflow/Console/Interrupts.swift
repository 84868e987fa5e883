import Dispatch
import Foundation
import Synchronization

/// Counts SIGINT and SIGTERM, so that work can stop at a good place; the second one ends it at once.
///
/// SIGUSR1, which batch systems send before the time is up, asks to stop and to be started again; they
/// may send it more than once.
final class Interrupts: Sendable {
  private static let received = Atomic<Int>(0)

  private static let requeues = Atomic<Bool>(false)

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
    sigaddset(&signals, SIGUSR1)
    signal(SIGUSR1) { _ in Interrupts.requeues.store(true, ordering: .relaxed) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Whether SIGUSR1 has come.
  var askForRequeue: Bool { Self.requeues.load(ordering: .relaxed) }

  /// Whether SIGINT or SIGTERM has come.
  var wereReceived: Bool { Self.received.load(ordering: .relaxed) > 0 }
}
