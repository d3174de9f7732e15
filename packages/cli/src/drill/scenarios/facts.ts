import type { Tally } from '../load/tally.js'
import type { Ending, SignalListener } from '../service/notes.js'

/** The scenarios, in the order in which they are played. */
export const SCENARIOS = [
  'term-under-load',
  'idle-keep-alive',
  'client-leaves',
  'term-twice',
  'term-while-starting',
  'ctrl-c-under-a-shell',
  'dependency-wedged',
  'dependency-cut',
] as const

export type ScenarioName = (typeof SCENARIOS)[number]

/** A process that was left. */
export interface LeftProcess {
  readonly pid: number
  readonly command: string
}

/** What was seen in one scenario. Times are in ms since the signal, unless they say otherwise. */
export interface Facts {
  readonly scenario: ScenarioName
  readonly signal: 'SIGTERM' | 'SIGINT'
  /** From the start of the service to its first answer, in ms; not of one that was told to end before. */
  readonly startMs?: number
  /** What became of the requests, before and after the signal; not of scenarios without load. */
  readonly before?: Tally
  readonly requests?: Tally
  /** Until its first process had ended, or was killed; behind a shell until all had. */
  readonly timeMs: number
  /** Whether it was killed because the grace was over. */
  readonly killed: boolean
  readonly exit: { readonly code: number | null; readonly signal: string | null }
  /** Of a service that ended before the signal. */
  readonly endedBefore?: true
  /** Only with `--ready`: when it said that it is not ready, and when its port was first seen closed. */
  readonly readiness?: { readonly flippedMs?: number; readonly closedMs?: number }
  /** What ran on after its first process had ended; the drill has ended it. */
  readonly left: readonly LeftProcess[]
  /** Whether Node told who ended it and who listens for the signal. */
  readonly preloaded: boolean
  readonly ending?: Ending
  readonly listeners: readonly SignalListener[]
  /** Errors that nobody handled, after the signal. */
  readonly errors: readonly string[]
  /** When it began to take requests although it had been told to end. */
  readonly servedMs?: number
  /** When its port was closed; only where nobody asks, and where that can be seen. */
  readonly portClosedMs?: number
  /** Connections without a request that were open for more than a second after the port was closed; since when they were not needed. */
  readonly held?: readonly { readonly kind: 'idle' | 'silent'; readonly ms: number }[]
  /** The variables by which it should have found the dependency, where it never connected. */
  readonly notReached?: string
}
