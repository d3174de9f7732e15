import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'

/** What a database resource takes besides its hooks, which are this package's. */
export type Lifecycle<T, D extends Dependencies> = Omit<ResourceOptions<T, D>, 'start' | 'check' | 'drain' | 'stop' | 'kill'>

/**
 * A connection string, or what makes one of the resource's dependencies. `undefined` is accepted, so that
 * `process.env.MONGO_URL` can be passed as it is, and refused when the resource starts.
 */
export type ConnectionUrl<D extends Dependencies> =
  | string
  | undefined
  | ((deps: Values<D>, ctx: StartContext) => string | PromiseLike<string>)

/** @throws KeelsonError `INVALID_OPTION` for anything that can never be a connection string. */
export function checkUrl(name: string, url: unknown): void {
  if (url === undefined || typeof url === 'string' || typeof url === 'function') return
  throw invalidUrl(name, `is of type ${typeof url}`)
}

/** @throws KeelsonError `INVALID_OPTION` when there is no connection string. */
export async function resolveUrl<D extends Dependencies>(
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
 * How long a hook tries before it fails with the driver's own reason: a little less than its timeout in ms, which would only say
 * that time ran out. Where only the kernel sets a timeout, the kernel's default is assumed.
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
