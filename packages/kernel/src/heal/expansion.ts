import type { Cell } from '../cell/cell.js'
import { type KeelsonError, removed } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { Deferred } from '../time/deferred.js'
import { Activation } from '../walk/activation.js'
import type { BringUp } from '../walk/bring-up.js'
import type { BringUpListener } from '../walk/ticket.js'
import type { Monitor } from './monitor.js'

export interface ExpansionHost {
  readonly graph: Graph
  readonly monitor: Monitor
  readonly bringUp: BringUp
  /** Whether the kernel runs: until then, its startup activates what has come up. */
  readonly running: boolean
}

/** The start of the members of a subgraph: the subgraph runs when all of them have come up that must. */
export class Expansion implements BringUpListener {
  readonly done = new Deferred<void>()
  readonly #members: readonly Cell[]
  readonly #host: ExpansionHost
  #open: number
  #over = false
  #activation: Activation | undefined
  /** Why it is given up. */
  #decisive: KeelsonError | undefined

  constructor(members: readonly Cell[], host: ExpansionHost) {
    this.#members = members
    this.#host = host
    this.#open = members.length
  }

  begin(): void {
    for (const cell of this.#members) this.#host.bringUp.expect(cell, 'first', this)
    for (const cell of this.#members) this.#host.bringUp.release(cell)
    this.#settle()
  }

  /** Launches nothing new and tells starts in flight to end. */
  fail(error: KeelsonError): void {
    if (this.#decisive !== undefined || this.#over) return
    this.#decisive = error
    this.#activation?.cancel()
    const begun = this.#host.bringUp.halt(this)
    this.#open = begun.length
    for (const cell of begun) cell.instance?.abort(error)
    this.#settle()
  }

  up(cell: Cell): void {
    this.#host.monitor.watch(cell)
    this.#open--
    this.#settle()
  }

  failed(cell: Cell, error: KeelsonError): void {
    if (cell.impact === 'unready') this.fail(error)
  }

  down(): void {
    this.#open--
    this.#settle()
  }

  stoodBy(): void {
    this.down()
  }

  left(cell: Cell): void {
    this.#open--
    this.#decisive ??= removed(cell.name)
    this.#settle()
  }

  #settle(): void {
    if (this.#open > 0 || this.#over) return
    if (this.#decisive !== undefined) return this.#end(this.#decisive)
    if (this.#activation !== undefined) return
    const waiting = this.#host.running ? this.#members.filter((cell) => cell.awaitsActivation) : []
    if (waiting.length === 0) return this.#end(undefined)
    const told = (cell: Cell, error: KeelsonError | undefined) => {
      if (error !== undefined && cell.impact === 'unready') this.fail(error)
    }
    this.#activation = new Activation(this.#host.graph, waiting, told, () => {
      this.#activation = undefined
      this.#settle()
    })
    this.#activation.begin()
  }

  #end(error: KeelsonError | undefined): void {
    this.#over = true
    if (error === undefined) this.done.resolve()
    else this.done.reject(error)
  }
}
