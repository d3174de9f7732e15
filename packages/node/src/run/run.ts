import type { Kernel } from '@keelson/kernel'
import { graphReader } from '../graph-reader.js'
import { fromCaller } from '../words/from-caller.js'
import { KernelRun } from './kernel-run.js'
import { type RunOptions, runOptions } from './run-options.js'

/**
 * Starts a kernel, waits until it is shut down (by a signal, a failure or the application) and resolves to the exit code: 0 when
 * all went well, 1 when anything failed; a `process.exitCode` that the application set is kept. The process is left to end by
 * itself; what is alive after `exitGrace` is reported and ended, with code 1 when a resource holds it. While it runs it keeps the
 * process alive. Where a reader of graphs has loaded the application, as `npx keelson plan` does, nothing is run, and the promise stays open.
 *
 * @throws KeelsonError `INVALID_OPTION`. Nothing else: a kernel that fails is reported and has exit code 1.
 *
 * @example
 * await run(createKernel([api]), { probes: { port: 9000 } })
 */
export async function run(kernel: Kernel, options: RunOptions = {}): Promise<number> {
  const settings = fromCaller(run, () => runOptions(kernel, options))
  const reader = graphReader()
  if (reader !== undefined) return reader.run(kernel, options)
  return new KernelRun(kernel, settings).run()
}
