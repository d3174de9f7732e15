import { invalidOption } from '../../errors.js'

/** Probabilities, from 0 to 1, for each call of a hook. */
export interface HookFaults {
  /** It takes time, but less than its timeout; default 0.3. */
  delay?: number
  /** It throws or rejects; default 0.04. The first starts of some that have `retry` fail, too, as those of a server that is not there yet. */
  failure?: number
  /** It never settles, or not before its signal aborts; default 0.02. */
  hang?: number
  /** It settles, well or badly, when its timeout is over; default 0.02. */
  late?: number
  /** A check begins to fail, and goes on failing for a while; default 0.04. */
  check?: number
}

/** How often a run does these, on average. */
export interface RunFaults {
  /** A resource says `ctx.crashed()`; default 0.8. */
  crash?: number
  /** A resource says `ctx.unhealthy()`, later perhaps `ctx.healthy()`, or soon after, as in a blip; default 0.5. */
  unhealthy?: number
  /** `kernel.restart()`; default 0.6. */
  restart?: number
  /** `kernel.add()`, also of resources that were left out of the start; default 0.7. */
  add?: number
  /** `kernel.remove()`; default 0.6. */
  remove?: number
  /** Work that holds a lease, through the `Ref` of a dependent; default 0.8. */
  use?: number
  /** Work that a resource tracks; default 0.8. */
  track?: number
  /** A resource is done, as a task is whose `run` resolves: the kernel is shut down, or it is restarted; default 0.2. */
  end?: number
  /** `kernel.cordon()` or `kernel.uncordon()`; default 0.2. */
  cordon?: number
  /** `kernel.check()`, of one resource or of all; default 0.3. */
  checkNow?: number
  /** `kernel.fail()`; default 0.05. */
  fail?: number
  /** `kernel.start()` where it is not expected, and after a shutdown; default 0.2. */
  start?: number
  /** A shutdown at any instant, rather than at the end of the run; default 0.7. */
  shutdown?: number
  /**
   * The part of the resources, 0 to 1, whose starts say `ctx.standBy()`: they are let in after a while, or never, or fail meanwhile, and crash
   * more often than others; default 0.
   */
  standBy?: number
  /** The part of all the others, 0 to 1, that is done by a listener while the kernel tells an event; default 0.15. */
  listener?: number
}

/** Which faults a simulation injects, and how likely each is; 0 leaves one out. Each run draws its own mix around these. */
export interface Faults extends HookFaults, RunFaults {}

export type FaultKind = keyof Faults

export const FAULTS: Readonly<Required<Faults>> = {
  delay: 0.3,
  failure: 0.04,
  hang: 0.02,
  late: 0.02,
  check: 0.04,
  crash: 0.8,
  unhealthy: 0.5,
  restart: 0.6,
  add: 0.7,
  remove: 0.6,
  use: 0.8,
  track: 0.8,
  end: 0.2,
  fail: 0.05,
  start: 0.2,
  shutdown: 0.7,
  listener: 0.15,
  cordon: 0.2,
  checkNow: 0.3,
  standBy: 0,
}

const PER_CALL: ReadonlySet<string> = new Set(['delay', 'failure', 'hang', 'late', 'check', 'shutdown', 'listener', 'standBy'])

/** The faults asked for, on top of the defaults. */
export function faultsOf(asked: Faults): Required<Faults> {
  for (const [kind, likely] of Object.entries(asked) as [string, unknown][]) {
    if (!Object.hasOwn(FAULTS, kind)) {
      throw invalidOption(undefined, `faults.${kind}`, 'is not an option', `choose from ${Object.keys(FAULTS).join(', ')}`)
    }
    const most = PER_CALL.has(kind) ? 1 : 1_000
    if (typeof likely !== 'number' || !(likely >= 0 && likely <= most)) {
      throw invalidOption(undefined, `faults.${kind}`, `is ${String(likely)}`, `give a number from 0 to ${most}`)
    }
  }
  return { ...FAULTS, ...asked }
}

/** No fault counted yet. */
export function noFaults(): Record<FaultKind, number> {
  return Object.fromEntries(Object.keys(FAULTS).map((kind) => [kind, 0])) as Record<FaultKind, number>
}
