import { releaseParent } from '../platform/process-parent.js'
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../time.js'

const LONGEST = 2 ** 31 - 1
let runs = 0
let ending: NodeJS.Timeout | undefined

/** Keeps the process alive until the returned function is called: a kernel may run nothing that does. */
export function holdProcess(): () => void {
  const timer = setInterval(() => {}, LONGEST)
  runs++
  clearTimeout(ending)
  return () => {
    clearInterval(timer)
    runs--
  }
}

/** X2: what the application set is kept, unless it says that all is well and it is not. */
export function exitCodeOf(failed: boolean): number {
  const own = Number(process.exitCode ?? 0)
  if (own !== 0) return own
  return failed ? 1 : 0
}

/** Ends the process now. */
export function exitNow(code: number): void {
  process.exit(code)
}

/**
 * Leaves the process to end by itself, with `code`. What is still alive after `grace` ms is reported by `forced`, which says the
 * code, and ended; `last` comes before that. Not while another kernel runs in the same process:
 * the last of them to stop has its own `grace`.
 */
export function exitSoon(code: number, grace: number, forced: () => number, last: (code: number) => Promise<void>): void {
  if (code !== 0) process.exitCode = code
  if (runs > 0) return
  releaseParent()
  if (grace === Infinity) return
  clearTimeout(ending)
  ending = setTimeout(
    async () => {
      const forcedCode = forced()
      await last(forcedCode)
      process.exit(forcedCode)
    },
    Math.min(grace, LONGEST),
  )
  ending.unref()
}
