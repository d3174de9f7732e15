import type { Cell } from '../cell/cell.js'
import type { KeelsonError } from '../errors.js'
import { type Graph, NONE } from '../graph/graph.js'
import type { EdgeKind } from '../words.js'
import { dependencyValues } from './dependency-values.js'
import { type BringUpKind, type BringUpListener, type LateStarts, type Line, Ticket, ticketOf } from './ticket.js'

/**
 * Walks the graph forward, for the start of the kernel, additions and restarts alike: a resource in line starts the moment the last
 * of its dependencies has settled, with no waves (S1), at most `concurrency` at once. What it depends on may itself be in line.
 */
export class BringUp implements Line {
  readonly graph: Graph
  readonly cells: readonly Cell[]
  readonly late: LateStarts
  readonly #concurrency: number
  readonly #ready: Ticket[] = []
  #head = 0
  #inFlight = 0
  #pumping = false
  /** Whose start hook is about to be called, or is on the stack. */
  #launching: Cell | undefined

  constructor(graph: Graph, cells: readonly Cell[], concurrency: number, late: LateStarts) {
    this.graph = graph
    this.cells = cells
    this.#concurrency = concurrency
    this.late = late
  }

  /** Whether it is in the middle of starting what can start: what somebody waits for must stay in the graph until then. */
  get busy(): boolean {
    return this.#pumping
  }

  /** Puts a resource in line, held. Who had put it there before no longer hears of it, but for the one who brought it in. */
  expect(cell: Cell, kind: BringUpKind, listener: BringUpListener): void {
    const before = ticketOf(cell)
    const origin = before?.kind === 'first' ? before.listener : before?.origin
    before?.leave()
    cell.ticket = new Ticket(this, cell, kind, listener, origin)
  }

  /** Lets a resource in line start as soon as it can. */
  release(cell: Cell): void {
    const ticket = ticketOf(cell)
    if (ticket === undefined) return
    ticket.held = false
    this.#ready.push(ticket)
    this.pump()
  }

  /** Puts many in line that nobody holds, dependencies first. */
  releaseAll(cells: readonly Cell[], listener: BringUpListener): void {
    const { firstDependency, edgeTo } = this.graph
    for (const cell of cells) {
      this.expect(cell, 'first', listener)
      const ticket = ticketOf(cell)!
      ticket.held = false
      const first = firstDependency.at(cell.id)
      const dependency = first === firstDependency.at(cell.id + 1) ? undefined : this.cells[edgeTo.at(first)]!
      // One that is missing is not in line, and wakes nobody.
      if (dependency?.ticket === undefined) this.#ready.push(ticket)
      else ticket.waitsFor = dependency
    }
    this.pump()
  }

  /** Takes a resource out of the line, where it stands there for this listener alone. */
  forget(cell: Cell, listener: BringUpListener): void {
    const ticket = ticketOf(cell)
    if (ticket?.listener === listener) ticket.leave()
  }

  /** Takes a resource that is being removed out of the line. */
  leave(cell: Cell): void {
    const ticket = ticketOf(cell)
    if (ticket === undefined) return
    ticket.leave()
    ticket.listener.left(cell)
    ticket.origin?.left(cell)
  }

  /** Takes everything out of the line that waits there for this listener and has not begun; returns what has begun. */
  halt(listener: BringUpListener): Cell[] {
    const begun: Cell[] = []
    for (const cell of this.cells) {
      const ticket = ticketOf(cell)
      if (ticket === undefined || (ticket.listener !== listener && ticket.origin !== listener)) continue
      if (ticket.launched) begun.push(cell)
      else ticket.leave()
    }
    return begun
  }

  /** Tells the start whose hook is about to be called, or is on the stack, to end. */
  abortLaunching(reason: KeelsonError): void {
    this.#launching?.instance?.abort(reason)
  }

