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
  /** Read when somebody asks, as of when this probe was made; plain data for `JSON.stringify` and copies. */
  readonly reasons: readonly ProbeReason[]
}

/** What the probe is folded from. */
export interface ProbeInput {
  readonly state: KernelState
  readonly started: boolean
  readonly failure: ProbeReason | undefined
  /** Why it is out of rotation by hand. */
  readonly cordon: ProbeReason | undefined
  /** The worst impact of resources that are not fine. */
  readonly worst: Impact
  /** Why they are not; the probe reads them when somebody asks. */
  troubles(): ProbeReason[]
}

/** Folds resources that are not fine and the kernel's own state into one probe. `unready` wins over `degraded`. */
export function foldProbe({ state, started, failure, cordon, worst, troubles }: ProbeInput): Probe {
  const up = failure === undefined ? state : state === 'running' ? 'failed' : state
  const status = up === 'running' ? FINE[cordon === undefined ? worst : 'unready'] : up
  let reasons: readonly ProbeReason[] | undefined
  return Object.freeze({
    status,
    started,
    ready: status === 'ready' || status === 'degraded',
    live: failure === undefined && state !== 'failed',
    get reasons() {
      reasons ??= Object.freeze([failure, cordon].filter((reason) => reason !== undefined).concat(troubles()))
      return reasons
    },
  })
}

const FINE: Readonly<Record<Impact, ProbeStatus>> = { none: 'ready', degraded: 'degraded', unready: 'unready' }

export function sameReason(a: ProbeReason | undefined, b: ProbeReason | undefined): boolean {
  return a?.resource === b?.resource && a?.state === b?.state && a?.health === b?.health && a?.message === b?.message
}
