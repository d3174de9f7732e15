import { propertyOf } from '../foreign.js'

/** Put there by whoever loads an application to read its graph. */
interface GraphReader {
  /** Instead of starting it: the kernel is handed over. */
  start(kernel: unknown): Promise<unknown>
  /** What a resource is, beyond what `plan()` tells. */
  knows?(resource: string, what: Readonly<Record<string, unknown>>): void
}

const READER = Symbol.for('keelson.reader')

/** Undefined wherever an application simply runs. */
export function graphReader(): GraphReader | undefined {
  return propertyOf(globalThis, READER) as GraphReader | undefined
}
