import { invalidOption } from '../errors.js'

/** The hooks whose course a recording keeps. */
export type RecordedHook = 'start' | 'check' | 'drain' | 'stop'

/** How one call of a hook went. */
export interface Sample {
  /** How long it took, in ms. */
  readonly ms: number
  readonly ok: boolean
}

/** How the hooks of real runs went: plain JSON with names and numbers, and nothing that was said or made. */
export interface Recording {
  readonly version: 1
  readonly kernel: string
  /** By resource; the oldest first, and of each hook at most the last 200. */
  readonly resources: Readonly<Record<string, Readonly<Partial<Record<RecordedHook, readonly Sample[]>>>>>
}

export const RECORDED_HOOKS: readonly RecordedHook[] = ['start', 'check', 'drain', 'stop']

/** Throws `INVALID_OPTION` for what is no recording: it may come from a file. */
export function validateRecording(recording: unknown): void {
  const problem = problemOf(recording)
  if (problem !== undefined) throw invalidOption(undefined, 'from', problem, 'give what recordRun() has recorded')
}

function problemOf(recording: unknown): string | undefined {
  if (!isObject(recording)) return 'is not a recording'
  if (recording.version !== 1) return 'is not a recording of version 1'
  if (!isObject(recording.resources)) return 'has no resources'
  for (const [name, hooks] of Object.entries(recording.resources)) {
    if (!isObject(hooks)) return `says nothing of "${name}"`
    for (const [hook, samples] of Object.entries(hooks)) {
      const known = RECORDED_HOOKS.includes(hook as RecordedHook) && Array.isArray(samples) && samples.every(isSample)
      if (!known) return `has samples of ${hook} of "${name}" that are none`
    }
  }
  return undefined
}

function isSample(sample: unknown): boolean {
  return (
    isObject(sample) && typeof sample.ok === 'boolean' && typeof sample.ms === 'number' && sample.ms >= 0 && sample.ms < Infinity
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
