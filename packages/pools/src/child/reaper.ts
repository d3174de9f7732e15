import { type Clock, type Resource, systemClock } from '@keelson/kernel'
import { guard } from './guard.js'
import type { ServerProcess } from './server-process.js'

/** A resource made by `processReaper()`. */
export type ProcessReaper = Resource<Reaper>

/** What a reaper looks after: it closes what has been idle for too long. */
export interface ReaperTarget {
  trim(now: number): void
}

/** A child process that a reaper knows of. */
export interface ChildInfo {
  readonly owner: string
  readonly server: string
  readonly pid: number
}

/**
 * Closes idle connections of its pools, kills children that nobody owns any more, and keeps the guard that kills them all when
 * this process is killed.
 */
export class Reaper {
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

  /** The children that run now. */
  get children(): readonly ChildInfo[] {
    return [...this.#children].map(({ owner, server, pid }) => ({ owner, server, pid }))
  }

  start(): void {
    this.#running = true
    guard.retain()
    this.#tick()
  }

  /** Looks after a pool until the returned function is called. */
  watch(target: ReaperTarget): () => void {
    this.#targets.add(target)
    return () => void this.#targets.delete(target)
  }

  /** Knows of a child until it is gone. */
  adopt(child: ServerProcess): void {
    this.#children.add(child)
    void child.closed.then(() => this.#children.delete(child))
  }

  /** Closes what is idle for too long, now. */
  sweep(): void {
    const now = this.#clock.now()
    for (const target of this.#targets) target.trim(now)
  }

  /** Kills every child that is left; resolves when they and the guard are gone. */
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
