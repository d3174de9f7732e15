import type { KeelsonError } from '../errors.js'
import type { Span } from '../observe/timeline.js'
import { Deferred } from '../time/deferred.js'
import type { HookSubject } from './hook-host.js'
import { PhaseRun } from './phase-run.js'

/** Whose life takes a turn. */
interface Turning {
  /** What is in flight: the drain and the stop of the instance come after that. */
  busy: Promise<unknown> | undefined
}

interface TurningSubject extends HookSubject {
  turns: readonly Span[]
}

/** Calls `activate` or `quiesce`: what comes after it in the life of the instance waits for it. */
export function takeTurn(
  cell: TurningSubject,
  instance: Turning,
  phase: 'activate' | 'quiesce',
  limit: number,
  hook: (run: PhaseRun) => unknown,
  done: (error: KeelsonError | undefined) => void,
): PhaseRun {
  const { clock } = cell.host
  const before = instance.busy
  let over: Deferred<void> | undefined
  const run: PhaseRun = new PhaseRun(cell, phase, clock.now(), limit, (error) => {
    const span: Span = { resource: cell.name, phase, start: run.startedAt, end: clock.now(), ok: error === undefined }
    cell.turns = [...cell.turns, span]
    if (instance.busy === over?.promise) instance.busy = undefined
    over?.resolve()
    done(error)
  })
  run.begin(before === undefined ? () => hook(run) : () => before.then(() => hook(run)))
  if (!run.over) {
    over = new Deferred<void>()
    instance.busy = over.promise
  }
  return run
}