  /** A loop rather than recursion: a start that settles at once wakes its dependents from within. */
  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#head < this.#ready.length && this.#inFlight < this.#concurrency) this.#try(this.#ready[this.#head++]!)
      if (this.#head === this.#ready.length) this.#ready.length = this.#head = 0
    } finally {
      this.#pumping = false
    }
  }

  /** The start that goes on waits for others that are to start now: they may take its place among those at once. */
  giveWay(cell: Cell): void {
    const ticket = ticketOf(cell)
    if (ticket?.placed) ticket.pausing()
  }

  resume(ticket: Ticket): void {
    ticket.resumed = true
    this.#ready.push(ticket)
    this.pump()
  }

  settled(): void {
    this.#inFlight--
  }

  /** What waits for this one is tried at the next pump. */
  wakeDependents(cell: Cell): void {
    const { firstDependent, nextDependent, edgeFrom } = this.graph
    for (let edge = firstDependent.at(cell.id); edge !== NONE; edge = nextDependent.at(edge)) {
      const ticket = ticketOf(this.cells[edgeFrom.at(edge)]!)
      if (ticket?.waitsFor === cell) this.#ready.push(ticket)
    }
  }

  #try(ticket: Ticket): void {
    const { cell } = ticket
    if (ticket.resumed) return this.#tryAgain(ticket)
    if (cell.ticket !== ticket || ticket.held || ticket.launched || cell.instance !== undefined) return
    ticket.waitsFor = this.#nextToWaitFor(ticket)
    if (ticket.waitsFor !== undefined) return
    const missing = this.#missing(cell)
    if (missing?.standby !== undefined) return ticket.waitFor(missing)
    if (missing !== undefined) return ticket.fail(cell.failDependency(missing))
    ticket.launched = true
    this.#launch(ticket, (deps) => cell.start(deps, ticket))
  }

  /** R1: it takes a place again, with what its dependencies are by then. */
  #tryAgain(ticket: Ticket): void {
    const { cell } = ticket
    if (cell.ticket !== ticket || !cell.instance?.waiting) return
    ticket.waitsFor = this.#nextToWaitFor(ticket)
    if (ticket.waitsFor !== undefined) return
    ticket.resumed = false
    this.#launch(ticket, (deps) => cell.tryAgain(deps))
  }

  #launch(ticket: Ticket, start: (deps: Record<string, unknown>) => void): void {
    const { cell } = ticket
    ticket.placed = true
    this.#inFlight++
    this.#launching = cell
    start(dependencyValues(this.graph, this.cells, cell))
    this.#launching = undefined
  }

  /**
   * The next dependency that has not settled. It is looked for from where the last one was: all before that have settled, unless one
   * came into line again, which is looked for at the end.
   */
  #nextToWaitFor(ticket: Ticket): Cell | undefined {
    const { firstDependency, version } = this.graph
    const first = firstDependency.at(ticket.cell.id)
    const end = firstDependency.at(ticket.cell.id + 1)
    if (ticket.version !== version) ticket.seen = 0
    ticket.version = version
    const from = first + ticket.seen
    const found = this.#inLine(from, end) ?? this.#inLine(first, from)
    ticket.seen = found === undefined ? end - first : found - first
    return found === undefined ? undefined : this.cells[this.graph.edgeTo.at(found)]!
  }

  #inLine(from: number, to: number): number | undefined {
    const { edgeTo, edgeKind } = this.graph
    for (let edge = from; edge < to; edge++) {
      const other = ticketOf(this.cells[edgeTo.at(edge)]!)
      if (other !== undefined && waitsFor(edgeKind[edge]!, other.kind)) return edge
    }
    return undefined
  }

  /** The first required dependency that does not run; one that stands by only where no other is missing. */
  #missing(cell: Cell): Cell | undefined {
    let standing: Cell | undefined
    const { firstDependency, edgeTo, edgeKind } = this.graph
    for (let edge = firstDependency.at(cell.id), end = firstDependency.at(cell.id + 1); edge < end; edge++) {
      const dependency = this.cells[edgeTo.at(edge)]!
      if (edgeKind[edge] !== 'required' || (dependency.state === 'running' && dependency.course !== 'removing')) continue
      if (dependency.standby === undefined) return dependency
      standing ??= dependency
    }
    return standing
  }
}

/**
 * A ref follows restarts by itself, and an order matters only where both start: neither waits for one that comes back. Nobody waits for
 * what is tried in the background (R2).
 */
function waitsFor(edge: EdgeKind, other: BringUpKind): boolean {
  if (other === 'late') return false
  return other === 'first' || edge === 'required' || edge === 'optional'
}
