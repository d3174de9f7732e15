import type { KernelView } from '@keelson/kernel'
import type { RateLimiter } from '@keelson/limiters'
import type { ServerSecrets } from '@keelson/pools'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  ErrorCode,
  type LoggingMessageNotification,
  McpError,
  type Progress,
  ResultSchema,
  type ServerCapabilities,
  type ServerResult,
} from '@modelcontextprotocol/sdk/types.js'
import { answered, CallError, late, lost, unknownTool } from '../call-error.js'
import type { ServerEntry } from '../config/servers-file.js'
import { type ToolFilter, toolFilter } from '../config/tool-filter.js'
import type { CallEnd } from './call-end.js'
import { CallLimit } from './call-limit.js'
import type { CallMeter } from './call-meter.js'
import { type CallTelemetry, failureOf } from './call-telemetry.js'
import { asked, type Caller } from './caller.js'
import type { Listing } from './listing.js'
import { nameFor } from './names.js'
import { type OfferKind, offered } from './offered.js'
import { translated } from './translated.js'
import { troubleOf } from './trouble.js'
import { UrlElicitations } from './url-elicitations.js'
import { Wire } from './wire.js'

/** What a server is told of a call that ends because it does. */
const TAKEN_AWAY = 'the proxy ends its session'

export interface Call {
  readonly method: string
  /** As the server knows things. */
  readonly params: Readonly<Record<string, unknown>>
  /** Given when the client wants to hear of progress. */
  readonly onprogress?: ((progress: Progress) => void) | undefined
  /** Who is asked what the server wants to know meanwhile. */
  readonly caller: Caller
}

/** What a server says without being asked. */
export interface UpstreamEvents {
  changed(kind: 'tools' | 'resources' | 'prompts'): void
  /** With the server's own URI. */
  updated(uri: string): void
  logged(params: LoggingMessageNotification['params']): void
  /** The only client of the proxy, for questions that belong to no call; undefined when there are none or several. */
  onlyClient(): Caller | undefined
}

/** What an upstream is made of. */
export interface UpstreamParts {
  readonly name: string
  /** What it is called in the kernel. */
  readonly resource: string
  readonly entry: ServerEntry
  readonly secrets: ServerSecrets
  readonly client: Client
  readonly limiter: RateLimiter
  readonly meter: CallMeter
  readonly telemetry: CallTelemetry
  readonly kernel: KernelView
}

/** One instance of a server that runs: what it offers, and the calls that it works on. */
export class Upstream {
  readonly name: string
  readonly #resource: string
  readonly #entry: ServerEntry
  readonly #secrets: ServerSecrets
  readonly #client: Client
  readonly #wire: Wire
  readonly #limit: CallLimit
  readonly #meter: CallMeter
  readonly #telemetry: CallTelemetry
  readonly #passes: ToolFilter
  readonly #kernel: KernelView
  readonly #calls = new Map<CallEnd, Caller>()
  readonly #urlElicitations = new UrlElicitations()
  #isClosed = false
  #idle: (() => void) | undefined

  constructor({ name, resource, entry, secrets, client, limiter, meter, telemetry, kernel }: UpstreamParts) {
    this.name = name
    this.#resource = resource
    this.#entry = entry
    this.#secrets = secrets
    this.#client = client
    this.#wire = new Wire(client)
    this.#limit = new CallLimit(name, entry.limit, limiter)
    this.#meter = meter
    this.#telemetry = telemetry
    this.#passes = toolFilter(name, entry.rules)
    this.#kernel = kernel
  }

  /**
   * Everything that it may offer of these kinds.
   *
   * @throws KeelsonError `CRASHED` when it lists more than its entry allows, without its secrets: keelson://inspect shows every client why.
   */
  list(kinds: Iterable<OfferKind>, signal?: AbortSignal): Promise<Partial<Listing>> {
    const options = { ...this.#entry.tools, server: this.name, passes: this.#passes, ...(signal && { signal }) }
    return offered(this.#client, kinds, options).catch((error: Error) => {
      throw this.#secrets.hide(error)
    })
  }

  get capabilities(): ServerCapabilities {
    return this.#client.getServerCapabilities() ?? {}
  }

  /** What it tells models of itself. */
  get instructions(): string | undefined {
    return this.#client.getInstructions()
  }

