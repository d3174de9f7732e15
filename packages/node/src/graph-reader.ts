import type { Kernel } from '@keelson/kernel'

/** Who loads an application to read its graph, as the command line does: what would run is handed over instead, and nothing is started. */
interface GraphReader {
  /** Instead of `run()`; never settles, so that nothing happens that the application does afterwards. */
  run(kernel: Kernel, options: object): Promise<never>
  /** Where one of its servers would listen. */
  knows?(resource: string, what: { readonly port: number; readonly protocol: 'http' | 'https' | 'h2c' }): void
}

const READER = Symbol.for('keelson.reader')

/** Undefined wherever an application simply runs. */
export function graphReader(): GraphReader | undefined {
  return Reflect.get(globalThis, READER)
}
