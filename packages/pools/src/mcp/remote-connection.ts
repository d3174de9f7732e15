import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { Agent, fetch as undiciFetch } from 'undici'
import type { Connection } from '../pool/connection.js'
import type { SseServer, StreamableServer } from '../server/remote-server.js'
import type { Secrets } from '../server/secrets.js'
import { withSignal } from '../wait/with-signal.js'
import { deliverInOrder } from './in-order.js'
import { type McpSdk, NO_TIMEOUT } from './mcp-sdk.js'

/** What a session may take to show that it is still there after an error, in ms. */
const SIGN_OF_LIFE = 3_000

/**
 * How the SDK opens a stream again that ended without an answer. Closing a transport clears only the newest timer of these, so none of
 * them may be long, and none may be set again.
 */
const RECONNECTION = { initialReconnectionDelay: 250, maxReconnectionDelay: 5_000, reconnectionDelayGrowFactor: 2, maxRetries: 4 }

/** An MCP session over HTTP, with sockets of its own that are gone when it is closed. */
export async function openRemote(
  sdk: McpSdk,
  client: Client,
  config: SseServer | StreamableServer,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<Connection<Client>> {
  const session = new RemoteSession(sdk, client, config, secrets)
  try {
    await withSignal(client.connect(session.transport, { signal, timeout: NO_TIMEOUT }), signal)
  } catch (error) {
    await session.close(0)
    throw signal.aborted ? signal.reason : explained(error)
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
  /** A stream of events may be silent for as long as it likes; who opens and who calls has a deadline of their own. */
  readonly #agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 })
  readonly #reconnection = { ...RECONNECTION }
  /** What it told of itself: the SDK throws the same errors at whoever called. */
  readonly #errors = new WeakSet<Error>()
  readonly #lost: Promise<Error>
  readonly #secrets: Secrets
  #closing: Promise<void> | undefined
  #asking = false
  #ended = false

  constructor(sdk: McpSdk, client: Client, config: SseServer | StreamableServer, secrets: Secrets) {
    this.#secrets = secrets
    const transport = makeTransport(sdk, config, this.#agent, this.#reconnection)
    this.value = client
    this.transport = transport
    this.#lost = new Promise((resolve) => {
      client.onclose = () => {
        this.spent = this.#ended = true
        resolve(new Error('its session was closed'))
      }
      // Not the client's: it also hears of answers that nobody waits for any more, which say nothing against the session.
      transport.onerror = (error) => {
        this.#errors.add(error)
        // Until it has shown that it is still there, it is not one to rely on.
        this.spent = true
        if (!this.opened) return
        // With SSE the answers come over the one stream, and a server knows nothing of a session after it.
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

  /** One request of many, or one stream, has failed; a call whose stream is gone would wait for the SDK's minute. */
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
      // A goodbye that a server need not understand.
      await withSignal(Promise.resolve(transport.terminateSession()), AbortSignal.timeout(Math.min(grace, 1_000))).catch(() => {})
    }
    await this.value.close().catch(() => {})
    await this.#agent.destroy()
  }
}

function makeTransport(
  sdk: McpSdk,
  { type, url, headers = {} }: SseServer | StreamableServer,
  agent: Agent,
  reconnectionOptions: typeof RECONNECTION,
): Transport {
  const dispatched = (input: string | URL, init?: object) => undiciFetch(input, { ...init, dispatcher: agent })
  // Undici's own types of fetch are not those of Node's globals, though the objects are alike.
  const options = { fetch: dispatched as unknown as FetchLike, requestInit: { headers: { ...headers } } }
  if (type === 'sse') return new sdk.SSEClientTransport(new URL(url), options) as Transport
  return new sdk.StreamableHTTPClientTransport(new URL(url), { ...options, reconnectionOptions }) as Transport
}

/** Fetch says why it failed only in its cause. */
function explained(error: unknown): Error {
  const { message, cause } = error as Error
  if (!(cause instanceof Error) || cause.message === '') return error as Error
  return new Error(`${message}: ${cause.message}`, { cause: error })
}
