import {
  type Clock,
  type Dependencies,
  KeelsonError,
  type ResourceOptions,
  type StartContext,
  systemClock,
  type Values,
} from '@keelson/kernel'
import type { ProcessReaper } from '../child/reaper.js'
import type { BackoffOptions } from './backoff.js'
import type { ServerPoolOptions } from './server-pool-options.js'

/** What a pool takes besides its hooks, which are this package's. */
export type Lifecycle<D extends Dependencies> = Omit<ResourceOptions<never, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

/** The servers of a pool by name, or what makes them of the resource's dependencies. */
export type Servers<S, D extends Dependencies> =
  | Readonly<Record<string, S>>
  | ((deps: Values<D>, ctx: StartContext) => Readonly<Record<string, S>> | PromiseLike<Readonly<Record<string, S>>>)

/** Limits of a pool; those with numbers hold for each of its servers, times are in ms and `Infinity` is no limit. */
export interface PoolLimits {
  /** Connections per server; default 4. */
  max?: number
  /** Connections per server that are opened in advance and again after a crash; default 0. */
  keep?: number
  /** Callers that may use one connection at the same time; default 1. */
  share?: number
  /** How long a connection may be idle before it is closed; default 60_000. */
  idleTimeout?: number
  /** How long a caller waits for a connection; default 15_000. */
  acquireTimeout?: number
  /** How long opening a connection may take; default 10_000. */
  startTimeout?: number
  /** How long one call may take; its connection is closed when it takes longer, unless others share it. Default `Infinity`. */
  useTimeout?: number
  /** How long a ping may take before the connection is closed; default 3_000. */
  pingTimeout?: number
  /** What closing may take before it is forced: for a child, the time between SIGTERM and SIGKILL; default 5_000. */
  grace?: number
  /** How long a server that keeps failing is left alone. */
  backoff?: BackoffOptions
  /** Closes idle connections and whatever is left at the end; without it a pool does that by itself. */
  reaper?: ProcessReaper
  /** What all of these times but `grace` are measured by; default the system's clock. Children end in real time. */
  clock?: Clock
}

export interface PoolOptions<S, D extends Dependencies> extends Lifecycle<D>, PoolLimits {
  servers: Servers<S, D>
}

const POSITIVE = ['max', 'share'] as const
const TIMES = ['idleTimeout', 'acquireTimeout', 'startTimeout', 'useTimeout', 'pingTimeout', 'grace'] as const
const HOOKS = ['start', 'check', 'drain', 'stop', 'kill']
const OWN = ['servers', 'keep', 'backoff', 'reaper', 'clock', ...POSITIVE, ...TIMES]

/** @throws KeelsonError `INVALID_OPTION` for a limit that cannot be meant. */
export function poolLimits(name: string, limits: PoolLimits): ServerPoolOptions {
  const { max = 4, keep = 0, share = 1 } = limits
  for (const key of POSITIVE)
    if (limits[key] !== undefined) check(name, key, isCount(limits[key], 1), 'a whole number, 1 or more')
  check(name, 'keep', isCount(keep, 0) && keep <= max, `a whole number from 0 to max (${max})`)
  for (const key of TIMES)
    if (limits[key] !== undefined) check(name, key, isMs(limits[key]), 'a number of milliseconds, 0 or more')
  for (const [key, value] of Object.entries(limits.backoff ?? {})) {
    check(name, `backoff.${key}`, ['delay', 'factor', 'maxDelay'].includes(key), 'delay, factor or maxDelay')
    check(name, `backoff.${key}`, isMs(value), 'a number, 0 or more')
  }
  return {
    max,
    keep,
    share,
    idleTimeout: limits.idleTimeout ?? 60_000,
    acquireTimeout: limits.acquireTimeout ?? 15_000,
    startTimeout: limits.startTimeout ?? 10_000,
    useTimeout: limits.useTimeout ?? Infinity,
    pingTimeout: limits.pingTimeout ?? 3_000,
    grace: limits.grace ?? 5_000,
    backoff: limits.backoff ?? {},
    clock: limits.clock ?? systemClock,
  }
}

/** @throws KeelsonError `INVALID_OPTION` for options that are no object, or that hold something else than they may. */
export function checkOptions(name: string, options: unknown, kinds: Readonly<Record<string, 'function' | 'object'>> = {}): void {
  if (typeof options !== 'object' || options === null) throw invalid(name, 'options', 'its options must be an object')
  for (const [key, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[key]
    const what = kind === 'function' ? 'a function' : 'an object'
    check(name, key, value === undefined || (typeof value === kind && value !== null), what)
  }
}

/**
 * What of a pool's options is the kernel's, as property descriptors: `dependsOn` may be a getter that is not to be read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among them: the hooks are this package's.
 */
export function lifecycleOf(name: string, options: object, own: readonly string[] = OWN): PropertyDescriptorMap {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    const text = `${hook} cannot be given, it is made by this package; put your own ${hook} into a resource that depends on this one`
    throw invalid(name, hook, text)
  }
  for (const key of own) delete descriptors[key]
  return descriptors
}

/** The options of a pool that are not the kernel's, with those that only one kind of pool has. */
export function ownOptions(...more: readonly string[]): readonly string[] {
  return [...OWN, ...more]
}

export function invalid(name: string, option: string, text: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${text}`, { resource: name, details: { option } })
}

function check(name: string, option: string, ok: boolean, what: string): void {
  if (!ok) throw invalid(name, option, `${option} must be ${what}`)
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least
}

/** @throws KeelsonError `INVALID_OPTION` for a grace that is no time. */
export function checkGrace(name: string, grace: unknown): void {
  check(name, 'grace', isMs(grace), 'a number of milliseconds, 0 or more')
}

function isMs(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}
