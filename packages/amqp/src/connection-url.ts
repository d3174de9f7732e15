import type { Dependencies, StartContext, Values } from '@keelson/kernel'
import type { Options } from 'amqplib'
import { invalidOption } from './lifecycle.js'

/** Where a broker is, as amqplib takes it: a URL, or its parts. */
export type BrokerAddress = string | Options.Connect

/**
 * A broker's address, or a function of the dependencies that returns one; it is called for every start and restart. `undefined` is
 * accepted, so that `process.env.AMQP_URL` can be passed, and refused when the resource starts.
 */
export type ConnectionUrl<D extends Dependencies<D>> =
  | BrokerAddress
  | undefined
  | ((deps: Values<D>, ctx: StartContext) => BrokerAddress | PromiseLike<BrokerAddress>)

const REMEDY = 'pass amqp://host:5672/vhost, with a user and password in front of the host that are percent-encoded'

/** @throws KeelsonError `INVALID_OPTION` for what can be no address. */
export function checkUrl(name: string, url: unknown): void {
  if (url === undefined || typeof url === 'string' || typeof url === 'function') return
  if (typeof url === 'object' && url !== null) return
  throw invalidOption(name, 'url', `is of type ${typeof url}`, REMEDY)
}

/** @throws KeelsonError `INVALID_OPTION` when there is no address, or one that amqplib would misread; it is not shown. */
export async function resolveUrl<D extends Dependencies<D>>(
  url: ConnectionUrl<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<BrokerAddress> {
  const resolved: unknown = typeof url === 'function' ? await url(deps, ctx) : url
  if (typeof resolved === 'object' && resolved !== null) return resolved as Options.Connect
  if (typeof resolved !== 'string') {
    throw invalidOption(ctx.name, 'url', resolved === undefined ? 'is missing' : `is of type ${typeof resolved}`, REMEDY)
  }
  const problem = problemOf(resolved)
  if (problem !== undefined) throw invalidOption(ctx.name, 'url', problem, REMEDY)
  return resolved
}

function problemOf(url: string): string | undefined {
  if (url === '') return 'is empty'
  if (!/^amqps?:\/\//i.test(url)) return 'does not begin with amqp:// or amqps://'
  return URL.canParse(url) ? undefined : 'cannot be parsed'
}
