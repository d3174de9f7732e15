import { CliError, usageError } from '../../cli-error.js'
import { EXIT } from '../../exit-codes.js'
import { askOnce, Connection, type Outcome } from '../load/connection.js'
import { type Address, listenersOf } from '../system/listeners.js'
import { within } from '../system/within.js'
import type { Output } from './output.js'
import type { Service } from './service.js'

/** Where a service takes requests. */
export interface Target {
  readonly address: Address
  /** Where it says whether it is ready. */
  readonly ready: { readonly address: Address; readonly path: string } | undefined
  /** How many ports it listens on. */
  readonly ports: number
  /** From its start to its first answer, in ms. */
  readonly startMs: number
}

export interface TargetOptions {
  readonly port: number | undefined
  readonly path: string
  /** `/readyz`, `:9090/readyz` or a URL. */
  readonly ready: string | undefined
  readonly headers: readonly string[]
  readonly startTimeout: number
  readonly env: NodeJS.ProcessEnv
  /** How many ports it is known to listen on. */
  readonly ports: number
  readonly signal: AbortSignal
}

const POLL_MS = 20
/** How long no other port may be opened, in ms, until one of them is chosen. */
const SETTLED_MS = 1_000
/** The same where it is known how many there were the last time. */
const KNOWN_MS = 5_000
/** How long an answer that is no 2xx is asked for again, in ms. */
const BETTER_MS = 2_000
const ANSWER_MS = 2_000
const TAIL = 20

/** Waits until a service answers, and finds where; rejects with a `CliError` when it does not. */
export async function findTarget(service: Service, options: TargetOptions): Promise<Target> {
  const deadline = service.startedAt + options.startTimeout
  const search = new Search(service, options, deadline)
  // The one that takes requests may be the last that is opened.
  const ready = options.ready === undefined ? undefined : await search.ready(options.ready)
  const { address, ports } = await search.port()
  if (ready === undefined) await search.answer(address)
  return { address, ready, ports, startMs: performance.now() - service.startedAt }
}

/** Rejects when somebody answers already on a port that the service is to take: the load would go to a stranger. */
export async function assertFree(port: number): Promise<void> {
  for (const address of hostsOf({ host: '::', port })) {
    const connection = new Connection(address)
    const taken = await connection.connected
    connection.leave()
    if (taken) throw usageError(`somebody listens on port ${port} already`, 'end that first, or give the service another port')
  }
}

class Search {
  readonly #service: Service
  readonly #options: TargetOptions
  readonly #deadline: number

  constructor(service: Service, options: TargetOptions, deadline: number) {
    this.#service = service
    this.#options = options
    this.#deadline = deadline
  }

  async port(): Promise<{ address: Address; ports: number }> {
    const { ports: wanted, ready } = this.#options
    // One that is ready has opened all that it opens.
    const patience = ready !== undefined ? 0 : Number.isFinite(wanted) ? KNOWN_MS : SETTLED_MS
    let seen = ''
    let since = performance.now()
    for (;;) {
      const found = this.#candidates()
      const ports = found.map(({ port }) => port).join(' ')
      if (ports !== seen) since = performance.now()
      seen = ports
      const settled = found.length >= wanted || performance.now() - since > patience
      if (found.length > 0 && (settled || this.#options.port !== undefined)) {
        const chosen = await this.#choose(found)
        if (chosen !== undefined) return { address: chosen, ports: found.length }
      }
      await this.#pause(
        found.length > 0 ? `nothing answers HTTP on port ${ports.replaceAll(' ', ', ')}` : 'it listens on no port',
      )
    }
  }

