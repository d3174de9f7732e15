import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'

/** The options of a database resource that are the kernel's; its hooks are this package's. */
export type Lifecycle<T, D extends Dependencies<D>> = Omit<
  ResourceOptions<T, D>,
  'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill'
>

/** What may be given as it is, or be made of the dependencies when the resource starts. */
export type Made<V, D extends Dependencies<D>> = V | ((deps: Values<D>, ctx: StartContext) => V | PromiseLike<V>)

/** The hooks that a database resource has. */
export type Hooks<T, D extends Dependencies<D>> = Pick<
  ResourceOptions<T, D>,
  'start' | 'check' | 'activate' | 'drain' | 'stop' | 'kill'
>

const HOOKS = ['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill']

/**
 * The hooks of a database resource with the lifecycle options of its user; `own` are the options that are not the kernel's. Property
 * descriptors are copied, so that a `dependsOn` getter is not read yet. With `retry` a first start is tried again by default.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options: the hooks are this package's.
 */
export function withHooks<T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: Hooks<T, D>,
  retry = true,
): ResourceOptions<T, D> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of HOOKS) {
    if (descriptors[hook] === undefined) continue
    const remedy = `it is made by this package; put your own ${hook} into a resource that depends on this one`
    throw invalid(name, hook, 'cannot be given', remedy)
  }
  for (const key of own) delete descriptors[key]
  if (descriptors.retry && 'value' in descriptors.retry && descriptors.retry.value === undefined) delete descriptors.retry
  return Object.defineProperties({ ...(retry && { retry }), ...hooks }, descriptors) as ResourceOptions<T, D>
}

/** @throws KeelsonError `INVALID_OPTION` unless options are an object; a connection string in their place is not shown. */
export function checkIsObject(name: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw invalid(name, 'its options', 'must be an object', 'pass { url }')
}

/**
 * What both drivers are told of the server, and of how it is watched; `those` is whose options `options` are.
 *
 * @throws KeelsonError `INVALID_OPTION` for what cannot be used; nothing is quoted.
 */
export function checkConnection(name: string, options: object, those: string): void {
  const { client, options: config, traceClients, replica } = options as Record<string, unknown>
  const located = 'url' in options || 'options' in options
  if (client !== undefined && located)
    throw invalid(name, 'client', 'cannot be given beside url and options', 'pass one or the other')
  if (client === undefined && !located)
    throw invalid(name, 'url', 'is missing', 'pass { url: process.env.DATABASE_URL }, or { options: {} } for PGHOST, PGUSER …')
  if (config !== undefined && typeof config !== 'function' && (typeof config !== 'object' || config === null))
    throw invalid(name, 'options', 'must be an object or a function', `pass ${those}`)
  if (traceClients !== undefined && typeof traceClients !== 'boolean')
    throw invalid(name, 'traceClients', 'must be true or false', 'leave it out for false')
  if (replica !== undefined && typeof replica !== 'boolean')
    throw invalid(name, 'replica', 'must be true or false', 'leave it out for false')
}

/** The value itself, or what a function makes of the dependencies. */
export async function resolveMade<V, D extends Dependencies<D>>(
  made: Made<V, D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<V> {
  return typeof made === 'function' ? await (made as (deps: Values<D>, ctx: StartContext) => V | PromiseLike<V>)(deps, ctx) : made
}

/**
 * Milliseconds after which a hook fails with the driver's own reason: nine tenths of its timeout, which would only say that time ran
 * out. `fallback` is the kernel's default timeout.
 */
export function patience(timeout: number | undefined, fallback: number): number {
  return 0.9 * (timeout ?? fallback)
}

/** An option that cannot be used; never quotes it. */
export function invalid(name: string, option: string, problem: string, remedy: string, cause?: unknown): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}; ${remedy}`, {
    resource: name,
    details: { option },
    ...(cause === undefined ? {} : { cause }),
  })
}
