import { type Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type {
  Abortable,
  ContainerLike,
  DockerLike,
  EventOptions,
  ExecLike,
  Inspection,
  ListedContainer,
  ListOptions,
} from './docker-like.js'
import { type EngineConnection, engineAddress } from './engine-address.js'
import { closeIdle, engineAgent } from './engine-agent.js'

/** Bytes of one answer that are read; a list of 10,000 containers has 20 MiB. */
const LONGEST = 256 * 1024 * 1024

/** An answer of the engine that is an error: `statusCode` is that of HTTP. */
export class EngineError extends Error {
  readonly statusCode: number

  constructor(message: string, statusCode: number) {
    super(message)
    this.name = 'EngineError'
    this.statusCode = statusCode
  }
}

interface Ask extends Abortable {
  readonly body?: object
  readonly query?: Readonly<Record<string, string>>
}

/** Docker's API as far as containers are watched by it. What else it can do is done with `request()`. */
export class EngineClient implements DockerLike {
  readonly #where: RequestOptions
  readonly #isSecure: boolean
  readonly #agent: Agent
  readonly #headers: Readonly<Record<string, string>>

  constructor(connection: EngineConnection = {}) {
    const address = engineAddress(connection)
    this.#agent = engineAgent(address)
    this.#isSecure = address.kind === 'tcp' && address.tls !== undefined
    this.#where =
      address.kind === 'socket'
        ? { socketPath: address.path }
        : address.kind === 'tcp'
          ? { host: address.host, port: address.port }
          : {}
    this.#headers = connection.headers ?? {}
  }

  async ping(options: Abortable = {}): Promise<void> {
    await text(await this.#send('GET', '/_ping', options))
  }

  async listContainers({ all, filters, abortSignal }: ListOptions): Promise<ListedContainer[]> {
    const query = { all: String(all), filters: JSON.stringify(filters) }
    const listed = await this.request('GET', '/containers/json', { query, ...only(abortSignal) })
    return expected(Array.isArray(listed), listed as ListedContainer[], 'a list of containers')
  }

  getEvents({ filters, abortSignal }: EventOptions): Promise<IncomingMessage> {
    return this.#send('GET', '/events', { query: { filters: JSON.stringify(filters) }, ...only(abortSignal) })
  }

  getContainer(id: string): ContainerLike {
    const path = `/containers/${encodeURIComponent(id)}`
    return {
      inspect: async (options) => {
        const inspection = (await this.request('GET', `${path}/json`, options)) as Inspection
        return expected(isObject(inspection) && isObject(inspection.State), inspection, 'an inspection of a container')
      },
      restart: ({ t, ...options }) =>
        this.request('POST', `${path}/restart`, { ...options, ...(t !== undefined && { query: { t: String(t) } }) }),
      unpause: (options) => this.request('POST', `${path}/unpause`, options),
      exec: async ({ abortSignal, ...body }) => {
        const made = (await this.request('POST', `${path}/exec`, { body, ...only(abortSignal) })) as { Id: string }
        const { Id } = expected(isObject(made) && typeof made.Id === 'string', made, 'the id of an exec')
        return this.#exec(`/exec/${encodeURIComponent(Id)}`)
      },
    }
  }

  /**
   * Any other request of Docker's API: resolves to its answer, parsed where it is JSON; undefined for an empty one.
   *
   * @throws EngineError for an answer of 400 and above; the error of the connection.
   */
  async request(method: string, path: string, ask: Ask = {}): Promise<unknown> {
    const answer = await this.#send(method, path, ask)
    const body = await text(answer)
    if (body === '') return undefined
    if (!/json/.test(answer.headers['content-type'] ?? '')) return body
    try {
      return JSON.parse(body)
    } catch (cause) {
      throw new Error(`the engine answers ${method} ${path} with what is no JSON`, { cause })
    }
  }

  /** Closes the connections that nobody uses. */
  closeIdle(): void {
    closeIdle(this.#agent)
  }

  /** Closes all connections. */
  destroy(): void {
    this.#agent.destroy()
  }

  #exec(path: string): ExecLike {
    return {
      start: (options) => this.#send('POST', `${path}/start`, { ...options, body: { Detach: false, Tty: false } }),
      inspect: async (options) => {
        const exec = (await this.request('GET', `${path}/json`, options)) as { ExitCode: number | null }
        return expected(isObject(exec), exec, 'what became of an exec')
      },
    }
  }

  /** Resolves to an answer that is no error, with its body still to come. */
  async #send(method: string, path: string, { body, query, abortSignal }: Ask): Promise<IncomingMessage> {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      ...this.#headers,
      ...(sent !== undefined && { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(sent ?? ''),
    }
    const options: RequestOptions = {
      ...this.#where,
      agent: this.#agent,
      method,
      path: query === undefined ? path : `${path}?${new URLSearchParams(query)}`,
      headers,
      ...(abortSignal && { signal: abortSignal }),
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = (this.#isSecure ? secureRequest : request)(options, resolve)
      // Its socket is the program's, which has no use for it.
      asked.on('upgrade', (_, socket) => {
        socket.destroy()
        reject(new Error(`the engine answers ${method} ${path} with another protocol`))
      })
      asked.on('error', reject).end(sent)
    })
    const { statusCode = 0 } = answer
    if (statusCode < 400) return answer
    throw new EngineError(messageOf(await text(answer), statusCode), statusCode)
  }
}

function only(abortSignal: AbortSignal | undefined): Abortable {
  return abortSignal === undefined ? {} : { abortSignal }
}

/** @throws Error unless it is one, whatever the engine, or what answers in its place, has said. */
function expected<T>(isOne: boolean, answer: T, what: string): T {
  if (isOne) return answer
  throw new Error(`the engine answers with what is not ${what}`)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer) {
    length += (chunk as Buffer).length
    if (length > LONGEST) throw new Error(`an answer of the engine is longer than ${LONGEST} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function messageOf(body: string, statusCode: number): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    if (typeof message === 'string' && message !== '') return `the engine says: ${message}`
  } catch {}
  return `the engine answers ${statusCode}`
}
