import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'

const HOOKS = ['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill'] as const

/** The options of a client that are the kernel's; its hooks are this package's. */
export type Lifecycle<T, D extends Dependencies<D>> = Omit<ResourceOptions<T, D>, (typeof HOOKS)[number]>

/** What is given, or a function of the dependencies that makes it. */
export type Given<T, D extends Dependencies<D>> = T | ((deps: Values<D>, ctx: StartContext) => T | PromiseLike<T>)

/**
 * The hooks of a client, whose first start is tried again by default, with the lifecycle options of its user; `own` are the options
 * that are not the kernel's. Property descriptors are copied, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options: the hooks are this package's.
 */
export function withHooks<T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: Pick<ResourceOptions<T, D>, (typeof HOOKS)[number]>,
): ResourceOptions<T, D> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    throw invalid(
      name,
      hook,
      `${hook} cannot be given, it is made by this package; put your own ${hook} into a resource that depends on this one`,
    )
  }
  for (const key of own) delete descriptors[key]
  const { retry } = descriptors
  if (retry !== undefined && 'value' in retry && retry.value === undefined) delete descriptors.retry
  return Object.defineProperties({ ...hooks, retry: true }, descriptors) as ResourceOptions<T, D>
}

/** @throws KeelsonError `INVALID_OPTION` unless options are an object; a connection string in their place is not shown. */
export function checkIsObject(name: string, options: unknown): asserts options is object {
  if (typeof options === 'object' && options !== null) return
  throw invalid(name, 'its options', 'its options must be an object; pass { url }')
}

/** Commands that may wait for a connection, unless `maxQueued` says otherwise. */
export const MAX_QUEUED = 10_000

/** @throws KeelsonError `INVALID_OPTION` for what is no number of commands. */
export function checkMaxQueued(name: string, maxQueued: unknown): void {
  if (maxQueued === undefined || (typeof maxQueued === 'number' && maxQueued >= 0)) return
  throw invalid(name, 'maxQueued', 'maxQueued must be a number, 0 or more; Infinity is unbounded')
}

export async function resolved<T, D extends Dependencies<D>>(
  given: Given<T, D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<Awaited<T>> {
  return await (typeof given === 'function' ? (given as (deps: Values<D>, ctx: StartContext) => T)(deps, ctx) : given)
}

/**
 * Milliseconds after which a hook fails with the driver's own reason: nine tenths of its timeout, which would only say that time ran
 * out. `fallback` is the kernel's default timeout.
 */
export function patience(timeout: number | undefined, fallback: number): number {
  return 0.9 * (timeout ?? fallback)
}

export function invalid(name: string, option: string, message: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${message}`, { resource: name, details: { option } })
}
