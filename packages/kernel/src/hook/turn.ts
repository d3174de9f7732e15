import type { KeelsonError } from '../errors.js'
import type { Span } from '../observe/timeline.js'
import { Deferred } from '../time/deferred.js'
import type { HookSubject } from './hook-host.js'
import { PhaseRun } from './phase-run.js'

/** An `activate` or a `quiesce` in flight. */
export interface Turn {
  readonly phase: 'activate' | 'quiesce'
  readonly run: PhaseRun
  readonly ended: Deferred<void>
}

interface TurningSubject extends HookSubject {
  /** When it was activated and quiesced. */
  turns: readonly Span[]
}

/** Calls `activate` or `quiesce` of an instance, after those of its turns that are in flight; its drain and its stop wait for it. */
export function takeTurn(
  cell: TurningSubject,
  openTurns: Set<Turn>,
  phase: 'activate' | 'quiesce',
  limit: number,
  hook: (run: PhaseRun) => unknown,
  done: (error: KeelsonError | undefined) => void,
): void {
  const { clock } = cell.host
  const before = ended(openTurns)
  const span: Span = { resource: cell.name, phase, start: clock.now(), ok: true }
  const run: PhaseRun = new PhaseRun(cell, phase, span.start, limit, (error) => {
    const ok = error === undefined && !run.aborted
    cell.turns = [...cell.turns.filter((other) => other !== span), { ...span, end: clock.now(), ok }]
    openTurns.delete(turn)
    turn.ended.resolve()
    done(error)
  })
  const turn: Turn = { phase, run, ended: new Deferred() }
  openTurns.add(turn)
  cell.turns = [...cell.turns, span]
  run.begin(before === undefined ? () => hook(run) : () => before.then(() => (run.over ? undefined : hook(run))))
}

/** Settles when these are over; undefined when there is none. */
export function ended(turns: ReadonlySet<Turn>): Promise<unknown> | undefined {
  return turns.size === 0 ? undefined : Promise.all(Array.from(turns, ({ ended }) => ended.promise))
}