  /** The first of the ports that knows the path, once that says 2xx. */
  async ready(ready: string): Promise<{ address: Address; path: string }> {
    const url = /^(?:https?:\/\/([^/:]+|\[[^\]]+\]))?(?::(\d+))?(\/.*)?$/.exec(ready)
    if (url === null)
      throw usageError(`--ready ${ready} is no place`, 'it is a path such as /readyz, :9090/readyz, or a URL of http')
    const [, host, port, path = '/'] = url
    for (let last = 'nothing answers'; ; ) {
      const places = port === undefined && host === undefined ? this.#candidates(false) : [named(host, port)]
      for (const address of places.flatMap(hostsOf)) {
        const outcome = await this.#ask(address, path)
        if (outcome?.kind !== 'answered' || outcome.status === 404) continue
        if (outcome.status >= 200 && outcome.status < 300) return { address, path }
        last = `it answers ${outcome.status}`
      }
      await this.#pause(`--ready ${ready}: ${last}`)
    }
  }

  /** Waits for 2xx, or for a while whether an answer that is none gets better. */
  async answer(address: Address): Promise<void> {
    const enough = performance.now() + BETTER_MS
    for (;;) {
      const outcome = await this.#ask(address, this.#options.path)
      const good = outcome?.kind === 'answered' && outcome.status >= 200 && outcome.status < 300
      if (good || (outcome?.kind === 'answered' && performance.now() > enough)) return
      await this.#pause(`port ${address.port} does not answer`)
    }
  }

  /** Where it may be asked; `only`: the port that was named, if one was. */
  #candidates(only = true): Address[] {
    const listening = listenersOf(this.#service.pids())
    const { port, env } = this.#options
    if (port !== undefined && (only || listening === undefined))
      return [listening?.find((address) => address.port === port) ?? { host: '::', port }]
    if (listening !== undefined) return listening
    // Where processes cannot be seen: the port that it was told to take, or the one that it says it has taken.
    const [, printed] = /https?:\/\/[^\s/:]+:(\d+)/.exec(this.#service.output.since()) ?? []
    const told = Number(env.PORT ?? printed)
    return Number.isInteger(told) && told > 0 ? [{ host: '::', port: told }] : []
  }

  async #choose(found: readonly Address[]): Promise<Address | undefined> {
    const answers: { address: Address; status: number }[] = []
    for (const { port, ...place } of found) {
      for (const address of hostsOf({ port, ...place })) {
        const outcome = await this.#ask(address, this.#options.path)
        if (outcome?.kind !== 'answered') continue
        answers.push({ address, status: outcome.status })
        break
      }
    }
    if (answers.length < 2) return answers[0]?.address
    const told = answers.find(({ address }) => address.port === Number(this.#options.env.PORT))
    const known = answers.filter(({ status }) => status !== 404)
    // Any port may know `/`, as that of an inspector does.
    const chosen = told ?? (known.length === 1 && this.#options.path !== '/' ? known[0] : undefined)
    if (chosen !== undefined) return chosen.address
    const ports = answers.map(({ address }) => address.port).join(', ')
    throw usageError(
      `it answers HTTP on the ports ${ports}`,
      'say by --port which of them takes the requests, or by --path what only that one knows',
    )
  }

  #ask(address: Address, path: string): Promise<Outcome | undefined> {
    return askOnce(address, path, this.#options.headers, ANSWER_MS)
  }

  /** Waits a little; throws when there is nothing to wait for any more. */
  async #pause(trouble: string): Promise<void> {
    this.#options.signal.throwIfAborted()
    // Rejects when the command could not be started.
    await within(this.#service.exited, POLL_MS).catch((error: NodeJS.ErrnoException) => {
      throw notRun(this.#service.command, error)
    })
    const { exit, output } = this.#service
    if (exit !== undefined) {
      const how = exit.signal ?? `code ${exit.code}`
      throw notStarted(`the service ended with ${how} before it answered`, output)
    }
    if (performance.now() < this.#deadline) return
    const seconds = this.#options.startTimeout / 1_000
    throw notStarted(`the service was not there after ${seconds} s: ${trouble}`, output)
  }
}

function notRun(command: string, { code, message }: NodeJS.ErrnoException): CliError {
  const why = code === 'ENOENT' ? 'there is no such program' : code === 'EACCES' ? 'it may not be executed' : (code ?? message)
  return usageError(`${command} could not be started: ${why}`)
}

function notStarted(message: string, output: Output): CliError {
  return new CliError(EXIT.unreachable, [message, ...output.tail(TAIL).map((line) => `  | ${line}`)].join('\n'))
}

function hostsOf({ host, port }: Address): Address[] {
  return (host === '::' ? ['127.0.0.1', '::1'] : [host]).map((host) => ({ host, port }))
}

function named(host: string | undefined, port: string | undefined): Address {
  const name = host === 'localhost' ? '::' : host?.replace(/^\[|\]$/g, '')
  return { host: name ?? '::', port: port === undefined ? 80 : Number(port) }
}
