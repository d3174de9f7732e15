import { type Clock, type Resource, systemClock } from '@keelson/kernel'
import { guard } from './guard.js'
import type { ServerProcess } from './server-process.js'

/** A resource made by `processReaper()`. */
export type ProcessReaper = Resource<Reaper>

/** A pool that a reaper sweeps. */
export interface ReaperTarget {
  /** Closes the connections that have been idle for too long. */
  trim(now: number): void
}

/** A child process that a reaper knows of. */
export interface ChildInfo {
  readonly owner: string
  readonly server: string
  readonly pid: number
}

/** The value of a `processReaper()`. */
export interface Reaper extends Pick<LiveReaper, 'children' | 'sweep'> {}

/**
 * Sweeps idle connections of its pools, kills the children that are left when it stops, and retains the guard, which kills all
 * children when this process is killed.
 */
export class LiveReaper {
  readonly #clock: Clock
  readonly #interval: number
  readonly #targets = new Set<ReaperTarget>()
  readonly #children = new Set<ServerProcess>()
  #timer: unknown
  #running = false

  constructor({ clock = systemClock, interval = 1_000 }: { clock?: Clock; interval?: number } = {}) {
    this.#clock = clock
    this.#interval = interval
  }

  /** The children that are running. */
  get children(): readonly ChildInfo[] {
    return [...this.#children].map(({ owner, server, pid }) => ({ owner, server, pid }))
  }

  start(): void {
    this.#running = true
    guard.retain()
    this.#tick()
  }

  /** Sweeps a pool until the returned function is called. */
  watch(target: ReaperTarget): () => void {
    this.#targets.add(target)
    return () => void this.#targets.delete(target)
  }

  /** Lists a child, and kills it at stop() if it is still there. */
  adopt(child: ServerProcess): void {
    this.#children.add(child)
    void child.closed.then(() => this.#children.delete(child))
  }

  /** Closes the connections that have been idle for too long, now. */
  sweep(): void {
    const now = this.#clock.now()
    for (const target of this.#targets) target.trim(now)
  }

  /** Kills every child that is left; resolves when they and the guard have ended. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#clock.clearTimeout(this.#timer)
    const left = [...this.#children]
    for (const child of left) child.kill()
    await Promise.all(left.map(({ closed }) => closed))
    await guard.release()
  }

  #tick(): void {
    this.#timer = this.#clock.setTimeout(
      () => {
        this.sweep()
        this.#tick()
      },
      this.#interval,
      { unref: true },
    )
  }
}