  listen(events: UpstreamEvents): void {
    this.#wire.onnotification = ({ method, params = {} }) => {
      const list = /^notifications\/(tools|resources|prompts)\/list_changed$/.exec(method)?.[1]
      if (list !== undefined) events.changed(list as 'tools')
      else if (method === 'notifications/resources/updated') events.updated(String(params.uri))
      else if (method === 'notifications/message') events.logged(this.#masked(params) as LoggingMessageNotification['params'])
      // A turn later: the answer that asked for it may have come in one piece with it.
      else if (method === 'notifications/elicitation/complete') setImmediate(() => this.#urlElicitations.completed(params))
      else return false
      return true
    }
    this.#client.fallbackRequestHandler = ({ method, params }, { signal, sendNotification }) => {
      const progressed = (progress: Progress & { progressToken: string | number }) =>
        // To a server that has gone there is nothing to tell.
        void sendNotification({ method: 'notifications/progress', params: progress }).catch(() => {})
      const onAsked = (caller: Caller) => this.#urlElicitations.asked({ method, params }, caller)
      return asked({ method, params }, [...this.#calls.values()], events.onlyClient(), { signal, progressed }, onAsked)
    }
  }

  /** A request that is no work, and is not limited; @throws CallError with its answer. */
  async ask(method: string, params: Record<string, unknown>): Promise<ServerResult> {
    this.#checkCapable(method)
    return this.#client.request({ method, params }, ResultSchema).catch((error: Error) => {
      throw error instanceof McpError ? this.#withoutSecrets(answered(error)) : this.#secrets.hide(error)
    })
  }

  /** The roots of its clients are others. */
  rootsChanged(): void {
    this.#client.sendRootsListChanged().catch(() => {})
  }

  /**
   * @param end ends it when the client cancels it, and is ended when its time is over or the server is taken away.
   * @throws CallError when the tool is denied, the limit reached, the time over, the server lost or taken away, or its answer an error.
   */
  async call(call: Call, end: CallEnd): Promise<ServerResult> {
    this.#checkCapable(call.method)
    const { name } = call.params
    if (call.method === 'tools/call' && !this.#passes(String(name))) throw unknownTool(nameFor(this.name, String(name)))
    if (this.#isClosed) end.end(TAKEN_AWAY)
    this.#calls.set(end, call.caller)
    const begun = this.#meter.begin()
    const ended = this.#telemetry.begin(call.method, call.method === 'tools/call' ? String(name) : undefined)
    try {
      await this.#limit.take(end).catch(async (error: Error) => {
        if (end.isOver) throw await this.#lost(error)
        this.#meter.refused++
        throw error
      })
      const result = await this.#forward(call, end)
      ended('isError' in result && result.isError === true ? 'tool_error' : undefined)
      return result
    } catch (error) {
      ended(failureOf(error))
      throw error
    } finally {
      this.#meter.end(begun)
      this.#calls.delete(end)
      if (this.#calls.size === 0) this.#idle?.()
    }
  }

  /** Whether it works on a call. */
  get isBusy(): boolean {
    return this.#calls.size > 0
  }

  /** Whether the kernel takes it away because it is of no use any more: nobody will answer its calls. */
  get failing(): boolean {
    return this.#trouble !== undefined
  }

  /** Resolves when no call is left. */
  settled(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }

  /** Ends the calls that are left, and those that still come. */
  close(): void {
    this.#isClosed = true
    for (const call of this.#calls.keys()) call.end(TAKEN_AWAY)
  }

  /** What a server does not say that it knows, it may never answer. */
  #checkCapable(method: string): void {
    const { tools, resources, prompts, completions, logging } = this.capabilities
    const kinds: Record<string, unknown> = { tools, resources, prompts, completion: completions, logging }
    const isKnown = method.endsWith('subscribe') ? resources?.subscribe : kinds[method.slice(0, method.indexOf('/'))]
    if (!isKnown) throw new CallError(ErrorCode.MethodNotFound, `server "${this.name}" does not support ${method}`)
  }

  async #forward({ method, params, onprogress, caller }: Call, end: CallEnd): Promise<ServerResult> {
    const ms = this.#entry.timeouts.call
    let isLate = false
    const tooLong = () => {
      isLate = true
      end.end(`it took longer than ${ms} ms`)
    }
    const timer = ms === undefined ? undefined : setTimeout(tooLong, ms)
    try {
      // As the server says it: what a result has to look like is between it and the client.
      return translated(this.name, await this.#wire.request({ method, params }, end, onprogress))
    } catch (error) {
      if (isLate && ms !== undefined) throw late(this.name, ms)
      if (error instanceof CallError && !this.#isClosed) {
        this.#urlElicitations.refused(error, caller)
        throw this.#withoutSecrets(error)
      }
      throw await this.#lost(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** An error that repeats the key of the proxy is not for its clients; results are. */
  #withoutSecrets({ code, message, data }: Pick<CallError, 'code' | 'message' | 'data'>): CallError {
    return new CallError(code, this.#secrets.redact(message), data === undefined ? undefined : this.#masked(data))
  }

  #masked(value: unknown): unknown {
    return JSON.parse(this.#secrets.redact(JSON.stringify(value)))
  }

  async #lost(error: unknown): Promise<Error> {
    return lost(this.name, this.#secrets.redact(await this.#whyLost(error)))
  }

  /** The kernel is told of the end of a server at the same time as its calls. */
  async #whyLost(error: unknown): Promise<string> {
    await new Promise(setImmediate)
    if (!this.#isClosed) return this.#trouble ?? (error as Error).message
    return this.#trouble ?? (this.#kernel.state === 'running' ? 'it was taken away' : 'the proxy is shutting down')
  }

  get #trouble(): string | undefined {
    return troubleOf(this.#kernel, this.#resource)
  }
}
