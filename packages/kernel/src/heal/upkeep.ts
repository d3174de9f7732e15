import type { Cell } from '../cell/cell.js'
import type { LateValues } from '../cell/orphanage.js'
import type { ResourceLike } from '../define/dependency.js'
import { type KeelsonError, removed } from '../errors.js'
import type { Events } from '../observe/events.js'
import type { ProbeKeeper } from '../observe/probe-keeper.js'
import { reportOf, ShutdownError, type ShutdownReport, StartError } from '../observe/report.js'
import type { Clock } from '../time/clock.js'
import { BringUp } from '../walk/bring-up.js'
import { Teardown } from '../walk/shutdown.js'
import type { LateStarts } from '../walk/ticket.js'
import { LateArrivals } from './late-arrivals.js'
import { Membership } from './membership.js'
import type { Monitor } from './monitor.js'
import type { Roster } from './roster.js'
import { Rotations } from './rotations.js'
import { Subgraphs } from './subgraphs.js'
import { Supervisor } from './supervisor.js'

/** What the upkeep of a running kernel needs of it. */
export interface UpkeepHost {
  readonly name: string
  readonly clock: Clock
  readonly events: Events
  readonly roster: Roster
  readonly monitor: Monitor
  readonly probe: ProbeKeeper
  readonly orphanage: LateValues
  /** How long the teardown of a part may take, in ms: as long as that of the whole. */
  timeout(): number
  /** How many start hooks may run at once. */
  readonly concurrency: number
  /** Takes in resources that are added. */
  takeIn(resources: readonly ResourceLike[]): readonly Cell[]
  /** Takes in resources as members of a subgraph. */
  takeInMembers(subgraph: Cell, resources: Iterable<ResourceLike>): readonly Cell[]
  /** It has failed for good, and the kernel cannot be ready without it. */
  lost(cell: Cell, error: KeelsonError, shared: boolean): void
  /** One that had failed for good runs again. */
  regained(cell: Cell): void
}

/** What happens to parts of a kernel while it starts and runs: restarts, additions, removals. */
export class Upkeep {
  readonly supervisor: Supervisor
  readonly membership: Membership
  readonly rotations: Rotations
  readonly subgraphs: Subgraphs
  readonly #host: UpkeepHost
  readonly late: LateArrivals
  readonly bringUp: BringUp
  /** Teardowns of a part that are going on. */
  #open = 0
  /** A shutdown has come: it tears everything down. */
  #ended = false
  /** How many have come. */
  #ends = 0

  constructor(host: UpkeepHost) {
    const { clock, events, monitor, roster, name, concurrency } = host
    const { graph, cells } = roster
    this.#host = host
    const late: LateStarts = {
      takes: (cell, error) => this.late.takes(cell, error),
      tell: (cell) => this.late.tell(cell),
      settled: (cell) => this.late.settled(cell),
      standsBy: () => this.late.standsBy(),
    }
    this.bringUp = new BringUp(graph, cells, concurrency, late)
    const tearDown = (members: readonly Cell[], reason: string, done: () => void) => this.#tearDown(members, reason, done)
    const parts = { clock, events, monitor, graph, cells, tearDown, bringUp: this.bringUp }
    const forget = (members: readonly Cell[]) => this.#forget(members)
    const upkeep = this
    this.subgraphs = new Subgraphs({
      ...parts,
      get running() {
        return upkeep.supervisor.recoveries.running
      },
      get ending() {
        return upkeep.#ended
      },
      takeInMembers: (subgraph, resources) => host.takeInMembers(subgraph, resources),
      tearDown: (members, reason, done) => {
        this.#abandon(members)
        tearDown(members, reason, done)
      },
      forget,
    })
    this.late = new LateArrivals({
      ...parts,
      arrived: (cell) => this.supervisor.arrived(cell),
      notArrived: (cell, error) => this.supervisor.notArrived(cell, error),
    })
    this.supervisor = new Supervisor({
      ...parts,
      late: this.late,
      failing: (member, error) => this.subgraphs.failing(member, error),
      lost: (cell, error, shared) => host.lost(cell, error, shared),
      regained: (cell) => host.regained(cell),
    })
    this.membership = new Membership({
      ...parts,
      whenCalm: (callback) => this.supervisor.recoveries.whenCalm(callback),
      notActivated: (cell, error) => this.supervisor.notActivated(cell, error),
      letGo: (members) => this.#letGo(members),
      forget,
      addFailed: (errors, members) => new StartError(name, errors, reportOfPart('add failed', members), true),
      removeFailed: (members) => {
        const report = reportOfPart('removed', members)
        return report.ok ? undefined : new ShutdownError(name, report)
      },
    })
    this.rotations = new Rotations({
      ...parts,
      membership: this.membership,
      subgraphs: this.subgraphs,
      lateValues: host.orphanage,
      takeIn: (resources) => host.takeIn(resources),
      forget,
    })
  }

  /** Before a start: what was made in the last one is made anew, or does not come back. */
  renew(): void {
    this.rotations.renew()
    this.subgraphs.renew()
  }

  begin(): void {
    this.#ended = false
    this.late.begin()
    this.supervisor.begin()
    this.rotations.begin()
  }

  /** A shutdown comes first: what was on its way stays where it is, and is stopped with everything else. */
  end(reason: KeelsonError): void {
    this.#ended = true
    this.#ends++
    this.rotations.end(reason)
    this.late.end()
    const coming = [...this.supervisor.end(reason), ...this.membership.end(reason)]
    // R1: once nothing is in line any more that waits for them.
    for (const cell of coming) cell.cancelPause(reason)
  }

  #tearDown(members: readonly Cell[], reason: string, done: () => void): void {
    const { clock, roster, timeout, orphanage } = this.#host
    const since = clock.now()
    const gone = this.subgraphs.membersIn(members)
    this.#abandon(gone)
    const all = gone.length === 0 ? members : [...new Set([...members, ...gone])].sort((a, b) => a.id - b.id)
    const ends = this.#ends
    this.#open++
    new Teardown(roster.graph, roster.cells, all, { reason, since, deadline: since + timeout() }, orphanage, () => {
      this.#open--
      // A shutdown that came meanwhile has them in its report.
      if (ends === this.#ends) this.#forget(gone)
      done()
    }).begin()
  }

  /** They leave with their subgraph. */
  #abandon(members: readonly Cell[]): void {
    for (const member of members) member.setCourse('removing')
    this.#letGo(members)
  }

  #letGo(members: readonly Cell[]): void {
    for (const cell of members) {
      this.late.drop(cell)
      this.bringUp.leave(cell)
      this.supervisor.recoveries.abandon(cell, removed(cell.name))
      this.#host.monitor.drop(cell)
    }
  }

  #forget(leaving: readonly Cell[]): void {
    const { roster, monitor, probe } = this.#host
    const members = leaving.filter((cell) => roster.has(cell))
    roster.remove(members)
    this.subgraphs.left(members)
    for (const cell of members) {
      monitor.forget(cell)
      probe.forget(cell)
    }
    if (roster.sparse && this.#open === 0 && !this.bringUp.busy) roster.compact()
  }
}

function reportOfPart(reason: string, members: readonly Cell[]): ShutdownReport {
  const durationMs = members.reduce((longest, { ending }) => Math.max(longest, ending.durationMs), 0)
  return reportOf(reason, durationMs, members, [])
}
