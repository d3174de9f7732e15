import pTimeout from 'p-timeout'
import type { Clock } from './clock.js'

/** Work that must be over by a time. */
export abstract class Bounded {
  /** In ms since the epoch; `Infinity` for none. */
  deadline = Infinity
  /** True once it settled or was given up. */
  over = false
  watched = false
  previous: Bounded | undefined
  next: Bounded | undefined
  timer: Timer | undefined

  /** Called once when the deadline passed and the work is not over. */
  abstract expire(): void
}

interface Timer {
  readonly timeout: { clear(): void }
  /** Lets go of what `timeout` waits for. */
  release(): void
}

/**
 * Watches bounded work. Most hooks settle within the turn in which they were called, so one timer for all of them comes
 * first, and only work that is still open when it fires gets a timer of its own.
 */
export class Deadlines {
  readonly #clock: Clock
  /** Told what goes wrong where nobody waits. */
  readonly #broke: (error: unknown) => void
  readonly #unref: boolean
  #first: Bounded | undefined
  #last: Bounded | undefined
  #sweep: unknown

  /** With `unref`, waiting for these deadlines alone does not keep the process alive. */
  constructor(clock: Clock, unref: boolean, broke: (error: unknown) => void) {
    this.#clock = clock
    this.#broke = broke
    this.#unref = unref
  }

  watch(work: Bounded): void {
    if (work.watched || work.deadline === Infinity) return
    work.watched = true
    work.previous = this.#last
    if (this.#last !== undefined) this.#last.next = work
    this.#first ??= work
    this.#last = work
    this.#sweep ??= this.#clock.setTimeout(() => this.#armAll(), 0, { unref: this.#unref })
  }

  /** Marks the work as over; its deadline will not fire. */
  settle(work: Bounded): void {
    work.over = true
    if (work.timer !== undefined) disarm(work)
    else this.#unlink(work)
  }

  /** Moves the deadline of open work, earlier or later. */
  move(work: Bounded, deadline: number): void {
    if (work.over || deadline === work.deadline) return
    work.deadline = deadline
    if (!work.watched) this.watch(work)
    else if (work.timer !== undefined) {
      disarm(work)
      this.#arm(work)
    }
  }

  /** Gives up the shared timer once nothing is open. */
  release(): void {
    if (this.#first !== undefined || this.#sweep === undefined) return
    this.#clock.clearTimeout(this.#sweep)
    this.#sweep = undefined
  }

  #armAll(): void {
    this.#sweep = undefined
    const open: Bounded[] = []
    for (let work = this.#first; work !== undefined; work = this.#first) {
      this.#unlink(work)
      open.push(work)
    }
    for (const work of open) if (!work.over) this.#arm(work)
  }

  #arm(work: Bounded): void {
    if (work.deadline === Infinity) {
      work.watched = false
      return
    }
    const remaining = work.deadline - this.#clock.now()
    if (!(remaining > 0)) return work.expire()
    let release = () => {}
    const settled = new Promise<void>((resolve) => {
      release = resolve
    })
    const timeout = pTimeout(settled, {
      milliseconds: remaining,
      fallback: () => {
        work.timer = undefined
        if (!work.over) work.expire()
      },
      customTimers: this.#timers,
    })
    timeout.catch(this.#broke)
    work.timer = { timeout, release }
  }

  #unlink(work: Bounded): void {
    if (work.previous !== undefined) work.previous.next = work.next
    else if (this.#first === work) this.#first = work.next
    if (work.next !== undefined) work.next.previous = work.previous
    else if (this.#last === work) this.#last = work.previous
    work.previous = work.next = undefined
  }

  readonly #timers = {
    setTimeout: ((callback: () => void, ms: number) =>
      this.#clock.setTimeout(callback, ms, { unref: this.#unref })) as typeof setTimeout,
    clearTimeout: ((handle: unknown) => this.#clock.clearTimeout(handle)) as typeof clearTimeout,
  }
}

function disarm(work: Bounded): void {
  work.timer?.timeout.clear()
  work.timer?.release()
  work.timer = undefined
}
