import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { serverSecrets } from '../server/secrets.js'
import type { StdioServer } from '../server/stdio-server.js'
import { LONGEST_TIMER } from '../wait/longest-timer.js'
import { liveGroups } from './live-groups.js'
import { groupRuns, signalGroup } from './process-group.js'
import { StderrTail } from './stderr-tail.js'

export type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>

/** How a child ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Milliseconds that the pipes of a child may stay open after its group has ended: a process that left the group may hold them. */
const PIPES_AFTER_END = 500
/** Milliseconds between two looks at a group whose leader has ended before its other processes. */
const LOOK_AGAIN = 20

/** A child process and its process group, connected by its standard streams. */
export interface ServerProcess extends Pick<ChildServer, keyof ChildServer> {}

export class ChildServer {
  /** The pool or resource that started it. */
  readonly owner: string
  readonly server: string
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it has ended and its pipes are closed. */
  readonly closed: Promise<ProcessEnd>
  readonly #tail: StderrTail
  readonly #exited: Promise<void>
  #end: ProcessEnd | undefined
  #stopping: Promise<void> | undefined
  #given: Error | undefined
  #killed = false
  /** Its group has ended or has been killed: its number must not be signalled any more. */
  #over = false

  constructor(owner: string, server: string, child: PipedChild, config: StdioServer) {
    this.owner = owner
    this.server = server
    this.pid = child.pid!
    this.stdin = child.stdin
    this.stdout = child.stdout
    // An error of a pipe is not handled by itself: the child's end is.
    child.stdin.on('error', () => {})
    child.stdout.on('error', () => {})
    this.#tail = new StderrTail(child.stderr, serverSecrets(config), config.onStderr)
    liveGroups.add(this.pid)
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = { code, signal }
        if (this.#stopping === undefined) {
          // Nobody else can reach the rest of its group: kill it.
          this.kill()
          this.#groupIsOver()
        }
        resolve()
      })
    })
    this.closed = new Promise((resolve) => {
      child.once('close', () => resolve(this.#end!))
    })
    this.#destroyStreams = () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    }
  }

  readonly #destroyStreams: () => void

  /** False as soon as it has ended or was told to end. */
  get running(): boolean {
    return this.#end === undefined && this.#stopping === undefined && this.#given === undefined
  }

  /** It has ended, or was killed with a reason, without being told to stop. */
  get failed(): boolean {
    return this.#end !== undefined || this.#given !== undefined
  }

  /** The last 4 KiB of its standard error, unmasked. */
  get stderr(): string {
    return this.#tail.text
  }

  /** Why it ended, with the last lines of its standard error, secrets masked. */
  get why(): Error {
    const words = this.#tail.lastWords
    return new Error(`${this.#given?.message ?? this.#ending()}${words === '' ? '' : `; it said: ${words}`}`)
  }

  /**
   * Closes its standard input and sends SIGTERM to its group, and SIGKILL to what is left of it after `grace` ms. Resolves when it
   * has ended and its pipes are closed. Called again, the shorter grace of the two counts.
   */
  stop(grace: number): Promise<void> {
    if (grace <= 0) this.kill()
    else if (!this.#over && grace !== Infinity) {
      const timer = setTimeout(() => this.kill(), Math.min(grace, LONGEST_TIMER))
      void this.closed.then(() => clearTimeout(timer))
    }
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  /** Sends SIGKILL to its group; `because` is then the reason in `why`. */
  kill(because?: Error): void {
    if (this.#over) return
    this.#given ??= because
    this.#killed = true
    signalGroup(this.pid, 'SIGKILL')
  }

  async #stop(): Promise<void> {
    this.stdin.end()
    if (!this.#over) signalGroup(this.pid, 'SIGTERM')
    await this.#exited
    while (!this.#killed && !this.#over && groupRuns(this.pid)) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
    this.#groupIsOver()
    await this.closed
  }

  /** From now on its number may be another process's. */
  #groupIsOver(): void {
    if (this.#over) return
    this.#over = true
    liveGroups.delete(this.pid)
    const timer = setTimeout(this.#destroyStreams, PIPES_AFTER_END)
    void this.closed.then(() => clearTimeout(timer))
  }

  #ending(): string {
    if (this.#end === undefined) return 'it was stopped'
    const { code, signal } = this.#end
    return signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`
  }
}
