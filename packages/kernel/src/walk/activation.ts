import type { Cell } from '../cell/cell.js'
import type { KeelsonError } from '../errors.js'
import type { Graph } from '../graph/graph.js'

/**
 * S9: tells resources to begin to take work, dependencies first: in rounds, each of those that no other of the later ones has below it.
 * One that fails does not keep the others from being told.
 */
export class Activation {
  readonly #rounds: Cell[][]
  readonly #instances: ReadonlyMap<Cell, Cell['instance']>
  readonly #told: (cell: Cell, error: KeelsonError | undefined) => void
  readonly #done: () => void
  #cancelled = false

  constructor(
    graph: Graph,
    cells: readonly Cell[],
    told: (cell: Cell, error: KeelsonError | undefined) => void,
    done: () => void,
  ) {
    this.#rounds = roundsOf(graph, cells)
    this.#instances = new Map(cells.map((cell) => [cell, cell.instance]))
    this.#told = told
    this.#done = done
  }

  begin(): void {
    const round = this.#rounds.shift()
    if (round === undefined) return this.#done()
    let open = round.length
    const settled = () => {
      open--
      if (open === 0 && !this.#cancelled) this.begin()
    }
    for (const cell of round) {
      // It may have failed, be on its way out, or have been restarted since the rounds were made.
      if (this.#cancelled || !cell.awaitsActivation || cell.instance !== this.#instances.get(cell)) settled()
      else
        cell.activate((error) => {
          if (!this.#cancelled && cell.serving) this.#told(cell, error)
          settled()
        })
    }
  }

  /** Nobody else is told. */
  cancel(): void {
    this.#cancelled = true
  }
}

/** The cells by how many of them are on the longest way down from each. */
function roundsOf(graph: Graph, cells: readonly Cell[]): Cell[][] {
  if (cells.length === 0) return []
  const members = new Map(cells.map((cell) => [cell.id, cell]))
  const depth = new Int32Array(graph.size)
  const rounds: Cell[][] = []
  for (let id = 0; id < graph.size; id++) {
    let below = 0
    graph.eachDependency(id, (to) => {
      below = Math.max(below, depth[to]!)
    })
    const cell = members.get(id)
    if (cell !== undefined) {
      rounds[below] ??= []
      rounds[below]!.push(cell)
    }
    depth[id] = cell === undefined ? below : below + 1
  }
  return rounds
}
