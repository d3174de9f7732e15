import type { Measured } from './measured.js'

export interface CompareOptions {
  /** The part by which it may be slower: 0.2 for 20%. */
  readonly tolerance: number
  /** In ms: what is slower by less is noise. */
  readonly floorMs: number
}

/** One duration beside that of the base; `undefined` where it was or is not there. */
export interface Compared {
  /** Absent for the whole. */
  readonly resource?: string
  readonly baseMs: number | undefined
  readonly nowMs: number | undefined
  readonly slower: boolean
}

/** The whole first, then each resource as it is in the newer one, then those that are gone. */
export function compare(base: Measured, now: Measured, { tolerance, floorMs }: CompareOptions): Compared[] {
  const baseOf = new Map(base.resources.map(({ name, ms }) => [name, ms]))
  const names = new Set(now.resources.map(({ name }) => name))
  const row = (baseMs: number | undefined, nowMs: number | undefined) => ({
    baseMs,
    nowMs,
    slower: baseMs !== undefined && nowMs !== undefined && nowMs > baseMs * (1 + tolerance) && nowMs - baseMs > floorMs,
  })
  return [
    row(base.ms, now.ms),
    ...now.resources.map(({ name, ms }) => ({ resource: name, ...row(baseOf.get(name), ms) })),
    ...base.resources.filter(({ name }) => !names.has(name)).map(({ name, ms }) => ({ resource: name, ...row(ms, undefined) })),
  ]
}
