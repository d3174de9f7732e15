import type { Inspection } from './docker-like.js'

/** `failed`: not running, or given up; `unknown`: not looked at yet, or still starting. */
export type ContainerStatus = 'healthy' | 'unhealthy' | 'restarting' | 'failed' | 'unknown'

/** What an inspection says. */
export interface Verdict {
  readonly status: Exclude<ContainerStatus, 'restarting'>
  /** Why it is not healthy. */
  readonly reason?: string
}

/** What is recorded of a container besides its status. */
export interface ContainerFacts {
  readonly image: string
  readonly running: boolean
  /** Of its last run; absent while it runs. */
  readonly exitCode?: number
  readonly oomKilled: boolean
  /** How often the engine itself has restarted it, by the container's own restart policy. */
  readonly engineRestarts: number
  /** In ms since the epoch. */
  readonly startedAt?: number
}

/** Docker's own defaults of a HEALTHCHECK, in ns. */
const DEFAULT_INTERVAL = 30e9
const DEFAULT_TIMEOUT = 30e9

/** Judges a container by what the engine says of it, at `now` in ms since the epoch. */
export function judge({ State, Config }: Inspection, now: number): Verdict {
  if (!State.Running || State.Restarting) return { status: 'failed', reason: whyNotRunning(State) }
  if (State.Paused) return { status: 'unhealthy', reason: 'it is paused' }
  const { Health } = State
  if (!Health || Health.Status === 'none' || Health.Status === '' || Health.Status === 'healthy') return { status: 'healthy' }
  const output = Health.Log?.at(-1)?.Output?.trim()
  const said = output ? `: ${output.slice(0, 200)}` : ''
  if (Health.Status !== 'starting') return { status: 'unhealthy', reason: `its HEALTHCHECK fails${said}` }
  // Without a start period the engine still says "starting" until its first check, which comes one interval after the start.
  const started = Date.parse(State.StartedAt ?? '')
  const { StartPeriod = 0, Interval, Timeout } = Config?.Healthcheck ?? {}
  const first = ((Interval || DEFAULT_INTERVAL) + (Timeout || DEFAULT_TIMEOUT)) / 1e6
  const waits = now < started + StartPeriod / 1e6 || (now < started + first && !Health.FailingStreak)
  if (waits) return { status: 'unknown', reason: 'it is starting' }
  return { status: 'unhealthy', reason: `its HEALTHCHECK has not passed since its start period ended${said}` }
}

export function factsOf({ State, RestartCount, Config }: Inspection, image: string): ContainerFacts {
  const startedAt = Date.parse(State.StartedAt ?? '')
  return {
    image: Config?.Image ?? image,
    running: State.Running,
    ...(!State.Running && State.ExitCode !== undefined && { exitCode: State.ExitCode }),
    oomKilled: State.OOMKilled === true,
    engineRestarts: RestartCount ?? 0,
    ...(startedAt > 0 && { startedAt }),
  }
}

function whyNotRunning({ Status, ExitCode, OOMKilled, Error: failure, Restarting }: Inspection['State']): string {
  const code = ExitCode === undefined ? '' : ` with code ${ExitCode}`
  const memory = OOMKilled ? ', out of memory' : ''
  if (Restarting) return `the engine is restarting it, it ended${code}${memory}`
  return `it is ${Status ?? 'not running'}${code}${memory}${failure ? `: ${failure}` : ''}`
}
