import { tmpdir } from 'node:os'
import { setTimeout as later } from 'node:timers/promises'
import { usageError } from '../../cli-error.js'
import type { LoadOptions } from '../load/load.js'
import type { Dependency } from '../service/dependency.js'
import { unhandledErrors } from '../service/errors.js'
import { NoteBook, type Notes } from '../service/notes.js'
import { shown } from '../service/output.js'
import { type Exit, Service } from '../service/service.js'
import { findTarget, type Target } from '../service/target.js'
import { listenersOf } from '../system/listeners.js'
import { within } from '../system/within.js'
import type { Facts, LeftProcess } from './facts.js'

export interface StageOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly port: number | undefined
  readonly ready: string | undefined
  readonly load: LoadOptions
  /** In ms. */
  readonly grace: number
  /** In ms. */
  readonly startTimeout: number
  /** In ms. */
  readonly notice: number
  readonly preload: boolean
  readonly dependencies: readonly Dependency[]
  readonly signal: AbortSignal
}

/** A service that takes requests. */
export interface Running {
  readonly service: Service
  readonly target: Target
  /** The process that listens, as far as it is seen. */
  readonly pid: number | undefined
}

/** How long the load goes on before the signal, in ms. */
export const WARM_MS = 600

/** How long processes that are on their way out have after the first one, in ms. */
const STRAGGLERS_MS = 400

const POLL_MS = 20

/** Those whose own ends and listeners are not those of the service. */
const RUNNERS = /^(npm|@npmcli\/.*|npx|pnpm|yarn|corepack)$/

/** Where the scenarios are played: it starts services, sees how they end, and leaves nothing behind. */
export class Stage {
  readonly options: StageOptions
  /** How long a start takes, in ms; known after the first. */
  startMs: number | undefined
  /** Where the first one took requests. */
  port: number | undefined
  #ports = Number.POSITIVE_INFINITY
  readonly #notes: NoteBook | undefined
  readonly #services = new Set<Service>()

  constructor(options: StageOptions) {
    this.options = options
    this.#notes = options.preload ? openNotes() : undefined
    process.once('exit', this.#onExit)
  }

  /** Starts a service, and does not wait for it. */
  launch(command = this.options.command, args = this.options.args, env = this.options.env): Service {
    this.options.signal.throwIfAborted()
    const service = new Service({ command, args, env, cwd: this.options.cwd, notes: this.#notes })
    this.#services.add(service)
    return service
  }

  /** Waits until a service takes requests. */
  async ready(service: Service): Promise<Running> {
    const { load, port, ready, startTimeout, env, signal } = this.options
    const { paths, headers } = load
    // What any port may know says nothing about it.
    const path = paths.find((path) => path !== '/') ?? '/'
    const target = await findTarget(service, {
      port,
      path,
      ready,
      headers,
      startTimeout,
      env,
      ports: this.#ports,
      signal,
    })
    this.#ports = target.ports
    this.startMs ??= target.startMs
    this.port ??= target.address.port
    const pid = service.pids().find((pid) => listenersOf([pid])?.some(({ port }) => port === target.address.port))
    return { service, target, pid }
  }

  /** Throws when it has opened another port since it was chosen where to ask: that may be the one that takes the requests. */
  verifyPorts({ service, target }: Running): void {
    const now = listenersOf(service.pids()) ?? []
    if (this.options.port !== undefined || now.length <= target.ports) return
    const ports = now.map(({ port }) => port).join(', ')
    throw usageError(
      `it answered on port ${target.address.port} before it had opened all of its ports (${ports})`,
      'say by --port which of them takes the requests, or by --ready when all of them are open',
    )
  }

  /** Sleeps, unless the drill is given up. */
  async pause(ms: number): Promise<void> {
    await later(ms, undefined, { signal: this.options.signal })
  }

  /**
   * Waits until a service has ended, and ends what is left of it; kills it when the grace is over. `whole`: it has ended when all of its processes
   * have, not when the first one has.
   */
  async end(
    { service, pid }: Pick<Running, 'service' | 'pid'>,
    at: number,
    signal: Facts['signal'],
    from: number,
    whole = false,
  ): Promise<End> {
    const deadline = at + this.options.grace
    const over = () => service.exit !== undefined && (!whole || service.others().length === 0)
    while (!over() && performance.now() < deadline) {
      // Where the drill is given up, it has been killed.
      if (service.exit === undefined) await within(service.exited, deadline - performance.now())
      else await this.pause(POLL_MS)
      this.options.signal.throwIfAborted()
    }
    const killed = !over()
    const left = killed ? [] : await this.#stragglers(service)
    const timeMs = killed ? performance.now() - at : (whole ? performance.now() : service.exit!.at) - at
    service.kill()
    const exit = await service.exited
    // What was born meanwhile.
    service.kill()
    await service.closed()
    this.#services.delete(service)
    return {
      signal,
      timeMs: Math.max(0, timeMs),
      killed,
      exit: { code: exit.code, signal: exit.signal },
      left,
      errors: unhandledErrors(service.complaints.since(from)),
      ...told(service.notes(), pid, signal),
      exitedAt: exit.at,
    }
  }

  readonly #onExit = () => this.close()

  /** Ends whatever it has started. */
  close(): void {
    process.off('exit', this.#onExit)
    for (const service of this.#services) service.kill()
    this.#notes?.remove()
  }

  async #stragglers(service: Service): Promise<LeftProcess[]> {
    for (const until = performance.now() + STRAGGLERS_MS; performance.now() < until; await this.pause(POLL_MS)) {
      if (service.others().length === 0) return []
    }
    return service.others().map(({ pid, command }) => ({ pid, command: shown(command) }))
  }
}

function openNotes(): NoteBook {
  try {
    return new NoteBook()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw usageError(`no file can be written to ${tmpdir()} (${code})`, 'set TMPDIR, or leave the hook out with --no-preload')
  }
}

/** What is seen of every end. */
export type End = Omit<Facts, 'scenario'> & { readonly exitedAt: Exit['at'] }

/** What the processes told, as far as it is about the service and this signal. */
function told(notes: Notes, pid: number | undefined, signal: string): Pick<Facts, 'preloaded' | 'ending' | 'listeners'> {
  const own = pid !== undefined && notes.pids.includes(pid)
  const isOwn = (note: { pid: number; by?: { package?: string } }) =>
    own ? note.pid === pid : !RUNNERS.test(note.by?.package ?? '')
  const ending = notes.endings.filter(isOwn).at(-1)
  const listeners = notes.listeners.filter((listener) => isOwn(listener) && listener.signal === signal)
  const unique = listeners.filter(({ by }, index) => listeners.findIndex((other) => other.by?.at === by?.at) === index)
  return { preloaded: notes.pids.length > 0, ...(ending && { ending }), listeners: unique }
}
