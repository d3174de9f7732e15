import type { Clock } from '@keelson/kernel'
import type { Ticks, Timetable } from './timetable.js'

/** In ms: the time of day is looked at no less often, for it may be set, and a machine that sleeps stops timers, not the day. */
const LONGEST_WAIT = 60_000

/** In ms: a time of day that is set back by more is believed, and ticks come anew from there; by less, none comes twice. */
const SET_BACK = 60_000

/** Up to when ticks have been taken, in ms since the epoch; shared by all that wait for the same ticks, so that none is taken twice. */
export interface Cursor {
  at: number
}

/** Waits for the ticks of a timetable, on the clock of the kernel. */
export class Ticker {
  readonly #timetable: Timetable
  readonly #clock: Clock
  readonly #cursor: Cursor
  readonly #due: (ticks: Ticks, now: number) => void
  /** The first tick after this instant: it is that of any later one, too, until it has come. */
  #known: { readonly after: number; readonly next: number | undefined } | undefined
  #timer: unknown
  #ticking = false

  /** `due`: these are due now; those that are late are among them, the oldest first. */
  constructor(timetable: Timetable, clock: Clock, cursor: Cursor, due: (ticks: Ticks, now: number) => void) {
    this.#timetable = timetable
    this.#clock = clock
    this.#cursor = cursor
    this.#due = due
  }

  /** The next tick, while it waits for one. */
  get next(): number | undefined {
    return this.#ticking ? this.#next : undefined
  }

  get #next(): number | undefined {
    const { at } = this.#cursor
    const known = this.#known
    if (known !== undefined && known.after <= at && at < (known.next ?? Infinity)) return known.next
    const next = this.#timetable.after(at)
    this.#known = { after: at, next }
    return next
  }

  begin(): void {
    this.#ticking = true
    this.#look()
  }

  end(): void {
    this.#ticking = false
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = wallOf(this.#clock)
    const cursor = this.#cursor
    if (now < cursor.at - SET_BACK) cursor.at = now
    const isDue = now >= (this.#next ?? Infinity)
    const ticks = isDue ? this.#timetable.between(cursor.at, now) : undefined
    if (now > cursor.at) cursor.at = now
    if (ticks !== undefined) this.#due(ticks, now)
    if (this.#ticking) this.#wait()
  }

  #wait(): void {
    const next = this.#next
    if (next === undefined) return // its time has come for the last time
    const ms = Math.min(LONGEST_WAIT, Math.max(1, next - wallOf(this.#clock)))
    this.#timer = this.#clock.setTimeout(() => this.#look(), ms)
  }
}

/** The time of day, in ms since the epoch. */
export function wallOf(clock: Clock): number {
  return clock.wall?.() ?? clock.now()
}
