import type { Cell } from '../cell/cell.js'
import type { StartListener } from '../cell/cell-host.js'
import { LiveRef } from '../define/ref.js'
import { causesOf, type KeelsonError } from '../errors.js'
import { type Graph, NONE } from '../graph/graph.js'

/** How a startup ended. */
export interface StartupResult {
  /** False when it was given up: by a failure that matters, or from outside. */
  readonly ok: boolean
  /** Everything that failed, first cause first. */
  readonly errors: readonly KeelsonError[]
}

/**
 * Walks the graph forward: a resource starts the moment the last of its dependencies has settled, with no waves (S1).
 * A failure that matters stops the walk: starts in flight are aborted and awaited, nothing new is launched (S3).
 */
export class Startup implements StartListener {
  readonly #graph: Graph
  readonly #cells: readonly Cell[]
  readonly #concurrency: number
  readonly #done: (result: StartupResult) => void
  /** By resource: dependencies that have not settled. */
  readonly #waiting: Int32Array
  readonly #ready: number[] = []
  #head = 0
  #inFlight = 0
  /** Whose start hook is about to be called, or is on the stack. */
  #launching: Cell | undefined
  #open: number
  #pumping = false
  #aborted = false
  #finished = false
  readonly #errors: KeelsonError[] = []

  constructor(graph: Graph, cells: readonly Cell[], concurrency: number, done: (result: StartupResult) => void) {
    this.#graph = graph
    this.#cells = cells
    this.#concurrency = concurrency
    this.#done = done
    this.#open = cells.length
    this.#waiting = new Int32Array(cells.length)
  }

  /** Everything that has failed so far, first cause first. */
  get errors(): readonly KeelsonError[] {
    return this.#errors
  }

  begin(): void {
    if (this.#finished) return
    const { firstDependency } = this.#graph
    for (let id = 0; id < this.#cells.length; id++) {
      const dependencies = firstDependency.at(id + 1) - firstDependency.at(id)
      this.#waiting[id] = dependencies
      if (dependencies === 0) this.#ready.push(id)
    }
    this.#pump()
  }

  /** Launches nothing new and tells starts in flight to end. */
  abort(error: KeelsonError): void {
    this.giveUp(error)
    for (const cell of this.#cells) if (cell.state === 'starting') cell.instance?.abort(error)
    this.#pump()
  }

  /** Launches nothing new; what is in flight is left to a teardown. */
  handOver(error: KeelsonError): void {
    this.giveUp(error)
    this.#pump()
  }

  /** From now on nothing new is launched; what has begun goes on until somebody tells it to end. */
  giveUp(error: KeelsonError): void {
    if (!this.#aborted) this.#errors.push(error)
    this.#aborted = true
    this.#launching?.instance?.abort(error)
  }

  started(cell: Cell): void {
    this.#settled(cell)
  }

  startFailed(cell: Cell, error: KeelsonError): void {
    if (this.#aborted) {
      if (error.code !== 'ABORTED') this.#errors.push(error)
    } else if (cell.impact === 'unready') this.abort(error)
  }

  startSettled(cell: Cell, errors: readonly KeelsonError[]): void {
    this.#errors.push(...errors)
    this.#settled(cell)
  }

  #settled(cell: Cell): void {
    this.#inFlight--
    this.#open--
    this.#wake(cell.id)
    this.#pump()
  }

  #wake(id: number): void {
    const { firstDependent, nextDependent, edgeFrom } = this.#graph
    const waiting = this.#waiting
    for (let edge = firstDependent.at(id); edge !== NONE; edge = nextDependent.at(edge)) {
      const dependent = edgeFrom.at(edge)
      if (--waiting[dependent]! === 0) this.#ready.push(dependent)
    }
  }

  /** A loop rather than recursion: a hook that settles at once comes back here while it is running. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (!this.#aborted && this.#head < this.#ready.length && this.#inFlight < this.#concurrency) {
      this.#launch(this.#cells[this.#ready[this.#head++]!]!)
    }
    this.#pumping = false
    if (this.#finished || this.#inFlight > 0 || (this.#open > 0 && !this.#aborted)) return
    this.#finished = true
    this.#done({ ok: !this.#aborted, errors: this.#errors })
  }

  #launch(cell: Cell): void {
    const failed = this.#failedDependency(cell.id)
    if (failed === undefined) {
      this.#inFlight++
      this.#launching = cell
      cell.start(depsOf(this.#graph, this.#cells, cell.id), this)
      this.#launching = undefined
      return
    }
    const error = cell.failDependency(failed)
    this.#open--
    this.#wake(cell.id)
    if (cell.impact !== 'unready') return
    this.#errors.push(...causesOf(error))
    this.abort(error)
  }

  /** The first required dependency that does not run. */
  #failedDependency(id: number): Cell | undefined {
    const { firstDependency, edgeTo, edgeKind } = this.#graph
    for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
      const cell = this.#cells[edgeTo.at(edge)]!
      if (edgeKind[edge] === 'required' && cell.state !== 'running') return cell
    }
    return undefined
  }
}

const NOTHING: Record<string, unknown> = Object.freeze({})

/** What a start hook receives: the values of its dependencies by the names under which it asked for them. */
export function depsOf(graph: Graph, cells: readonly Cell[], id: number): Record<string, unknown> {
  const { firstDependency, edgeTo, edgeKind, edgeField } = graph
  const first = firstDependency.at(id)
  const end = firstDependency.at(id + 1)
  if (first === end) return NOTHING
  const deps: Record<string, unknown> = {}
  for (let edge = first; edge < end; edge++) {
    const field = edgeField[edge]
    if (field === undefined) continue
    const cell = cells[edgeTo.at(edge)]!
    const value =
      edgeKind[edge] === 'ref' ? new LiveRef(cell) : cell.state === 'running' && !cell.leaving ? cell.value : undefined
    if (field === '__proto__') Object.defineProperty(deps, field, { value, enumerable: true })
    else deps[field] = value
  }
  return deps
}
