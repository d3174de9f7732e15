import type { Definition } from '../../define/resource.js'
import { KeelsonError } from '../../errors.js'
import { ShutdownError, type ShutdownReport, StartError } from '../../observe/report.js'
import type { CheckResult } from '../../observe/snapshot.js'
import { describe } from '../../thrown.js'
import type { Track } from '../model/track.js'
import type { World } from '../model/world.js'
import { reportTruly } from '../rules/end.js'

/** Follows the promises that a simulated kernel gives: each settles, and rejects with nothing but errors of Keelson. */
export class Promises {
  readonly #world: World
  readonly #open = new Set<{ readonly what: string }>()

  constructor(world: World) {
    this.#world = world
  }

  /** Those that have not settled. */
  get open(): readonly string[] {
    return Array.from(this.#open, ({ what }) => what)
  }

  start(): void {
    const { kernel, cycle, up, ending } = this.#world
    this.follow(
      'start()',
      () => kernel.start(),
      (error) => {
        if (error instanceof StartError)
          this.#reported(up && !(ending && this.#world.cycle > cycle) ? cycle : cycle + 1, error.report)
      },
    )
  }

  shutdown(): void {
    const { kernel, cycle, up } = this.#world
    if (up) this.#world.askedAt ??= this.#world.now
    const reported = (report: ShutdownReport) => {
      // That of a kernel at rest is an old one.
      if (up) this.#reported(cycle, report)
    }
    const work = () => kernel.shutdown('simulated').then(reported)
    this.follow('shutdown()', work, (error) => {
      if (error instanceof ShutdownError) reported(error.report)
    })
  }

  /** Something has asked the kernel to end by itself: its report is looked at, too. */
  stopped(): void {
    const { kernel, cycle, now } = this.#world
    this.#world.askedAt ??= now
    this.follow('stopped', () => kernel.stopped.then((report) => this.#reported(cycle, report)))
  }

  /** C2: checks are asked for, of one resource or of all: whoever is checked at its interval has a result. */
  check(one: { readonly track: Track; readonly definition: Definition } | undefined, listening: boolean): void {
    const world = this.#world
    const asked = one === undefined ? [...world.tracks.values()] : [one.track]
    // What a listener asks for is done later; and what comes up, or was on its way out, when the kernel gives up is watched by nobody.
    const leaving = world.ending || world.aborting
    const checked = listening || !world.up || leaving ? [] : asked.filter(isChecked)
    const what = one === undefined ? 'check()' : `check(${one.track.name})`
    const broken = (how: string) => world.violate('a check that is asked for has one result', `${what} ${how}`)
    const answered = (results: readonly CheckResult[]) => {
      const names = new Set(results.map(({ resource }) => resource))
      const missing = checked.find(({ name }) => !names.has(name))
      if (names.size < results.length) broken('has two of one resource')
      if (missing !== undefined) broken(`has none of "${missing.name}"`)
    }
    const over = (error: unknown) => {
      if (error !== undefined && checked.length > 0) broken('was refused')
    }
    this.follow(what, () => world.kernel.check(one?.definition).then(answered), over)
  }

  /** `over` is given what the promise rejected with, or undefined. */
  follow(what: string, work: () => Promise<unknown>, over?: (error: unknown) => void): void {
    const world = this.#world
    const operation = { what }
    this.#open.add(operation)
    const settled = (error: unknown) => {
      world.steps++
      this.#open.delete(operation)
      over?.(error)
    }
    work().then(
      () => settled(undefined),
      (error: unknown) => {
        world.ledger.see(error)
        if (!(error instanceof KeelsonError || error instanceof StartError || error instanceof ShutdownError)) {
          world.violate('only known errors reject', `${what} rejected with ${describe(error)}`)
        }
        settled(error)
      },
    )
  }

  #reported(cycle: number, report: ShutdownReport): void {
    reportTruly(this.#world, cycle, report)
  }
}

function isChecked({ definition, life, member, changing, away }: Track): boolean {
  return definition.options.check !== undefined && life?.serving === true && member && changing === 0 && !away
}
