import { type Dependencies, KeelsonError, type Resource, type ResourceOptions, resource } from '@keelson/kernel'
import { Counter } from './counter.js'
import { type Counting, checkIsObject, checkLimit, countingOf, invalid, lifecycleOf } from './limiter-options.js'
import type { Limit, RateLimit, RateLimiter } from './rate-limit.js'

/** A limiter for each server or tenant; they do not share points. */
export interface KeyedRateLimiter {
  /**
   * The limiter of one server or tenant.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE` for a name without a limit, when there is no `default`.
   */
  of(name: string): RateLimiter
  /**
   * `of(name).consume(key, points)`; without a key, all requests of a server or tenant count together.
   *
   * @throws as `of` and `RateLimiter.consume`.
   */
  consume(name: string, key?: string, points?: number): Promise<RateLimit>
}

export interface KeyedRateLimiterOptions<D extends Dependencies<D>> extends Counting<D> {
  /** Limits by the name of a server or tenant. */
  limits?: Readonly<Record<string, Limit>>
  /** The limit of names that are not in `limits`; each name counts for itself. Without it such a name is an error. */
  default?: Limit
}

/**
 * One limiter per server or tenant.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const limits = keyedRateLimiter('limits', {
 *   limits: { search: { limit: 10, window: 1_000 } },
 *   default: { limit: 100, window: 1_000 },
 * })
 * const { allowed, retryAfter } = await kernel.get(limits).consume('search')
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function keyedRateLimiter<const D extends Dependencies<D> = {}>(
  name: string,
  options: KeyedRateLimiterOptions<D>,
): Resource<KeyedRateLimiter> {
  checkIsObject(name, options, '{ limits }')
  const { limits = {}, default: others } = options
  const rules = new Map(Object.entries(limits))
  for (const [key, limit] of rules) checkLimit(name, `limits.${key}`, limit, options)
  if (others !== undefined) checkLimit(name, 'default', others, options)
  if (rules.size === 0 && others === undefined) throw invalid(name, 'limits', 'are missing; give limits, a default or both')
  const hooks: ResourceOptions<Counters, D> = {
    start: async (deps, ctx) => {
      const counting = await countingOf(name, options, deps, ctx)
      const counters = new Map([...rules].map(([key, limit]) => [key, new Counter(name, limit, counting)]))
      return new Counters(name, counters, others && new Counter(name, others, counting))
    },
    stop: (counters) => counters.stop(),
    kill: (counters) => counters.kill(),
  }
  const descriptors = lifecycleOf(name, options, ['limits', 'default'])
  return resource(name, Object.defineProperties(hooks, descriptors) as ResourceOptions<KeyedRateLimiter, D>)
}

class Counters implements KeyedRateLimiter {
  readonly #name: string
  readonly #counters: ReadonlyMap<string, Counter>
  readonly #default: Counter | undefined

  constructor(name: string, counters: ReadonlyMap<string, Counter>, others: Counter | undefined) {
    this.#name = name
    this.#counters = counters
    this.#default = others
  }

  of(name: string): RateLimiter {
    const counter = this.#counters.get(name) ?? this.#default
    if (counter === undefined) {
      const known = [...this.#counters.keys()].join(', ')
      const text = `resource "${this.#name}" has no limit for "${name}"; it has ${known}, and no default`
      throw new KeelsonError('UNKNOWN_RESOURCE', text, { resource: this.#name, details: { name } })
    }
    // Without colons in the name, no two pairs of name and key have the same encoded key.
    const encoded = name.replace(/[%:]/g, (character) => encodeURIComponent(character))
    const keyOf = (key: string) => `${encoded}:${key}`
    return {
      consume: (key, points) => counter.consume(keyOf(key), points),
      reset: (key) => counter.reset(keyOf(key)),
    }
  }

  async consume(name: string, key = '', points?: number): Promise<RateLimit> {
    return this.of(name).consume(key, points)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((counter) => counter.stop()))
  }

  kill(): void {
    for (const counter of this.#all) counter.kill()
  }

  get #all(): Counter[] {
    return [...this.#counters.values(), ...(this.#default === undefined ? [] : [this.#default])]
  }
}
