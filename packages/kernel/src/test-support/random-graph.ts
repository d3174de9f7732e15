import {
  type Dependency,
  type Impact,
  optional,
  type Resource,
  type ResourceOptions,
  type RetryOptions,
  ref,
  resource,
} from '../index.js'
import type { SimulateOptions } from '../testing.js'

/** From 0 up to 1. */
export type Random = () => number

/** A small generator: the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = (seed * 2654435761) % 2147483647 || 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const IMPACTS: readonly Impact[] = ['unready', 'unready', 'degraded', 'none']

/** Resources with every kind of edge, check, policy, impact and timeout, each by chance. Later ones depend on earlier ones. */
export function randomGraph(size: number, random: Random): Resource<unknown>[] {
  const below = (end: number) => Math.floor(random() * end)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
  const made: Resource<unknown>[] = []
  for (let i = 0; i < size; i++) {
    const dependsOn: Record<string, Dependency> = {}
    const after: Resource<unknown>[] = []
    for (let n = below(Math.min(4, i + 1)); n > 0; n--) {
      const other = pick(made)
      const dice = random()
      if (dice < 0.55) dependsOn[other.name] = other
      else if (dice < 0.75) dependsOn[other.name] = optional(other, { late: random() < 0.4 ? 'restart' : 'ignore' })
      else if (dice < 0.9) dependsOn[other.name] = ref(other)
      else after.push(other)
    }
    const checked = random() < 0.5
    const delay = random() < 0.6 ? pick([0, 1, 10, 100]) : undefined
    const options: ResourceOptions<unknown, Record<string, Dependency>> = {
      dependsOn,
      after,
      start: () => i,
      impact: pick(IMPACTS),
      ...(checked && { check: () => true }),
      ...(random() < 0.4 && { retry: random() < 0.2 ? true : randomRetry(random) }),
      ...(random() < 0.15 && { shared: true }),
      ...(random() < 0.2 && { activate: () => {} }),
      ...(random() < 0.2 && { quiesce: () => {} }),
      ...(random() < 0.4 && { drain: () => {} }),
      ...(random() < 0.4 && { kill: () => {} }),
      ...(random() < 0.6 && {
        restart: {
          attempts: 1 + below(3),
          within: pick([100, 1_000, 60_000]),
          ...(delay !== undefined && { delay }),
          ...(random() < 0.3 && { maxDelay: Math.max(delay ?? 100, pick([0, 50, 1_000])) }),
          ...(random() < 0.3 && { factor: pick([1, 2, 3]), jitter: pick([0, 0.5, 1]) }),
        },
      }),
      ...(random() < 0.5 && {
        timeouts: {
          start: pick([20, 100, 1_000]),
          check: pick([5, 50, 500]),
          drain: pick([0, 10, 100, 5_000, Infinity]),
          stop: pick([5, 50, 500, 2_000]),
        },
      }),
      ...(checked &&
        random() < 0.6 && {
          monitor: {
            interval: pick([10, 100, 1_000]),
            failureThreshold: 1 + below(3),
            successThreshold: 1 + below(2),
            ...(random() < 0.3 && { tolerance: pick([1, 50, 500]) }),
          },
        }),
      ...(!checked && random() < 0.1 && { monitor: { tolerance: pick([1, 50, 500]) } }),
    }
    made.push(resource(`r${i}`, options))
  }
  return made
}

function randomRetry(random: Random): RetryOptions {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const delay = pick([0, 1, 10, 100])
  const retry: RetryOptions = {
    delay,
    ...(random() < 0.5 && { attempts: pick([1, 2, 4, Infinity]) }),
    ...(random() < 0.5 && { factor: pick([1, 2, 3]), jitter: pick([0, 0.5, 1]) }),
    maxDelay: Math.max(delay, pick([10, 100])),
  }
  // Without a pause, what fails at once would be tried for ever at one moment of a virtual clock.
  return retry.attempts === Infinity && retry.delay === 0 ? { ...retry, delay: 1 } : retry
}

/** Kernel options and a mix of faults to go with it. */
export function randomOptions(random: Random): Pick<SimulateOptions, 'kernel' | 'faults'> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  return {
    kernel: {
      timeouts: { start: 200, check: 50, drain: 100, stop: 100 },
      shutdown: { timeout: pick([100, 1_000, 25_000]), delay: pick([0, 0, 20]) },
      ...(random() < 0.2 && { concurrency: 2 }),
    },
    faults: { listener: pick([0, 0, 0.15, 0.6]), standBy: pick([0, 0.1, 0.3, 0.6]) },
  }
}
