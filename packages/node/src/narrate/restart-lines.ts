import type { KernelEventOf } from '@keelson/kernel'
import { duration, some } from '../words/duration.js'
import { withoutName } from '../words/problem.js'
import type { ToldErrors } from '../words/told-errors.js'
import type { Line } from './log.js'

interface Open {
  /** When it failed, in ms since the epoch. */
  readonly since: number
  readonly attempts: number | undefined
}

/** Tells of restarts: which attempt it is, why, and at the end how long the resource was away, all attempts together. */
export class RestartLines {
  readonly #told: ToldErrors
  /** The restarts that are not over, by the resource that failed. */
  readonly #open = new Map<string, Open>()

  constructor(told: ToldErrors) {
    this.#told = told
  }

  scheduled(event: KernelEventOf<'restart:scheduled'>): Line {
    const { resource, attempt, attempts, delayMs, resources, error, at } = event
    const since = this.#open.get(resource)?.since ?? at
    // A restart further down takes over those of what comes back with it.
    for (const name of resources) this.#open.delete(name)
    this.#open.set(resource, { since, attempts })
    const reason = error === undefined || this.#told.has(error) ? undefined : this.#told.problemOf(error)
    const when = delayMs === 0 ? '' : ` in ${duration(delayMs)}`
    const why = reason === undefined ? '' : `: ${withoutName(reason.message, resource)}`
    const others = resources.filter((name) => name !== resource)
    return {
      level: error === undefined ? 'info' : 'warn',
      message: `${head(resource, attempt, attempts)}${when}${why}${along(others)}`,
      fields: {
        event: event.type,
        resource,
        attempt,
        ...(attempts !== undefined && { attempts }),
        delayMs: Math.round(delayMs),
        ...(others.length > 0 && { dependents: others.slice(0, 20) }),
        ...(reason !== undefined && { error: reason }),
      },
    }
  }

  done({ type, resource, attempt, durationMs, at }: KernelEventOf<'restart:done'>): Line {
    const open = this.#open.get(resource)
    this.#open.delete(resource)
    const ms = open === undefined ? durationMs : at - open.since
    const after = attempt > 0 ? ` (${nth(attempt, open?.attempts)})` : ''
    return {
      level: 'info',
      message: `${resource} runs again after ${duration(ms)}${after}`,
      fields: { event: type, resource, attempt, durationMs: Math.round(ms) },
    }
  }

  exhausted({ type, resource, attempts, error }: KernelEventOf<'restart:exhausted'>): Line {
    this.#open.delete(resource)
    const problem = this.#told.problemOf(error)
    const remedy = 'mend its cause, or raise restart.attempts'
    const many = attempts === 1 ? '1 restart' : `${attempts} restarts`
    return {
      level: 'error',
      message: `${resource} failed again after ${many} and stays down: ${withoutName(problem.message, resource)}; ${remedy}`,
      fields: { event: type, resource, attempts, error: problem },
    }
  }

  /** It does not come back: it is removed, or the kernel stops. */
  abandoned(resource: string): void {
    this.#open.delete(resource)
  }
}

/** `attempt` is 0 for a restart that was asked for. */
function head(resource: string, attempt: number, attempts: number | undefined): string {
  return attempt === 0 ? `${resource} is restarted` : `${resource}: ${nth(attempt, attempts)}`
}

function nth(attempt: number, attempts: number | undefined): string {
  return attempts === undefined || attempts === Infinity ? `restart ${attempt}` : `restart ${attempt} of ${attempts}`
}

function along(others: readonly string[]): string {
  if (others.length === 0) return ''
  return `; ${some(others)} restart${others.length === 1 ? 's' : ''} with it`
}
