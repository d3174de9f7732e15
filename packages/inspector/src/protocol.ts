import type { KernelState, PanelView, Plan, Probe, ResourceSnapshot, Span } from '@keelson/kernel'

/*
 * What the server tells the page, as JSON. A stream begins with one `Hello`; each `Update` after it says what has changed since. A viewer who could
 * not keep up gets another `Hello` in place of what was missed: it replaces everything. Times are in ms since the epoch by the clock of the process,
 * durations in ms; `null` stands for no limit (`Infinity`). Every text is masked, printable and cut; names are shown alike wherever they stand.
 *
 * Relative to the page: `events` is the stream (`data:` has one message), `state` one `Hello`, `actions` takes an `ActionRequest` by POST
 * as `application/json`, with the header `x-keelson-csrf`, and answers with an `ActionAnswer`. 401 anywhere: the page has to be loaded anew, to log in.
 * 403, 429 and 503 say why as text; `events` is worth trying again after those two, after `retry-after` seconds.
 */

/** `Infinity` becomes `null` in JSON. */
export type Finite<T> = T extends number ? number | null : T extends object ? { readonly [K in keyof T]: Finite<T[K]> } : T

/** What became of a resource, and when. */
export interface StateRecord {
  readonly at: number
  readonly state: ResourceSnapshot['state']
  readonly health: ResourceSnapshot['health']
}

export interface ErrorRecord {
  readonly at: number
  readonly phase?: string
  readonly code?: string
  readonly message: string
}

/** One resource: what `inspect()` says, what was remembered of it, and its part of the plan. */
export interface ResourceView extends ResourceSnapshot {
  readonly plan?: Finite<Plan['resources'][number]>
  /** Oldest first, at most 50. */
  readonly history: readonly StateRecord[]
  /** Oldest first, at most 20. */
  readonly errors: readonly ErrorRecord[]
  /** How often its start was tried again, and how often it was restarted, since the inspector looks. */
  readonly retries: number
  readonly restartsDone: number
}

/** One event of the kernel in words. */
export interface EventRecord {
  /** Counts from 1 and never comes twice. */
  readonly id: number
  readonly at: number
  readonly type: string
  readonly resource?: string
  readonly tone: 'ok' | 'busy' | 'warn' | 'bad' | 'idle'
  readonly text: string
}

export interface KernelPart {
  readonly name: string
  readonly state: KernelState
  readonly probe: Probe
  /** Why it is out of rotation by hand. */
  readonly cordoned?: string
}

/** What a shutdown has, may take at the worst, and has taken. */
export interface BudgetView {
  readonly delayMs: number
  readonly timeoutMs: number | null
  readonly worstCaseMs: number | null
  /** What the platform gives, and which that is, where it is known. */
  readonly graceMs?: number
  readonly platform?: string
  /** Of the shutdown that goes on, or of the last one. */
  readonly beganAt?: number
  readonly endedAt?: number
  readonly reason?: string
}

export interface PlanPart {
  readonly order: readonly string[]
  readonly criticalPath: readonly string[]
  readonly startMs: number | null
  readonly budget: BudgetView
}

/** A panel of a resource, or why it could not be read. */
export interface PanelPart {
  readonly resource: string
  /** Tells the panels of one resource apart, together with it. */
  readonly title: string
  readonly view?: PanelView
  readonly error?: string
}

export interface Hello {
  readonly type: 'hello'
  /** Differs for each process, so that a page that comes back knows whether it is still the same one. */
  readonly session: string
  readonly now: number
  readonly process: { readonly pid: number; readonly host: string; readonly node: string; readonly startedAt: number }
  /** Whether actions are allowed. */
  readonly actions: boolean
  /** What the header `x-keelson-csrf` of an action has to say; absent where none are allowed. */
  readonly csrf?: string
  readonly kernel: KernelPart
  readonly plan: PlanPart
  readonly resources: readonly ResourceView[]
  readonly timeline: readonly Span[]
  /** Oldest first, at most 500. */
  readonly events: readonly EventRecord[]
  readonly panels: readonly PanelPart[]
}

/** What has changed; a part that is absent has not. Sent at most 4 times a second, and at least every 5 s, empty if need be. */
export interface Update {
  readonly type: 'update'
  readonly now: number
  readonly kernel?: KernelPart
  readonly plan?: PlanPart
  /** Those that have changed, whole. */
  readonly resources?: readonly ResourceView[]
  /** Names of those that are no more. */
  readonly gone?: readonly string[]
  /** The whole, whenever a hook began or ended. */
  readonly timeline?: readonly Span[]
  readonly events?: readonly EventRecord[]
  /** Those that have changed, whole; of these resources all. */
  readonly panels?: readonly PanelPart[]
  /** Everything has stopped, and this is the last that is told: the process ends. */
  readonly last?: true
}

/** What the page asks for. */
export type ActionRequest =
  | { readonly action: 'check' | 'restart' | 'rotate'; readonly resource: string }
  | { readonly action: 'cordon'; readonly reason: string }
  | { readonly action: 'uncordon' }
  /** `confirm`: the name of the kernel, as somebody has typed it. */
  | { readonly action: 'shutdown'; readonly confirm: string }
  /** `title` of the panel, `id` of the action, `row` that it belongs to. */
  | { readonly action: 'panel'; readonly resource: string; readonly title: string; readonly id: string; readonly row: string }

export interface ActionAnswer {
  readonly ok: boolean
  /** What came of it, or why nothing did. */
  readonly text: string
}
