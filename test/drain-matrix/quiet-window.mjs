// The quiet window: the 150 ms without a byte after which a drain takes a connection for idle.
import assert from 'node:assert/strict'

/** Longer than it: whoever is closed as idle by mistake is closed by then. */
export const PAST_QUIET = 400

/** Asserts that it had passed since `began`; timers may be a little early. */
export function assertQuietSince(began) {
  assert.ok(performance.now() - began > 130, 'closed before the quiet window was over')
}
