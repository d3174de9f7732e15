import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { Agent } from 'undici'
import type { ServerName } from '../errors.js'
import type { Connection } from '../pool/connection.js'
import type { SseServer, StreamableServer } from '../server/remote-server.js'
import type { ServerSecrets } from '../server/secrets.js'
import { withSignal } from '../wait/with-signal.js'
import { boundedFetch } from './bounded-fetch.js'
import { deliverInOrder } from './in-order.js'
import { type McpSdk, NO_TIMEOUT } from './mcp-sdk.js'

/** Milliseconds that a session may take to answer a ping after an error. */
const SIGN_OF_LIFE = 3_000

/**
 * How the SDK reopens a stream that ended without a response. Closing a transport clears only the newest of these timers, so the
 * delays must be short, and `close` sets maxRetries to 0.
 */
const RECONNECTION = { initialReconnectionDelay: 250, maxReconnectionDelay: 5_000, reconnectionDelayGrowFactor: 2, maxRetries: 4 }

/** What a session is opened with. */
export interface RemoteSetting {
  readonly name: ServerName
  readonly config: SseServer | StreamableServer
  readonly secrets: ServerSecrets
  readonly maxMessageSize: number
}

/** An MCP session over HTTP, with an undici agent of its own, whose sockets are closed with it. */
export async function openRemote(
  sdk: McpSdk,
  client: Client,
  setting: RemoteSetting,
  signal: AbortSignal,
): Promise<Connection<Client>> {
  const session = new RemoteSession(sdk, client, setting)
  try {
    const connected = client.connect(session.transport, { signal, timeout: NO_TIMEOUT })
    await withSignal(Promise.race([connected, session.faulty]), signal)
  } catch (error) {
    await session.close(0)
    throw signal.aborted ? signal.reason : (session.fault ?? explained(error))
  }
  deliverInOrder(session.transport)
  session.opened = true
  return session
}

class RemoteSession implements Connection<Client> {
  readonly value: Client
  readonly label = 'session'
  readonly transport: Transport
  opened = false
  spent = false
  /** No timeouts: an event stream may be silent; opening and calls have deadlines of their own. */
  readonly #agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 })
  readonly #reconnection = { ...RECONNECTION }
  /** The errors of the transport: the SDK throws the same objects at its callers. */
  readonly #errors = new WeakSet<Error>()
  readonly #lost: Promise<Error>
  readonly #secrets: ServerSecrets
  /** Rejects with `fault`. */
  readonly faulty: Promise<never>
  /** What the server did that no session survives: the SDK would tell it in other words, or not at all. */
  fault: Error | undefined
  #closing: Promise<void> | undefined
  #asking = false
  #ended = false

  constructor(sdk: McpSdk, client: Client, { name, config, secrets, maxMessageSize }: RemoteSetting) {
    this.#secrets = secrets
    let fail = (_fault: Error) => {}
    this.faulty = new Promise((_, reject) => {
      fail = reject
    })
    this.faulty.catch(() => {})
    const onFault = (fault: Error) => {
      if (this.fault !== undefined) return
      this.fault = fault
      this.spent = true
      fail(fault)
      // A turn later: the request that met it rejects with it, others with the end of the session.
      if (this.opened) setImmediate(() => this.kill())
    }
    const fetch = boundedFetch({ name, url: config.url, agent: this.#agent, maxMessageSize, onFault })
    const transport = makeTransport(sdk, config, fetch, this.#reconnection)
    this.value = client
    this.transport = transport
    this.#lost = new Promise((resolve) => {
      this.faulty.catch((fault: Error) => resolve(this.#explained(fault)))
      client.onclose = () => {
        this.spent = this.#ended = true
        resolve(new Error('its session was closed'))
      }
      // Not client.onerror, which also reports late responses: they do not affect the session.
      transport.onerror = (error) => {
        this.#errors.add(error)
        // Not lent again until a ping has been answered.
        this.spent = true
        if (!this.opened) return
        // With SSE the session ends with its stream.
        if (error instanceof sdk.SseError) resolve(this.#explained(error))
        else this.#askWhetherLost(() => resolve(this.#explained(error)))
      }
    })
  }

  broke(error: unknown): Error | undefined {
    return error instanceof Error && this.#errors.has(error) ? this.#explained(error) : undefined
  }

  onLost(listener: (why: Error) => void): void {
    void this.#lost.then(listener)
  }

  ping(signal: AbortSignal): Promise<unknown> {
    return this.value.ping({ signal })
  }

  close(grace: number): Promise<void> {
    this.#closing ??= this.#close(grace)
    return this.#closing
  }

  kill(): void {
    this.#reconnection.maxRetries = 0
    this.value.close().catch(() => {})
    this.#agent.destroy().catch(() => {})
  }

  #explained(error: Error): Error {
    return this.#secrets.hide(explained(error))
  }

  /** One request or stream has failed: the session is lost if it does not answer a ping. */
  #askWhetherLost(lost: () => void): void {
    if (this.#asking) return
    this.#asking = true
    this.ping(AbortSignal.timeout(SIGN_OF_LIFE))
      .then(() => {
        this.spent = this.#ended
      }, lost)
      .finally(() => {
        this.#asking = false
      })
  }

  async #close(grace: number): Promise<void> {
    const { transport } = this
    this.#reconnection.maxRetries = 0
    if (grace > 0 && this.opened && 'terminateSession' in transport && typeof transport.terminateSession === 'function') {
      // Optional in the protocol: a server may refuse it.
      await withSignal(Promise.resolve(transport.terminateSession()), AbortSignal.timeout(Math.min(grace, 1_000))).catch(() => {})
    }
    await this.value.close().catch(() => {})
    await this.#agent.destroy()
  }
}

function makeTransport(
  sdk: McpSdk,
  { type, url, headers = {} }: SseServer | StreamableServer,
  fetch: ReturnType<typeof boundedFetch>,
  reconnectionOptions: typeof RECONNECTION,
): Transport {
  const options = { fetch, requestInit: { headers: { ...headers } } }
  if (type === 'sse') return new sdk.SSEClientTransport(new URL(url), options) as Transport
  return new sdk.StreamableHTTPClientTransport(new URL(url), { ...options, reconnectionOptions }) as Transport
}

/** fetch() gives the reason of a failure only in its cause. */
function explained(error: unknown): Error {
  const { message, cause } = error as Error
  if (!(cause instanceof Error) || cause.message === '') return error as Error
  return new Error(`${message}: ${cause.message}`, { cause: error })
}
