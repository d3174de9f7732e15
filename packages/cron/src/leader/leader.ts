import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Dependencies, type Resource, type ResourceLike, resource, type StartContext, type Values } from '@keelson/kernel'
import { checkFunction, invalidOption } from '../invalid-option.js'
import { checkIsObject, type Lifecycle, withHooks } from '../lifecycle.js'
import { Election } from './election.js'
import { leaseUse, noteLease } from './lease-fit.js'
import type { LeaderLock } from './lock.js'
import { noteTakeover } from './takeovers.js'
import type { Term } from './term.js'

/** In ms: for how long a lock that is given back is waited for. */
const RELEASE = 2_000

/** The value of a leader: one term of it. */
export interface Leadership {
  /**
   * The fencing token: greater than that of whoever led before. Pass it along with what you write, and let the store refuse one that is
   * smaller than the last it has seen: a process that was stopped in the middle of a write may go on when another leads.
   */
  readonly token: bigint
  /** Aborts the moment that the lock is lost, before anything is drained. */
  readonly signal: AbortSignal
  readonly since: Date
}

export interface LeaderOptions<D extends Dependencies<D>> extends Lifecycle<Leadership, D> {
  /** What it has to hold: `pgAdvisoryLock(db, key)` or `redisLock(redis, key)`, also as a function of the dependencies. */
  lock: LeaderLock | ((deps: Values<D>) => LeaderLock | PromiseLike<LeaderLock>)
  /** Who this process is to others; default its host and process id. No secret: `inspect()` of the others shows it. */
  holder?: string
}

/**
 * Runs what depends on it in one of several processes. The process that has the lock leads: there, what depends on the leader is
 * started; when the lock is lost it is drained and stopped, in order, while the service goes on. Every other process stands by: it is up
 * and ready, and nothing there has failed. When everything that depends on it has stopped, the lock is given back, and the next one leads.
 *
 * Whoever leads is down, with all that depends on it, before its lease is over, whatever becomes of the lock's server: `start` refuses a lease
 * that is too short for that (see `verifyLease()`).
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const jobs = leader('jobs', { lock: pgAdvisoryLock(db, 'shop jobs') })
 * const cleanup = cron('cleanup', '15 3 * * *', { dependsOn: { db, jobs }, run: ({ db, jobs }) => cleanUp(db, jobs.token) })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function leader<const D extends Dependencies<D> = {}>(name: string, options: LeaderOptions<D>): Resource<Leadership> {
  checkIsObject(name, options, '{ lock: pgAdvisoryLock(db, key) }')
  const { lock, holder = hostname() } = options
  if (typeof lock !== 'function') checkLock(name, lock)
  if (typeof holder !== 'string' || holder === '')
    throw invalidOption(name, 'holder', 'must be a name', 'say who this process is')
  const needs = typeof lock === 'function' ? undefined : lock.on
  const made = resource<Held, D>(
    name,
    withHooks<Held, D>(name, withDependency(options, needs), ['lock', 'holder'], {
      restart: { attempts: Infinity, within: 60_000, delay: 500, factor: 1 },
      start: (deps, ctx) => lead(options, `${holder}:${pid()}:${randomBytes(3).toString('hex')}`, deps, ctx),
      stop: (held) => held.end(),
    }),
  )
  if (typeof lock !== 'function') noteLease(made, lock.lease)
  return made
}

async function lead<D extends Dependencies<D>>(
  { lock }: LeaderOptions<D>,
  holder: string,
  deps: Values<D>,
  ctx: StartContext,
): Promise<Held> {
  const given = typeof lock === 'function' ? await lock(deps) : lock
  if (typeof lock === 'function') checkMade(ctx.name, given)
  const measure = () => leaseUse(ctx.kernel.plan(), ctx.name, given.lease)
  const value = (deps as Record<string, unknown>)[LOCK]
  const election = new Election(given, value, holder, ctx, measure)
  ctx.standBy('it asks for the lock')
  const abort = new AbortController()
  const term = await election.win((reason) => {
    abort.abort(reason)
    ctx.crashed(new Error(`it leads no longer: ${reason.message}`, { cause: reason }))
  })
  const held = new Held(term, abort.signal, new Date(ctx.clock.wall?.() ?? ctx.clock.now()))
  noteTakeover(ctx, held.since.getTime())
  ctx.counters(() => ({ token: Number(term.token), leaseMs: given.lease, renewedMsAgo: Math.round(term.renewedMsAgo) }))
  return held
}

class Held implements Leadership {
  readonly token: bigint
  readonly signal: AbortSignal
  readonly since: Date
  readonly #term: Term

  constructor(term: Term, signal: AbortSignal, since: Date) {
    this.token = term.token
    this.signal = signal
    this.since = since
    this.#term = term
  }

  /** A lock that is lost already may still be given back sooner than its lease ends; it need not. */
  async end(): Promise<void> {
    const lost = this.#term.over
    try {
      await this.#term.end(RELEASE)
    } catch (error) {
      if (!lost) throw error
    }
  }
}

/** Where the value of the resource that a lock is made on comes in. */
const LOCK = 'lock resource'

function withDependency<D extends Dependencies<D>>(options: LeaderOptions<D>, needs: ResourceLike | undefined): object {
  if (needs === undefined) return options
  const descriptors = Object.getOwnPropertyDescriptors(options)
  // Whoever named it among the dependencies has named the edge.
  const get = () => ({ [LOCK]: needs, ...options.dependsOn })
  return Object.defineProperties({}, { ...descriptors, dependsOn: { get, enumerable: true, configurable: true } })
}

/** What it is made on has to be there already. */
function checkMade(name: string, lock: unknown): void {
  checkLock(name, lock)
  if (lock.on !== undefined)
    throw invalidOption(name, 'lock', 'is made on a resource', 'make it on the value that the function is given')
}

function checkLock(name: string, lock: unknown): asserts lock is LeaderLock {
  const given = lock as Partial<LeaderLock> | undefined | null
  const remedy = 'pass pgAdvisoryLock(db, key), redisLock(redis, key), or a function of the dependencies that returns one'
  if (typeof given !== 'object' || given === null) throw invalidOption(name, 'lock', 'is no lock', remedy)
  checkFunction(name, 'lock.open', given.open, true)
  if (typeof given.lease === 'number' && given.lease > 0 && given.lease < Infinity) return
  throw invalidOption(name, 'lock.lease', 'must be a number of ms', remedy)
}

function pid(): number {
  return process.pid
}
