/** How well something is, for its colour. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle'

/** One resource, as far as whoever was asked tells of it. */
export interface ResourceRow {
  readonly name: string
  readonly state: string
  readonly health: string
  readonly tone: Tone
  /** Of its checks, at the median, in ms. */
  readonly responseMs?: number
  readonly restarts?: number
  /** Work in flight. */
  readonly work?: number
  /** What it counts itself, by name. */
  readonly counts?: Readonly<Record<string, number>>
  /** Why it is as it is, or what it does now; in one line. */
  readonly text?: string
}

/** A service at one moment. */
export interface View {
  readonly name: string
  /** Of the kernel; absent where only probes tell. */
  readonly state?: string
  readonly ready: boolean
  readonly tone: Tone
  /** What it says of its readiness: `ready`, `degraded`, `unready: 2 resources`. */
  readonly status: string
  /** Where it runs, and for how long: process, host, shutdown that goes on. */
  readonly facts: readonly string[]
  readonly resources: readonly ResourceRow[]
  /** Everything has stopped, and nothing more will be told. */
  readonly over: boolean
}
