import { KeelsonError, type KernelView, type Probe, type Resource, type ResourceLike, resourceOf } from '@keelson/kernel'
import { checkOptions } from '../options.js'
import { now } from '../time.js'
import { isRetryAfter, retryAfterSeconds } from './retry-after.js'

export interface UnavailableOptions {
  /** What `Retry-After` tells, in ms, rounded up to whole seconds. Default 5_000. */
  retryAfter?: number
}

/** What is answered in the place of a route. */
export interface Unavailability {
  readonly status: 503
  readonly headers: Readonly<Record<string, string>>
}

/** For so long, in ms, "it is there" holds where the probe of the kernel is still the same: not all that ends shows there. */
const HOLDS = 10

/**
 * For middleware of any framework: a function that tells what to answer while something that a route needs is away, and undefined while all
 * of it is there. Away is what does not run (it starts, restarts, has failed, was removed or is not in the kernel) and what is
 * unhealthy; a resource that is slow, or degrades the kernel by another's failure, is there. What a route needs is best held by `ref` or
 * `optional`: a required dependency takes the whole server with it.
 *
 * @throws KeelsonError `INVALID_OPTION`, for an empty list too.
 *
 * @example
 * const away = unavailability(ctx.kernel, [search])
 * app.use((req, res, next) => { const answer = away(); answer ? res.writeHead(answer.status, answer.headers).end() : next() })
 */
export function unavailability(
  kernel: KernelView,
  needs: Iterable<ResourceLike>,
  options: UnavailableOptions = {},
): () => Unavailability | undefined {
  const where = { text: 'unavailable()' }
  checkOptions(where, '', options, { retryAfter: isRetryAfter })
  const resources = resourcesOf(needs)
  const { retryAfter } = options
  const answer: Unavailability = Object.freeze({
    status: 503,
    headers: Object.freeze({ 'retry-after': retryAfterSeconds(retryAfter), 'cache-control': 'no-store', 'content-length': '0' }),
  })
  let probe: Probe | undefined
  let seenAt = 0
  let away = false

  return () => {
    const latest = kernel.probe()
    const time = now()
    if (away || latest !== probe || time - seenAt > HOLDS) {
      away = resources.some((resource) => isAway(kernel, resource))
      probe = latest
      seenAt = time
    }
    return away ? answer : undefined
  }
}

function resourcesOf(needs: Iterable<ResourceLike>): Resource<unknown>[] {
  if (typeof needs !== 'object' || typeof needs?.[Symbol.iterator] !== 'function')
    throw notNeeded('the resources are not a list; pass an array, as in [db]')
  const resources = Array.from(needs, (resource) => resourceOf(resource))
  if (resources.length === 0)
    throw notNeeded('the list of resources is empty, so nothing could be away; name what the route needs')
  return resources
}

function notNeeded(problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `unavailable(): ${problem}`, { details: { option: 'resources' } })
}

function isAway(kernel: KernelView, resource: Resource<unknown>): boolean {
  try {
    const { state, health } = kernel.inspect(resource)
    return state !== 'running' || health === 'unhealthy'
  } catch (error) {
    if (error instanceof KeelsonError && error.code === 'UNKNOWN_RESOURCE') return true
    throw error
  }
}
