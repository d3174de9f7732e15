import { budgetSpent, hookFailed, type KeelsonError } from '../errors.js'
import type { Outcome } from '../observe/report.js'
import type { Cell } from './cell.js'
import type { StopListener } from './cell-host.js'
import { DrainRun } from './drain-run.js'
import { isThenable } from './hook-run.js'
import type { Instance } from './instance.js'
import { Release, releaseHook, type StopOrder } from './release.js'

/** The teardown of one resource: its drain, its stop, its cleanups, each within what is left of its share. */
export class Stopping {
  readonly #cell: Cell
  readonly #instance: Instance
  readonly #listeners: StopListener[] = []
  #run: DrainRun | Release | undefined
  /** When those who joined want its stop, and all of it, to be over. */
  #latest = Infinity
  #latestEnd = Infinity
  #below = 0

  constructor(cell: Cell, instance: Instance) {
    this.#cell = cell
    this.#instance = instance
  }

  listen(listener: StopListener): void {
    this.#listeners.push(listener)
  }

  /** Whether it is part of a teardown, which reports what goes wrong. */
  get awaited(): boolean {
    return this.#listeners.length > 0
  }

  /** Somebody else waits for the same end, and may have less time. */
  join(order: StopOrder, listener: StopListener): void {
    this.#listeners.push(listener)
    this.#latest = Math.min(this.#latest, order.at + order.limit)
    this.#latestEnd = Math.min(this.#latestEnd, order.end)
    this.#below = Math.max(this.#below, order.below)
    this.#run?.hurry(this.#latest, this.#latestEnd, this.#below)
  }

  /** Drains, then stops. A drain that fails or runs out of time is recorded and does not keep the stop. */
  begin(order: StopOrder): void {
    const cell = this.#cell
    const own = drainTime(this.#instance)
    if (own === 0 && !drains(this.#instance)) return this.#stop(order)
    const drain = Math.min(own, order.limit)
    const stop = Math.min(stopTime(this.#instance), order.limit)
    const limit = order.limit === Infinity ? drain : Math.min(drain, order.limit * (drain / (drain + stop || 1)))
    cell.draining(order.at)
    const run = new DrainRun(this.#instance, { ...order, limit }, (error) => {
      if (error !== undefined) cell.teardownFailed(error)
      const at = cell.host.clock.now()
      const left = Math.min(order.at + order.limit, this.#latest) - at
      this.#stop({
        ...order,
        at,
        limit: Math.max(0, left),
        end: Math.min(order.end, this.#latestEnd),
        below: Math.max(order.below, this.#below),
      })
    })
    this.#run = run
    run.begin()
  }

  /** Releases what a start that failed had acquired. */
  cleanUp(order: StopOrder, done: (errors: readonly KeelsonError[]) => void): void {
    const run = new Release(this.#instance, order, ({ errors }) => done(errors))
    this.#run = run
    run.begin()
  }

  /** The budget was spent before its turn: it is not asked to stop, only killed where it can be. */
  skip(): void {
    const cell = this.#cell
    const { name, host } = cell
    cell.stopping(host.clock.now())
    cell.teardownFailed(budgetSpent(name))
    const { options } = cell.definition
    let killed = false
    if (options.kill !== undefined && this.#instance.hasValue) {
      try {
        const result: unknown = options.kill(this.#instance.value)
        // There is no time to wait for one that is asynchronous, so nothing is claimed of it.
        killed = !isThenable(result)
        Promise.resolve(result).catch((cause: unknown) => host.lateError(hookFailed(name, 'kill', cause)))
      } catch (cause) {
        cell.teardownFailed(hookFailed(name, 'kill', cause))
      }
    }
    this.#end(killed ? 'killed' : 'not-attempted')
  }

  #stop(order: StopOrder): void {
    const cell = this.#cell
    cell.stopping(order.at)
    const limit = Math.min(order.limit, stopTime(this.#instance))
    const run = new Release(this.#instance, limit === order.limit ? order : { ...order, limit }, ({ outcome, errors }) => {
      for (const error of errors) cell.teardownFailed(error)
      this.#end(outcome)
    })
    this.#run = run
    run.begin()
  }

  #end(outcome: Outcome): void {
    this.#cell.stopped(outcome)
    this.end()
  }

  /** Tells everybody who waits. */
  end(): void {
    for (const listener of this.#listeners) listener.stopped(this.#cell)
  }
}

/** The most that drain and stop of an instance may take by their own timeouts, in ms. A hook that it does not have takes nothing. */
export function teardownTime(instance: Instance): number {
  return drainTime(instance) + stopTime(instance)
}

function drainTime(instance: Instance): number {
  return drains(instance) ? instance.cell.timeout('drain') : 0
}

/** What has crashed has no work left to finish: it is only stopped. */
function drains({ cell, hasValue, leases }: Instance): boolean {
  return hasValue && !cell.gone && (cell.definition.options.drain !== undefined || leases > 0)
}

function stopTime(instance: Instance): number {
  return instance.cleanups !== undefined || releaseHook(instance) !== undefined ? instance.cell.timeout('stop') : 0
}
