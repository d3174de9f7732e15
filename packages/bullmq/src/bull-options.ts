import {
  type Dependencies,
  KeelsonError,
  type ResourceOptions,
  type StartContext,
  type Timeouts,
  type Values,
} from '@keelson/kernel'
import type { ConnectionOptions } from 'bullmq'

type Hook = 'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill'
const HOOKS: readonly Hook[] = ['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill']

/** A value, or a function of the dependencies that returns it. */
export type FromDeps<V, D extends Dependencies<D>> = V | ((deps: Values<D>, ctx: StartContext) => V | PromiseLike<V>)

/** What every resource of this package takes: where Redis is, and what the kernel does with it. */
export interface BullOptions<T, D extends Dependencies<D>> extends Omit<ResourceOptions<T, D>, Hook> {
  /**
   * `redis://…`, `rediss://…`, or a function of the dependencies that returns one. `undefined` fails the start, so that `process.env.REDIS_URL`
   * can be passed; not needed with `connection`.
   */
  url?: FromDeps<string | undefined, D>
  /**
   * Options of the client that BullMQ makes, beside `url` or instead of it; or a client, which stays its owner's:
   * `connection: ({ redis }) => redis`. Where BullMQ waits for jobs or events it gets a duplicate with `maxRetriesPerRequest: null`.
   */
  connection?: FromDeps<ConnectionOptions, D>
}

/**
 * The hooks of a resource with the options of its user; `own` are the options that are not the kernel's. Property descriptors are
 * copied, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for options that are no object, and for a hook among them: the hooks are this package's.
 */
export function withHooks<T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: Pick<ResourceOptions<T, D>, Hook | 'timeouts'>,
): ResourceOptions<T, D> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    throw invalid(
      name,
      hook,
      `cannot be given, it is made by this package; put your own ${hook} into a resource that depends on this one`,
    )
  }
  for (const key of ['url', 'connection', 'options', ...own]) delete descriptors[key]
  if (hooks.timeouts !== undefined) delete descriptors.timeouts
  const { retry } = descriptors
  if (retry !== undefined && 'value' in retry && retry.value === undefined) delete descriptors.retry
  return Object.defineProperties({ ...hooks, retry: true }, descriptors) as ResourceOptions<T, D>
}

/** @throws KeelsonError `INVALID_OPTION` for what could be no connection; a connection string in place of the options is not shown. */
export function checkOptions(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid(name, 'its options', 'must be an object; pass { url }')
  const { url, connection, options: bull, queue } = options as Record<string, unknown>
  if (url !== undefined && typeof url !== 'string' && typeof url !== 'function') {
    throw invalid(name, 'url', `is of type ${typeof url}; pass redis://127.0.0.1:6379`)
  }
  if (connection !== undefined && typeof connection !== 'function' && (typeof connection !== 'object' || connection === null)) {
    throw invalid(name, 'connection', 'must be an ioredis client or its options; give a connection string as url')
  }
  if (bull !== undefined && (typeof bull !== 'object' || bull === null)) {
    throw invalid(name, 'options', 'must be an object, as BullMQ takes it')
  }
  for (const key of ['connection', 'autorun']) {
    if (bull === undefined || !(key in bull)) continue
    const remedy = key === 'connection' ? 'give it beside options' : 'work is taken from the activation on'
    throw invalid(name, `options.${key}`, `cannot be given; ${remedy}`)
  }
  if (queue !== undefined && (typeof queue !== 'string' || queue === ''))
    throw invalid(name, 'queue', 'must be the name of a queue')
}

/** D3: what was accepted may take what the budget leaves. What is no object is left for the kernel to refuse. */
export function untilTheBudgetEnds(timeouts: Timeouts = {}): Timeouts {
  const isObject = typeof timeouts === 'object' && timeouts !== null
  return isObject && timeouts.drain === undefined ? { ...timeouts, drain: Number.POSITIVE_INFINITY } : timeouts
}

export function invalid(name: string, option: string, problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, {
    resource: name,
    details: { option },
    ...(cause !== undefined && { cause }),
  })
}
