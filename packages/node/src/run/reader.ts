import type { Kernel } from '@keelson/kernel'
import type { RunOptions } from './run-options.js'

/** Who loads an application to read its graph, as the command line does: what would run is handed over instead, and nothing is started. */
export interface GraphReader {
  /** Instead of `run()`; never settles, so that nothing happens that the application does afterwards. */
  run(kernel: Kernel, options: RunOptions): Promise<never>
}

const READER = Symbol.for('keelson.reader')

export function readerOfGraphs(): GraphReader | undefined {
  return Reflect.get(globalThis, READER)
}
