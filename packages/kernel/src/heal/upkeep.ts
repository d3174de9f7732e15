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
import { Membership } from './membership.js'
import type { Monitor } from './monitor.js'
import type { Roster } from './roster.js'
import { Rotations } from './rotations.js'
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
  /** It has failed for good, and the kernel cannot be ready without it. */
  lost(cell: Cell, error: KeelsonError): void
  /** One that had failed for good runs again. */
  regained(cell: Cell): void
}

/** What happens to parts of a kernel while it starts and runs: restarts, additions, removals. */
export class Upkeep {
  readonly supervisor: Supervisor
  readonly membership: Membership
  readonly rotations: Rotations
  readonly #host: UpkeepHost
  readonly bringUp: BringUp
  /** Teardowns of a part that are going on. */
  #open = 0

  constructor(host: UpkeepHost) {
    const { clock, events, monitor, roster, name, concurrency } = host
    const { graph, cells } = roster
    this.#host = host
    this.bringUp = new BringUp(graph, cells, concurrency)
    const tearDown = (members: readonly Cell[], reason: string, done: () => void) => this.#tearDown(members, reason, done)
    const parts = { clock, events, monitor, graph, cells, tearDown, bringUp: this.bringUp }
    this.supervisor = new Supervisor({
      ...parts,
      lost: (cell, error) => host.lost(cell, error),
      regained: (cell) => host.regained(cell),
    })
    this.membership = new Membership({
      ...parts,
      whenCalm: (callback) => this.supervisor.recoveries.whenCalm(callback),
      notActivated: (cell, error) => this.supervisor.notActivated(cell, error),
      letGo: (members) => this.#letGo(members),
      forget: (members) => this.#forget(members),
      addFailed: (errors, members) => new StartError(name, errors, reportOfPart('add failed', members), true),
      removeFailed: (members) => {
        const report = reportOfPart('removed', members)
        return report.ok ? undefined : new ShutdownError(name, report)
      },
    })
    this.rotations = new Rotations({
      ...parts,
      membership: this.membership,
      takeIn: (resources) => host.takeIn(resources),
      forget: (members) => this.#forget(members),
    })
  }

  begin(): void {
    this.supervisor.begin()
    this.rotations.begin()
  }

  /** Everything has stopped. */
  rest(): void {
    this.rotations.rest()
  }

  /** A shutdown comes first: what was on its way stays where it is, and is stopped with everything else. */
  end(reason: KeelsonError): void {
    this.rotations.end(reason)
    this.supervisor.end(reason)
    this.membership.end(reason)
  }

  #tearDown(members: readonly Cell[], reason: string, done: () => void): void {
    const { clock, roster, timeout, orphanage } = this.#host
    const since = clock.now()
    this.#open++
    new Teardown(roster.graph, members, { reason, since, deadline: since + timeout() }, orphanage, () => {
      this.#open--
      done()
    }).begin()
  }

  #letGo(members: readonly Cell[]): void {
    for (const cell of members) {
      this.bringUp.leave(cell)
      this.supervisor.recoveries.abandon(cell, removed(cell.name))
      this.#host.monitor.drop(cell)
    }
  }

  #forget(members: readonly Cell[]): void {
    const { roster, monitor, probe } = this.#host
    roster.remove(members)
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
