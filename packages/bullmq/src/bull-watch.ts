import type { StartContext } from '@keelson/kernel'
import type { KnownSecrets } from '@keelson/kernel/redact'
import { isReady, mainClientOf, type RedisClientLike } from './redis-client.js'
import { bounded } from './time.js'

interface Emitter {
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/** Errors that nobody has been told of yet are kept up to this many; the others are only counted. */
const KEPT = 20

/**
 * Follows the connection and the errors of one Queue, Worker, FlowProducer or QueueEvents: pushes health to the kernel as soon as Redis is
 * lost and as soon as it is back, and keeps what BullMQ only emits until a check or the end tells it.
 */
export class BullWatch {
  readonly secrets: KnownSecrets
  /** Why there is no connection; undefined while there is one. */
  failure: unknown
  /** All errors so far that were not about the connection. */
  errors = 0
  #untold: unknown[] = []
  #client: RedisClientLike | undefined
  #following = false
  #stopFollowing = () => {}
  #onFailure: ((failure: unknown) => void) | undefined

  constructor(bull: Emitter, secrets: KnownSecrets) {
    this.secrets = secrets
    // Stays for good: an error that is emitted and not heard would end the process.
    bull.on('error', (error) => this.#heard(error))
  }

  /** Calls the listener with each reason why there is no connection, until `follow()`. */
  onFailure(listener: (failure: unknown) => void): void {
    this.#onFailure = listener
    if (this.failure !== undefined) listener(this.failure)
  }

  /** From here on the kernel is told when Redis is lost and when it is back. */
  follow(bull: object, ctx: Pick<StartContext, 'healthy' | 'unhealthy'>): void {
    this.#onFailure = undefined
    this.#following = true
    this.failure = undefined
    const client = mainClientOf(bull)
    if (client === undefined) return
    this.#client = client
    const lost = () => {
      this.failure ??= new Error('the connection to Redis was closed')
      ctx.unhealthy(this.failure)
    }
    const back = () => {
      this.failure = undefined
      ctx.healthy()
    }
    client.on('close', lost)
    client.on('ready', back)
    this.#stopFollowing = () => {
      client.off('close', lost)
      client.off('ready', back)
    }
  }

  /** What happens to the connection from here on is wanted. */
  unfollow(): void {
    this.#stopFollowing()
  }

  /**
   * `ask` is a question that Redis answers; a ping by default.
   *
   * @throws why Redis cannot be used, or what BullMQ has emitted since the last call.
   */
  async check(ms: number, signal: AbortSignal, ask = () => pingOf(this.#client)): Promise<void> {
    if (this.#client !== undefined && !isReady(this.#client)) throw this.failure ?? new Error('there is no connection to Redis')
    try {
      await bounded(ask(), ms, signal, () => new Error(`Redis has not answered within ${Math.round(ms)} ms`))
    } catch (error) {
      throw this.secrets.hide(error)
    }
    this.throwUntold()
  }

  /** @throws the error that was emitted and that nobody was told of, or one that tells how many there were. */
  throwUntold(): void {
    const untold = this.#untold
    this.#untold = []
    if (untold.length === 0) return
    if (untold.length === 1) throw untold[0]
    const last = untold.at(-1)
    throw new Error(`BullMQ told of ${untold.length} errors, the last: ${messageOf(last)}`, { cause: last })
  }

  #heard(error: unknown): void {
    const hidden = this.secrets.hide(error)
    if (!this.#following) {
      this.failure = hidden
      this.#onFailure?.(hidden)
    } else if (isOfConnection(error)) this.failure ??= hidden
    else {
      this.errors++
      if (this.#untold.length < KEPT) this.#untold.push(hidden)
    }
  }
}

/** Whether Redis answers, for at most `ms`. */
export async function answers(bull: object, ms: number, signal: AbortSignal): Promise<boolean> {
  const client = mainClientOf(bull)
  if (client !== undefined && !isReady(client)) return false
  return await bounded(pingOf(client), ms, signal, () => undefined).then(
    () => true,
    () => false,
  )
}

/** Adapters of other clients have no ping. */
async function pingOf(client: RedisClientLike | undefined): Promise<unknown> {
  return typeof client?.ping === 'function' ? await client.ping() : await client?.info()
}

/** Those come with a change of the connection, which tells the kernel. */
function isOfConnection(error: unknown): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  return (
    (typeof code === 'string' && /^E[A-Z]{3,}/.test(code)) ||
    /^(Connection is closed|read ECONN|Socket closed)/.test(String(message))
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
