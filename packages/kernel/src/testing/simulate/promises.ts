import { KeelsonError } from '../../errors.js'
import { ShutdownError, type ShutdownReport, StartError } from '../../observe/report.js'
import { describe } from '../../thrown.js'
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
    const { kernel, cycle, up } = this.#world
    this.follow(
      'start()',
      () => kernel.start(),
      (error) => {
        if (error instanceof StartError) this.#reported(up ? cycle : cycle + 1, error.report)
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
