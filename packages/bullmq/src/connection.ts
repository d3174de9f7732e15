import type { Dependencies, StartContext, Values } from '@keelson/kernel'
import type { KnownSecrets } from '@keelson/kernel/redact'
import type { ConnectionOptions } from 'bullmq'
import { type BullOptions, invalid } from './bull-options.js'
import { destroy, isReady, type RedisClientLike } from './redis-client.js'
import { secretsOf } from './secrets.js'
import { within } from './time.js'

/** How BullMQ is to reach Redis. */
export interface Target {
  readonly connection: ConnectionOptions
  /** A duplicate of a client that was given, made for this resource, which closes it; undefined where BullMQ makes its connections. */
  readonly own: RedisClientLike | undefined
  /** Whether a client of somebody else is used for commands. */
  readonly shared: boolean
  readonly secrets: KnownSecrets
}

/** What waits for jobs must outlive an outage: with a limit on retries BullMQ takes a job whose result was not stored in time for failed. */
const PATIENT = { maxRetriesPerRequest: null, enableOfflineQueue: true }

/** The longest pause before another attempt to connect, in ms: BullMQ's own grows to 20 s. */
const LONGEST_PAUSE = 2_000

/**
 * Where Redis is, from the options of a resource. `waits`: whether it is for something that waits for jobs or events.
 *
 * @throws KeelsonError `INVALID_OPTION` for what cannot be used; a connection string is not shown.
 */
export async function targetOf<T, D extends Dependencies<D>>(
  options: BullOptions<T, D>,
  deps: Values<D>,
  ctx: StartContext,
  waits: boolean,
): Promise<Target> {
  const { url, connection } = options
  const address: unknown = typeof url === 'function' ? await url(deps, ctx) : url
  const given: unknown = typeof connection === 'function' ? await connection(deps, ctx) : connection
  if (given === undefined) checkAddress(ctx.name, address)
  else if (typeof given !== 'object' || given === null) {
    throw invalid(ctx.name, 'connection', 'must be an ioredis client or its options; give a connection string as url')
  }
  if (isClient(given)) {
    if (address !== undefined)
      throw invalid(ctx.name, 'url', 'cannot be given with a client as connection; leave one of them out')
    return fromClient(ctx.name, given, waits)
  }
  if (address !== undefined) checkAddress(ctx.name, address)
  const made = {
    retryStrategy: (attempt: number) => Math.min(attempt * 100, LONGEST_PAUSE),
    ...(given as object | undefined),
    ...(address !== undefined && { url: address }),
    ...(waits && PATIENT),
  }
  return { connection: made as ConnectionOptions, own: undefined, shared: false, secrets: secretsOf(address, given) }
}

function fromClient(name: string, client: RedisClientLike & ConnectionOptions, waits: boolean): Target {
  if (!('defineCommand' in client)) {
    throw invalid(
      name,
      'connection',
      'is a client other than of ioredis, which is the one for BullMQ; pass such a client, options, or a url',
    )
  }
  const secrets = secretsOf(undefined, client)
  if (!waits) return { connection: client, own: undefined, shared: true, secrets }
  // BullMQ itself says what a cluster lacks.
  if (client.isCluster === true) return { connection: client, own: undefined, shared: true, secrets }
  // Not connected before BullMQ asks for it.
  const own = client.duplicate({ ...PATIENT, lazyConnect: true } as never)
  own.on('error', () => {}) // BullMQ tells of it, too
  return { connection: own as ConnectionOptions, own, shared: true, secrets }
}

/** Says goodbye to Redis where it is there, and otherwise destroys the socket. */
export async function closeOwn(own: RedisClientLike | undefined, ms: number, signal: AbortSignal): Promise<void> {
  if (own === undefined) return
  if (isReady(own)) await within(own.quit(), ms, signal)
  destroy(own)
}

function isClient(given: unknown): given is RedisClientLike & ConnectionOptions {
  const { connect, disconnect, duplicate } = Object(given) as Record<string, unknown>
  return [connect, disconnect, duplicate].every((method) => typeof method === 'function')
}

function checkAddress(name: string, address: unknown): asserts address is string {
  const hint = 'pass a connection string such as redis://127.0.0.1:6379'
  if (address === undefined) throw invalid(name, 'url', `is missing; ${hint}, or a connection`)
  if (typeof address !== 'string') throw invalid(name, 'url', `is of type ${typeof address}; ${hint}`)
  if (address === '') throw invalid(name, 'url', `is empty; ${hint}`)
  if (!/^rediss?:\/\//i.test(address)) throw invalid(name, 'url', `does not begin with redis:// or rediss://; ${hint}`)
  if (!URL.canParse(address)) throw invalid(name, 'url', `cannot be parsed; encode what is special in its password, and ${hint}`)
}
