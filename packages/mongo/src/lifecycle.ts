import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'

/** The options of a database resource that are the kernel's; its hooks are this package's. */
export type Lifecycle<T, D extends Dependencies<D>> = Omit<ResourceOptions<T, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

type Hooks<T, D extends Dependencies<D>> = Pick<ResourceOptions<T, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

/**
 * The hooks of a database resource, whose first start is tried again by default, with the lifecycle options of its user; `own` are the options that are not the kernel's. Property
 * descriptors are copied, so that a `dependsOn` getter is not read yet.
 *
 * @throws KeelsonError `INVALID_OPTION` for a hook among the user's options: the hooks are this package's.
 */
export function withHooks<T, D extends Dependencies<D>>(
  name: string,
  options: object,
  own: readonly string[],
  hooks: Hooks<T, D>,
): ResourceOptions<T, D> {
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  for (const hook of ['start', 'check', 'drain', 'stop', 'kill']) {
    if (descriptors[hook] === undefined) continue
    throw new KeelsonError(
      'INVALID_OPTION',
      `resource "${name}": ${hook} cannot be given, it is made by this package; put your own ${hook} into a resource that depends on this one`,
      { resource: name, details: { option: hook } },
    )
  }
  for (const key of own) delete descriptors[key]
  const { retry } = descriptors
  if (retry !== undefined && 'value' in retry && retry.value === undefined) delete descriptors.retry
  return Object.defineProperties({ ...hooks, retry: true }, descriptors) as ResourceOptions<T, D>
}

/**
 * A connection string, or a function of the dependencies that returns one. `undefined` is accepted, so that `process.env.MONGO_URL`
 * can be passed, and refused when the resource starts.
 */
export type ConnectionUrl<D extends Dependencies<D>> =
  | string
  | undefined
  | ((deps: Values<D>, ctx: StartContext) => string | PromiseLike<string>)

/** @throws KeelsonError `INVALID_OPTION` unless options are an object; a connection string in their place is not shown. */
export function checkIsObject(name: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw new KeelsonError('INVALID_OPTION', `resource "${name}": its options must be an object; pass { url }`, {
    resource: name,
    details: { option: 'its options' },
  })
}

/** @throws KeelsonError `INVALID_OPTION` for anything but a string, a function and undefined. */
export function checkUrl(name: string, url: unknown): void {
  if (url === undefined || typeof url === 'string' || typeof url === 'function') return
  throw invalidUrl(name, `is of type ${typeof url}`)
}

/** @throws KeelsonError `INVALID_OPTION` when there is no connection string. */
export async function resolveUrl<D extends Dependencies<D>>(
  url: ConnectionUrl<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<string> {
  const resolved: unknown = typeof url === 'function' ? await url(deps, ctx) : url
  if (typeof resolved === 'string' && resolved !== '') return resolved
  throw invalidUrl(
    ctx.name,
    resolved === '' ? 'is empty' : resolved === undefined ? 'is missing' : `is of type ${typeof resolved}`,
  )
}

/**
 * Milliseconds after which a hook fails with the driver's own reason: nine tenths of its timeout, which would only say that time ran
 * out. `fallback` is the kernel's default timeout.
 */
export function patience(timeout: number | undefined, fallback: number): number {
  return 0.9 * (timeout ?? fallback)
}

function invalidUrl(name: string, problem: string): KeelsonError {
  return new KeelsonError(
    'INVALID_OPTION',
    `resource "${name}": url ${problem}; pass a connection string such as mongodb://127.0.0.1:27017/app`,
    { resource: name, details: { option: 'url' } },
  )
}
