import { RESERVE } from '../defaults.js'
import type { StopContext } from '../define/context.js'
import { attempt, isObject } from '../foreign.js'
import { drainReserveOf, stopReserveOf } from '../graph/budget.js'
import type { Instance } from './instance.js'

/** Whether its value is released by anything: the stop hook, else what the value itself brings. */
export function hasStop({ owner, value, hasValue }: Instance): boolean {
  return hasValue && (owner.definition.options.stop !== undefined || disposeOf(value) !== undefined)
}

/** Calls the stop hook, or the value's own dispose where there is none. */
export function stopValue({ owner, value }: Instance, ctx: StopContext): unknown {
  const { options, self } = owner.definition
  return options.stop === undefined ? disposeOf(value)!.call(value) : options.stop.call(self, value, ctx)
}

export function hasCleanups({ cleanups }: Instance): boolean {
  return cleanups !== undefined && cleanups.length > 0
}

/** Whether there is work to finish first. What has crashed has none left: it is only stopped. */
export function drains({ owner, hasValue, openWork }: Instance): boolean {
  return hasValue && owner.crashError === undefined && (owner.definition.options.drain !== undefined || openWork > 0)
}

/** D3: what is kept of a budget for its stop and cleanups, in ms: half a second, or twice the longest that one of them took. */
export function stopReserve(instance: Instance): number {
  const { owner } = instance
  if (!hasStop(instance) && !hasCleanups(instance)) return 0
  return stopReserveOf(owner.timeout('stop'), owner.longestStopMs)
}

/** D3: what is kept of a budget for its drain, in ms. */
export function drainReserve(instance: Instance): number {
  return drains(instance) ? drainReserveOf(instance.owner.timeout('drain')) : 0
}

/** D3: what is kept of a budget for the whole teardown of an instance, in ms; of a start in flight nobody knows what it brings. */
export function reserveOf(instance: Instance | undefined): number {
  if (instance === undefined) return 0
  if (!instance.hasValue) return Math.min(instance.owner.timeout('stop'), RESERVE.stop)
  return drainReserve(instance) + stopReserve(instance)
}

function disposeOf(value: unknown): (() => unknown) | undefined {
  return isObject(value) ? (methodOf(value, Symbol.asyncDispose) ?? methodOf(value, Symbol.dispose)) : undefined
}

/** One that is there and cannot be read fails when it is called; a strict mock, which throws for what it does not have, has none. */
function methodOf(value: object, key: symbol | undefined): (() => unknown) | undefined {
  if (key === undefined) return undefined // older runtimes have no such symbols
  try {
    const method: unknown = Reflect.get(value, key)
    return typeof method === 'function' ? (method as () => unknown) : undefined
  } catch (error) {
    if (!attempt(() => key in value)) return undefined
    return () => {
      throw error
    }
  }
}
