import { type Clock, type Dependencies, type StartContext, systemClock, type Values } from '@keelson/kernel'
import type { ProcessReaper } from '../child/reaper.js'
import type { BackoffOptions } from './backoff.js'
import type { Lifecycle } from './lifecycle.js'
import { check, checkCount, checkMs } from './option-checks.js'
import type { ServerPoolOptions } from './server-pool-options.js'

/** The servers of a pool by name, or a function of the dependencies that returns them. */
export type Servers<S, D extends Dependencies<D>> =
  | Readonly<Record<string, S>>
  | ((deps: Values<D>, ctx: StartContext) => Readonly<Record<string, S>> | PromiseLike<Readonly<Record<string, S>>>)

/** Limits of a pool; those with numbers hold for each of its servers, times are in ms and `Infinity` is no limit. */
export interface PoolLimits {
  /** Connections per server; default 4. */
  max?: number
  /** Connections per server that are opened in advance, and again after a crash; default 0. A start waits for them, see `startTimeout`. */
  keep?: number
  /** How many callers may use one connection at the same time; default 1. */
  share?: number
  /** Milliseconds after which an idle connection is closed; default 60_000, as exact as the sweep of the reaper (1 s). */
  idleTimeout?: number
  /** Milliseconds that a caller waits for a connection; default 15_000. */
  acquireTimeout?: number
  /** Milliseconds that opening a connection may take; default 10_000. Of several servers, one that says nothing holds up the start for a second. */
  startTimeout?: number
  /** Milliseconds that one call may take; default `Infinity`. Its connection is then closed, unless others share it. */
  useTimeout?: number
  /** Milliseconds that a ping may take before the connection is closed; default 3_000. */
  pingTimeout?: number
  /** Milliseconds that closing may take before it is forced: for a child, between SIGTERM and SIGKILL. Default 5_000. */
  grace?: number
  /** How long to wait before a server that keeps failing is tried again; default 100 ms, doubling, up to 30_000 ms. */
  backoff?: BackoffOptions
  /** A `processReaper()` that closes idle connections and leftover children for several pools; default one for this pool alone. */
  reaper?: ProcessReaper
  /** What all of these times but `grace` are measured by; default the system's clock. Children end in real time. */
  clock?: Clock
}

export interface PoolOptions<S, D extends Dependencies<D>> extends Lifecycle<D>, PoolLimits {
  /** By name, or a function of the dependencies. */
  servers: Servers<S, D>
}

const POSITIVE = ['max', 'share'] as const
const TIMES = ['idleTimeout', 'acquireTimeout', 'startTimeout', 'useTimeout', 'pingTimeout', 'grace'] as const
const OWN = ['servers', 'keep', 'backoff', 'reaper', 'clock', ...POSITIVE, ...TIMES]

/**
 * The limits with their defaults.
 *
 * @throws KeelsonError `INVALID_OPTION` for a bad one.
 */
export function poolLimits(name: string, limits: PoolLimits): ServerPoolOptions {
  const { max = 4, keep = 0, share = 1 } = limits
  for (const key of POSITIVE) if (limits[key] !== undefined) checkCount(name, key, limits[key])
  check(name, 'keep', Number.isInteger(keep) && keep >= 0 && keep <= max, `a whole number from 0 to max (${max})`)
  for (const key of TIMES) if (limits[key] !== undefined) checkMs(name, key, limits[key])
  for (const [key, value] of Object.entries(limits.backoff ?? {})) {
    check(name, `backoff.${key}`, ['delay', 'factor', 'maxDelay'].includes(key), 'delay, factor or maxDelay')
    check(name, `backoff.${key}`, typeof value === 'number' && value >= 0, 'a number, 0 or more')
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

/** The options of a pool that are not the kernel's, with those that only one kind of pool has. */
export function ownOptions(more: readonly string[] = []): readonly string[] {
  return [...OWN, ...more]
}
