import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Family, type Relative } from '../system/family.js'
import { attempt } from '../system/processes.js'
import { within } from '../system/within.js'
import { NO_NOTES, type NoteBook, type Notes } from './notes.js'
import { Output } from './output.js'

/** How a process has ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** By `performance.now()`. */
  readonly at: number
}

export interface ServiceOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Where the hook is; none without a preload. */
  readonly notes?: NoteBook | undefined
}

/** How long the end of an output is waited for, in ms. */
const CLOSE_MS = 300

/** One run of the service that is drilled: its processes, in a session of their own, and what they write. */
export class Service {
  /** What was started, as it was named. */
  readonly command: string
  readonly output = new Output()
  readonly complaints = new Output()
  readonly startedAt = performance.now()
  /** Resolves when the first process has ended; rejects when it could not be started. */
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #family: Family | undefined
  readonly #read: () => Notes
  #exit: Exit | undefined

  constructor({ command, args, env, cwd, notes }: ServiceOptions) {
    this.command = command
    const mark = randomBytes(8).toString('hex')
    const page = notes?.page(env, cwd) ?? { env, read: () => NO_NOTES }
    this.#read = page.read
    this.#child = spawn(command, args, {
      cwd,
      env: { ...page.env, KEELSON_DRILL: mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.output.follow(this.#child.stdout!)
    this.output.follow(this.#child.stderr!)
    this.complaints.follow(this.#child.stderr!)
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) => {
        this.#exit = { code, signal, at: performance.now() }
        resolve(this.#exit)
      })
    })
    this.exited.catch(() => {})
    if (this.#child.pid !== undefined) this.#family = new Family(this.#child.pid, `KEELSON_DRILL=${mark}`)
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  /** The processes that run; empty where that cannot be seen. */
  pids(): number[] {
    return this.#family?.recent().map(({ pid }) => pid) ?? []
  }

  /** Those that its first process, or one of these, has started and that run. */
  others(): Relative[] {
    return this.#family?.others() ?? []
  }

  notes(): Notes {
    return this.#read()
  }

  /** A signal to the first process, as a platform sends it. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal)
  }

  /** A signal to all processes of the group, as a terminal sends it. */
  signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid !== undefined) attempt(() => process.kill(-pid, signal))
  }

  /** Resolves when all that it wrote was read, and soon where something else holds its output. */
  async closed(): Promise<void> {
    const streams = [this.#child.stdout!, this.#child.stderr!].filter((stream) => !stream.closed)
    await within(Promise.all(streams.map((stream) => once(stream, 'close'))), CLOSE_MS).catch(() => {})
    for (const stream of streams) stream.destroy()
  }

  /** Ends whatever runs of it, at once. */
  kill(): void {
    if (this.#exit === undefined) this.#child.kill('SIGKILL')
    this.#family?.kill()
  }
}
