import type { Cell } from '../cell/cell.js'
import { causesOf, hasDependents, type KeelsonError, removed } from '../errors.js'
import { someBelow, withDependents } from '../graph/dependents.js'
import type { Graph } from '../graph/graph.js'
import { Deferred } from '../time/deferred.js'
import { Activation } from '../walk/activation.js'
import type { BringUp } from '../walk/bring-up.js'
import type { BringUpListener } from '../walk/ticket.js'
import type { Monitor } from './monitor.js'

/** What changes of the membership need of the kernel. */
export interface MembershipHost {
  readonly graph: Graph
  readonly cells: readonly Cell[]
  readonly monitor: Monitor
  readonly bringUp: BringUp
  /** Tears these down, dependents first, and calls back when the last has stopped. */
  tearDown(cells: readonly Cell[], reason: string, done: () => void): void
  /** Whatever else was going on with these ends: checks, restarts, starts that wait. */
  letGo(cells: readonly Cell[]): void
  /** Calls back once no resource is on its way back from a restart. */
  whenCalm(callback: () => void): void
  /** It runs, and could not be activated. */
  notActivated(cell: Cell, error: KeelsonError): void
  /** Takes stopped resources out of the kernel. */
  forget(cells: readonly Cell[]): void
  /** What `add` rejects with, from what failed and what was torn down again. */
  addFailed(errors: readonly KeelsonError[], cells: readonly Cell[]): Error
  /** What `remove` rejects with, if anything went wrong. */
  removeFailed(cells: readonly Cell[]): Error | undefined
}

/** Changes of the membership that have not ended. */
interface Change {
  readonly done: Deferred<void>
}

/** Adds resources to a running kernel, and removes them. */
export class Membership {
  readonly #host: MembershipHost
  readonly #open = new Set<Change>()
  /** What is being removed, and the end of that. */
  readonly #removals = new Map<Cell, Promise<void>>()

  constructor(host: MembershipHost) {
    this.#host = host
  }

