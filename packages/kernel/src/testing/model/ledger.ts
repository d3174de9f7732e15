import type { SimulatedHook } from './schedule.js'
import type { Life } from './track.js'

/** An error that a hook was made to fail with. */
export interface InjectedError {
  readonly error: Error
  readonly hook: SimulatedHook
  readonly life: Life
  readonly call: number
  /** Thrown while the whole kernel was being torn down: its report must hold it. */
  readonly forReport: boolean
}

const TEARDOWN: ReadonlySet<SimulatedHook> = new Set(['drain', 'stop', 'cleanup'])

/** Which injected errors have not been told to anybody. */
export class Ledger {
  readonly #open = new Map<unknown, InjectedError>()
  readonly #unreported = new Set<InjectedError>()
  /** Failures of checks: whether anybody must hear of them shows once everything has settled. */
  #checks: InjectedError[] = []
  readonly #seen = new WeakSet<object>()
  readonly #all = new Map<unknown, InjectedError>()

  inject(injected: InjectedError): void {
    this.#open.set(injected.error, injected)
    this.#all.set(injected.error, injected)
    if (injected.forReport) this.#unreported.add(injected)
    if (injected.hook === 'check') this.#checks.push(injected)
  }

  /** Somebody was given this: an event, a rejection or a report. */
  see(value: unknown): void {
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return
    this.#seen.add(value)
    this.#open.delete(value)
    const { cause, errors } = value as { cause?: unknown; errors?: unknown }
    this.see(cause)
    if (Array.isArray(errors)) for (const error of errors) this.see(error)
  }

  /** What the report of a whole teardown should have held and does not; asked once per report. */
  missingIn(errors: readonly unknown[], cycle: number): InjectedError | undefined {
    const held = new Set<unknown>()
    for (let error of errors) {
      for (; typeof error === 'object' && error !== null && !held.has(error); error = (error as { cause?: unknown }).cause)
        held.add(error)
    }
    const asked = [...this.#unreported].filter(({ life }) => life.cycle === cycle)
    for (const injected of asked) this.#unreported.delete(injected)
    return asked.find(({ error }) => !held.has(error))
  }

  /** S11: what the report holds of a term that was over before. */
  pastIn(errors: readonly unknown[]): InjectedError | undefined {
    for (const error of errors) {
      const { resource, cause } = error as { resource?: string; cause?: unknown }
      const injected = this.#all.get(cause) ?? this.#all.get(error)
      // What comes too late for its teardown is of the next report.
      if (injected === undefined || injected.life.track.name !== resource || !TEARDOWN.has(injected.hook)) continue
      const { past, up, drainTimedOut, releaseTimedOut } = injected.life
      if (past && up && !drainTimedOut && !releaseTimedOut) return injected
    }
    return undefined
  }

  /** A failed check that nobody was told of, though its instance is still there; asked when everything has settled. */
  untoldCheck(ending: boolean): InjectedError | undefined {
    const checks = this.#checks
    if (checks.length === 0) return undefined
    this.#checks = []
    const untold = checks.find(
      ({ error, life }) => !ending && this.#open.has(error) && life.serving && !life.track.away && life.track.changing === 0,
    )
    for (const { error } of checks) this.#open.delete(error)
    return untold
  }

  /** Errors that nobody was told of. */
  get untold(): InjectedError | undefined {
    return this.#open.values().next().value
  }
}
