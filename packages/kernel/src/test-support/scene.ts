import { afterEach, beforeEach, expect } from 'vitest'
import type { ResourceLike } from '../index.js'
import {
  createKernel,
  type Dependencies,
  type Kernel,
  type KernelOptions,
  type Resource,
  type ResourceOptions,
  resource,
} from '../index.js'
import { type VirtualClock, virtualClock } from '../testing.js'

/** A virtual clock with what tests need around it; every test that makes one ends with no timer and no process listener left. */
export interface Scene {
  readonly clock: VirtualClock
  /** What the hooks of `traced` resources did, in order. */
  readonly log: string[]
  kernel(resources: Iterable<ResourceLike>, options?: KernelOptions): Kernel
  /** A resource whose hooks write to `log`; its value is its name. */
  traced(name: string, options?: TracedOptions): Resource<string>
  /** Resolves after `ms` on the clock. */
  delay<T = void>(ms: number, value?: T): Promise<T>
  /** Milliseconds since the scene was made. */
  elapsed(): number
}

export interface TracedOptions extends Omit<ResourceOptions<string, Dependencies>, 'start'> {
  start?: ResourceOptions<unknown, Dependencies>['start']
  startMs?: number
  drainMs?: number
  stopMs?: number
}

export function scene(): Scene {
  const clock = virtualClock()
  const log: string[] = []
  const origin = clock.now()
  clocks.push(clock)
  const delay = <T>(ms: number, value?: T) => new Promise<T>((resolve) => clock.setTimeout(() => resolve(value as T), ms))

  const traced = (name: string, { startMs, drainMs, stopMs, start, drain, stop, ...rest }: TracedOptions = {}) =>
    resource<string, Dependencies>(name, {
      ...rest,
      start: (deps, ctx) => {
        log.push(`start ${name}`)
        if (start !== undefined) return start(deps, ctx) as string
        if (startMs === undefined) return name
        return delay(startMs).then(() => {
          log.push(`up ${name}`)
          return name
        })
      },
      ...((drain !== undefined || drainMs !== undefined) && {
        drain: (value, ctx) => {
          log.push(`drain ${name}`)
          if (drain !== undefined) return drain(value, ctx)
          return delay(drainMs!).then(() => log.push(`drained ${name}`))
        },
      }),
      stop: (value, ctx) => {
        log.push(`stop ${name}`)
        if (stop !== undefined) return stop(value, ctx)
        return stopMs === undefined ? undefined : delay(stopMs).then(() => log.push(`stopped ${name}`))
      },
    })

  return {
    clock,
    log,
    traced,
    delay,
    kernel: (resources, options) => createKernel(resources, { clock, ...options }),
    elapsed: () => clock.now() - origin,
  }
}

/** A promise that never settles. */
export const hang = () => new Promise<never>(() => {})

const clocks: VirtualClock[] = []
let before: Record<string, number>

/** How many listeners the process has, by event. */
export const processListeners = () =>
  Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))

beforeEach(() => {
  before = processListeners()
})

afterEach(() => {
  for (const clock of clocks.splice(0)) expect(clock.pending, 'timers left on the virtual clock').toBe(0)
  expect(processListeners(), 'listeners left on the process').toEqual(before)
})
