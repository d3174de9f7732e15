import { KeelsonError } from '@keelson/kernel'

/**
 * Runs the checks of a public function, so that an error of theirs points to the line that called that function: Node prints the
 * source at the top of the stack, and nobody wants to read ours.
 */
export function fromCaller<T>(called: (...args: never[]) => unknown, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof KeelsonError) Error.captureStackTrace(error, called)
    throw error
  }
}
