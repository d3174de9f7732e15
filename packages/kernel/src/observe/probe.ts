import type { Health, KernelState, ResourceState } from '../state.js'
import type { Impact } from '../words.js'

export type ProbeStatus = 'idle' | 'starting' | 'ready' | 'degraded' | 'unready' | 'draining' | 'stopping' | 'stopped' | 'failed'

/** Why a kernel is not simply ready: one resource that is not fine. */
export interface ProbeReason {
  /** The name of the resource, or of the kernel. */
  readonly resource: string
  /** Set when it is the kernel itself: it has failed, or is cordoned. */
  readonly kernel?: true
  readonly state: ResourceState
  readonly health: Health
  readonly message: string
}

/** The state of a whole kernel in the terms of Kubernetes' startup, readiness and liveness probes. */
export interface Probe {
  readonly status: ProbeStatus
  /** Everything has started; true until it has stopped. */
  readonly started: boolean
  /** Send requests: true for `ready` and `degraded`. */
  readonly ready: boolean
  /** False only after an unrecoverable failure: the process should be replaced. */
  readonly live: boolean
  readonly reasons: readonly ProbeReason[]
}

/** What the probe is folded from. */
export interface ProbeInput {
  readonly state: KernelState
  readonly started: boolean
  readonly failure: ProbeReason | undefined
  /** Why it is out of rotation by hand. */
  readonly cordon: ProbeReason | undefined
  readonly troubled: Iterable<Trouble>
}

export interface Trouble extends ProbeReason {
  readonly impact: Impact
}

/** Folds resources that are not fine and the kernel's own state into one probe. `unready` wins over `degraded`. */
export function foldProbe({ state, started, failure, cordon, troubled }: ProbeInput): Probe {
  const reasons: ProbeReason[] = []
  let worst: Impact = 'none'
  if (failure !== undefined) reasons.push(Object.freeze(failure))
  if (cordon !== undefined) {
    reasons.push(Object.freeze(cordon))
    worst = 'unready'
  }
  for (const { impact, resource, state, health, message } of troubled) {
    reasons.push(Object.freeze({ resource, state, health, message }))
    if (impact === 'unready' || worst === 'none') worst = impact
  }
  const up = failure === undefined ? state : state === 'running' ? 'failed' : state
  const status = up === 'running' ? FINE[worst] : up
  return Object.freeze({
    status,
    started,
    ready: status === 'ready' || status === 'degraded',
    live: failure === undefined && state !== 'failed',
    reasons: Object.freeze(reasons),
  })
}

const FINE: Readonly<Record<Impact, ProbeStatus>> = { none: 'ready', degraded: 'degraded', unready: 'unready' }

/** Whether two probes say the same. */
export function sameProbe(a: Probe, b: Probe): boolean {
  return (
    a.status === b.status &&
    a.started === b.started &&
    a.live === b.live &&
    a.reasons.length === b.reasons.length &&
    a.reasons.every((reason, i) => sameReason(reason, b.reasons[i]))
  )
}

function sameReason(a: ProbeReason, b: ProbeReason | undefined): boolean {
  return a.resource === b?.resource && a.state === b.state && a.health === b.health && a.message === b.message
}
