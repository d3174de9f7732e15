import type { HealthcheckConfig, Inspection } from '../engine/docker-like.js'
import { shown } from '../engine/shown.js'

/** `failed`: not running, or given up; `unknown`: not inspected yet, being removed, or still starting. */
export type ContainerStatus = 'healthy' | 'unhealthy' | 'restarting' | 'failed' | 'unknown'

export function isTrouble(status: ContainerStatus): boolean {
  return status === 'failed' || status === 'unhealthy'
}

/** The judgement of an inspection. */
export interface Verdict {
  readonly status: Exclude<ContainerStatus, 'restarting'>
  /** Why it is not healthy. */
  readonly reason?: string
}

/** What is recorded about a container besides its status. */
export interface ContainerFacts {
  readonly image: string
  readonly running: boolean
  /** The exit code of its last run; absent while it runs. */
  readonly exitCode?: number
  readonly oomKilled: boolean
  /** Restarts by the engine under the container's own restart policy. */
  readonly engineRestarts: number
  /** Whether the engine brings it back by its own restart policy after it was away. */
  readonly comesBack: boolean
  /** In ms since the epoch. */
  readonly startedAt?: number
  /** The container's own stop timeout in ms; absent where the engine's default of 10 s applies. */
  readonly stopMs?: number
}

/** Docker's own defaults of a HEALTHCHECK; times are in ns. */
const DEFAULT_INTERVAL = 30e9
const DEFAULT_TIMEOUT = 30e9
const DEFAULT_RETRIES = 3
/** Characters of what a HEALTHCHECK printed that a reason has. */
const OUTPUT = 200

/** The status of a container by its inspection, at `now` in ms since the epoch. */
export function judge({ State, Config }: Inspection, now: number): Verdict {
  if (State.Status === 'removing') return { status: 'unknown', reason: 'it is being removed' }
  if (!State.Running || State.Restarting) return { status: 'failed', reason: whyNotRunning(State) }
  if (State.Paused) return { status: 'unhealthy', reason: 'it is paused' }
  const { Health } = State
  if (!Health || Health.Status === 'none' || Health.Status === '' || Health.Status === 'healthy') return { status: 'healthy' }
  const output = shown(String(Health.Log?.at(-1)?.Output ?? ''), OUTPUT)
  const said = output === '' ? '' : `: ${output}`
  if (Health.Status !== 'starting') return { status: 'unhealthy', reason: `its HEALTHCHECK fails${said}` }
  if (now < Date.parse(State.StartedAt ?? '') + decidedAfter(Config?.Healthcheck ?? {})) {
    return { status: 'unknown', reason: 'it is starting' }
  }
  return { status: 'unhealthy', reason: `its HEALTHCHECK has not passed since it should have started${said}` }
}

/**
 * How long after its start, in ms, the engine must have called a container healthy or unhealthy. A check that fails within the start
 * period does not count, and one that began in it may end after it; of those that follow, as many as the engine retries must fail.
 */
function decidedAfter({ StartPeriod = 0, Interval, Timeout, Retries }: HealthcheckConfig): number {
  const timeout = Timeout || DEFAULT_TIMEOUT
  const counted = ((Interval || DEFAULT_INTERVAL) + timeout) * (Retries || DEFAULT_RETRIES)
  return (StartPeriod > 0 ? StartPeriod + timeout + counted : counted) / 1e6
}

export function factsOf({ State, RestartCount, HostConfig, Config }: Inspection, image: string): ContainerFacts {
  const startedAt = Date.parse(State.StartedAt ?? '')
  return {
    image: shown(String(Config?.Image ?? image)),
    running: State.Running,
    ...(!State.Running && State.ExitCode !== undefined && { exitCode: State.ExitCode }),
    oomKilled: State.OOMKilled === true,
    engineRestarts: RestartCount ?? 0,
    comesBack: ['always', 'unless-stopped'].includes(HostConfig?.RestartPolicy?.Name ?? ''),
    ...(startedAt > 0 && { startedAt }),
    ...(Config?.StopTimeout !== undefined && { stopMs: Config.StopTimeout * 1000 }),
  }
}

function whyNotRunning({ Status, ExitCode, OOMKilled, Error: failure, Restarting }: Inspection['State']): string {
  const code = ExitCode === undefined ? '' : ` with code ${ExitCode}`
  const memory = OOMKilled ? ', out of memory' : ''
  if (Restarting) return `the engine is restarting it, it ended${code}${memory}`
  return `it is ${shown(String(Status ?? 'not running'))}${code}${memory}${failure ? `: ${shown(String(failure))}` : ''}`
}
