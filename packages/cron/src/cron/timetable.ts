import { Cron } from 'croner'
import { invalidOption } from '../invalid-option.js'
import { told } from '../told.js'

/** Of ticks that were missed, no more than these are counted one by one. */
const MOST = 1_000

/** The ticks of a span of time, the oldest first. */
export interface Ticks {
  readonly all: readonly number[]
  /** Whether there are more than these between the first ones and the last. */
  readonly more: boolean
}

/** When a pattern says that it is time, in ms since the epoch. */
export class Timetable {
  readonly pattern: string
  readonly #cron: Cron

  /** @throws KeelsonError `INVALID_OPTION` for a pattern or a timezone that does not exist, and for a pattern whose time never comes. */
  constructor(resource: string, pattern: unknown, timezone: string | undefined) {
    if (typeof pattern !== 'string' || pattern.trim() === '') throw badPattern(resource, pattern, 'it must be a string')
    if (timezone !== undefined) checkTimezone(resource, timezone)
    this.pattern = pattern
    this.#cron = parse(resource, pattern, timezone)
    if (this.#cron.getOnce() !== null) throw badPattern(resource, pattern, 'it is a date; a resource runs at a pattern')
    if (this.after(0) === undefined) throw badPattern(resource, pattern, 'its time never comes')
  }

  /** The first tick after this instant. */
  after(at: number): number | undefined {
    return this.#cron.nextRun(new Date(at))?.getTime()
  }

  /** The ticks after the one instant, up to the other and with it. Of very many the first are listed, and the last. */
  between(after: number, until: number): Ticks {
    const all: number[] = []
    for (let at = this.after(after); at !== undefined && at <= until; at = this.after(at)) {
      if (all.length < MOST) all.push(at)
      else return { all: [...all, this.#last(until) ?? at], more: true }
    }
    return { all, more: false }
  }

  #last(until: number): number | undefined {
    return this.#cron.previousRuns(1, new Date(until + 1))[0]?.getTime()
  }
}

function parse(resource: string, pattern: string, timezone: string | undefined): Cron {
  try {
    return new Cron(pattern, { paused: true, ...(timezone !== undefined && { timezone }) })
  } catch (error) {
    throw badPattern(resource, pattern, told(error).replace(/^CronPattern: /, ''))
  }
}

function checkTimezone(resource: string, timezone: unknown): void {
  try {
    if (typeof timezone === 'string') return void new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    // Told below.
  }
  throw invalidOption(
    resource,
    'timezone',
    `'${String(timezone)}' does not exist`,
    "pass a name such as 'Europe/Berlin' or 'UTC'",
  )
}

function badPattern(resource: string, pattern: unknown, why: string): Error {
  const shown = typeof pattern === 'string' ? `'${pattern.slice(0, 100)}'` : `of type ${typeof pattern}`
  const remedy = "pass minute, hour, day, month and weekday, such as '*/5 * * * *', with seconds in front if you like"
  return invalidOption(resource, 'its pattern', `${shown} cannot be used: ${why}`, remedy)
}