  /** Starts resources that were just taken in. A failure that matters takes all of them out again. */
  add(cells: readonly Cell[]): Promise<void> {
    if (cells.length === 0) return Promise.resolve()
    const { bringUp } = this.#host
    const addition = new Addition(cells, this.#host, (errors) => this.#added(addition, errors))
    this.#open.add(addition)
    for (const cell of cells) bringUp.expect(cell, 'first', addition)
    const removing = cells.map((cell) => this.#removingDependency(cell)).find((dependency) => dependency !== undefined)
    if (removing !== undefined) addition.left(removing)
    else for (const cell of cells) bringUp.release(cell)
    return addition.done.promise
  }

  remove(cell: Cell, withDependents: boolean): Promise<void> {
    const going = this.#removals.get(cell)
    if (going !== undefined) return going
    const subtree = this.#dependentsOf(cell)
    const dependents = subtree.filter((other) => other !== cell && other.course !== 'removing' && other.within === undefined)
    if (dependents.length > 0 && !withDependents) {
      return Promise.reject(hasDependents(cell.name, dependents.map(({ name }) => name))) // biome-ignore format: one sentence
    }
    const all = this.#withPrivateDependencies(subtree)
    const cells = all.filter(({ course }) => course !== 'removing')
    const { letGo, forget, tearDown, removeFailed } = this.#host
    const removal = { done: new Deferred<void>() }
    this.#open.add(removal)
    for (const member of cells) {
      member.setCourse('removing')
      this.#removals.set(member, removal.done.promise)
    }
    letGo(cells)
    tearDown(all, `removal of ${cell.name}`, () => {
      if (!this.#open.delete(removal)) return
      const failure = removeFailed(cells)
      forget(cells)
      for (const member of cells) this.#removals.delete(member)
      if (failure === undefined) removal.done.resolve()
      else removal.done.reject(failure)
    })
    return removal.done.promise
  }

  /** A shutdown came first: it stops what was being added or removed with everything else. Returns what was being added. */
  end(reason: KeelsonError): readonly Cell[] {
    const added: Cell[] = []
    for (const change of this.#open) {
      if (change instanceof Addition) {
        change.abandon()
        added.push(...change.all)
        // It may have failed, and be on its way out again.
        for (const cell of change.all) if (cell.course === 'removing') cell.setCourse('steady')
      }
      change.done.reject(reason)
    }
    this.#open.clear()
    for (const cell of this.#removals.keys()) if (cell.course === 'removing') cell.setCourse('steady')
    this.#removals.clear()
    return added
  }

  #added(addition: Addition, errors: readonly KeelsonError[]): void {
    if (errors.length === 0) {
      this.#open.delete(addition)
      this.#settleOthers()
      return addition.done.resolve()
    }
    const { bringUp, letGo, tearDown, addFailed, forget } = this.#host
    // What runs, and others have come to depend on meanwhile, stays.
    const added = new Set(addition.cells)
    const needed = (cell: Cell) =>
      this.#dependentsOf(cell).some((dependent) => !added.has(dependent) && dependent.course !== 'removing')
    const cells = addition.cells.filter((cell) => cell.state !== 'running' || !needed(cell))
    this.#activateKept(addition.cells.filter((cell) => !cells.includes(cell)))
    const { notActivated } = addition
    if (notActivated !== undefined && !cells.includes(notActivated.cell)) {
      this.#host.notActivated(notActivated.cell, notActivated.error)
    }
    const waiting = new Set(cells.flatMap((cell) => this.#dependentsOf(cell)))
    // What is being removed already takes its own way out; what it depends on waits for it.
    // One that has been removed is no longer in the graph, and its id may be another's.
    const present = addition.all.filter((cell) => cell.course !== 'removing' || this.#removals.has(cell))
    const concerned = new Set(present.flatMap((cell) => this.#dependentsOf(cell)))
    const going = [...concerned].filter((cell) => this.#removals.has(cell))
    for (const cell of cells) cell.setCourse('removing')
    letGo(cells)
    const members = [...cells, ...going].sort((a, b) => a.id - b.id)
    tearDown(members, 'added together with one that failed', () => {
      if (!this.#open.delete(addition)) return
      const failure = addFailed(errors, cells)
      // Whoever was added after it, and waits for it, fails for want of it: as long as the graph knows that it does.
      for (const dependent of waiting) bringUp.release(dependent)
      forget(cells)
      addition.done.reject(failure)
    })
  }

  /** S9: what stays of an addition that failed begins to take work without the rest. */
  #activateKept(kept: readonly Cell[]): void {
    const waiting = kept.filter((cell) => cell.awaitsActivation)
    for (const cell of kept) cell.heldBack = waiting.length > 0
    if (waiting.length === 0) return this.#settleOthers()
    const told = (cell: Cell, error: KeelsonError | undefined) => {
      if (error !== undefined) this.#host.notActivated(cell, error)
    }
    new Activation(this.#host.graph, waiting, told, () => this.#activateKept(kept)).begin()
  }

  /** Those that came later may wait for what one that came first has activated by now, or never will. */
  #settleOthers(): void {
    for (const change of [...this.#open]) if (change instanceof Addition) change.settle()
  }

  /** Whose value it needs and that is being removed: by the time it starts, nobody would know that it needs anything. */
  #removingDependency(cell: Cell): Cell | undefined {
    let found: Cell | undefined
    this.#host.graph.eachDependency(cell.id, (to, kind) => {
      const dependency = this.#host.cells[to]!
      if (kind !== 'after' && dependency.course === 'removing') found ??= dependency
    })
    return found
  }

  /** The resource and everything that holds its value, in the order of their ids. */
  #dependentsOf(root: Cell): Cell[] {
    return withDependents(this.#host.graph, this.#host.cells, root, (_, kind) => kind !== 'after')
  }

  /** And what came along when they were added, and nobody else needs; in the order of their ids. */
  #withPrivateDependencies(cells: readonly Cell[]): Cell[] {
    const { graph, cells: all } = this.#host
    const going = new Set(cells)
    for (const cell of going) {
      graph.eachDependency(cell.id, (to, kind) => {
        const dependency = all[to]!
        if (kind === 'after' || !dependency.cameAlong || dependency.course === 'removing') return
        let needed = false
        graph.eachDependent(to, (from, edge) => {
          if (edge !== 'after' && !going.has(all[from]!)) needed = true
        })
        if (!needed) going.add(dependency)
      })
    }
    return [...going].sort((a, b) => a.id - b.id)
  }
}

/** Resources that were added together. */
class Addition implements BringUpListener, Change {
  readonly all: readonly Cell[]
  readonly done = new Deferred<void>()
  readonly #host: MembershipHost
  readonly #settled: (errors: readonly KeelsonError[]) => void
  #open: number
  #over = false
  #activation: Activation | undefined
  /** What ended it, where that runs and could not be activated. */
  notActivated: { readonly cell: Cell; readonly error: KeelsonError } | undefined

  constructor(cells: readonly Cell[], host: MembershipHost, settled: (errors: readonly KeelsonError[]) => void) {
    this.all = cells
    this.#host = host
    this.#settled = settled
    this.#open = cells.length
    for (const cell of cells) cell.heldBack = true
  }

  /** Those that are not being removed meanwhile. */
  get cells(): readonly Cell[] {
    return this.all.filter(({ course }) => course !== 'removing')
  }

  up(cell: Cell): void {
    if (this.#over) return
    this.#host.monitor.watch(cell)
    this.#open--
    this.settle()
  }

  down(cell: Cell, error: KeelsonError): void {
    if (this.#over) return
    this.#open--
    if (cell.impact === 'unready') this.#end(error.code === 'DEPENDENCY_FAILED' ? [...causesOf(error), error] : [error])
    else this.settle()
  }

  stoodBy(): void {
    if (this.#over) return
    this.#open--
    this.settle()
  }

  /** What is removed before it came up takes along what was added for it: an addition is whole or nothing. */
  left(cell: Cell): void {
    if (!this.#over) this.#end([removed(cell.name)])
  }

  abandon(): void {
    this.#over = true
    this.#activation?.cancel()
    for (const cell of this.all) {
      cell.heldBack = false
      this.#host.bringUp.forget(cell, this)
    }
  }

  /** S9: what was added begins to take work when all of it runs that must; what comes back meanwhile, in another round. */
  settle(): void {
    if (this.#open > 0 || this.#over || this.#activation !== undefined) return
    const told = (cell: Cell, error: KeelsonError | undefined) => {
      if (error === undefined || this.#over) return
      if (cell.impact !== 'unready') return this.#host.notActivated(cell, error)
      this.notActivated = { cell, error }
      this.#end([error])
    }
    const { graph, cells, whenCalm } = this.#host
    const restarting = ({ course }: Cell) => course === 'restarting'
    const waiting = this.cells.filter((cell) => cell.awaitsActivation || (cell.activates && restarting(cell)))
    if (waiting.length === 0) return this.#end([])
    // What they need is activated first: where that is being restarted, by its restart.
    if (someBelow(graph, cells, waiting, restarting)) return whenCalm(() => this.settle())
    // Or by an addition that came first.
    if (someBelow(graph, cells, waiting, (cell) => cell.heldBack && !this.all.includes(cell))) return
    this.#activation = new Activation(graph, waiting, told, () => {
      this.#activation = undefined
      this.settle()
    })
    this.#activation.begin()
  }

  #end(errors: readonly KeelsonError[]): void {
    this.abandon()
    this.#settled(errors)
  }
}
