import { printSchedule, type Schedule } from '../model/schedule.js'
import type { Violation } from '../model/world.js'

/** A rule of the kernel, or an invariant of the user's, did not hold in a simulated run. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  /** Which rule: a sentence. */
  readonly rule: string
  /** Of the run, not of the whole simulation; undefined for a replay. */
  readonly seed: number | undefined
  /** What chance decided, shortened to what is needed: `simulate(resources, { replay: schedule })` does it again. */
  readonly schedule: Schedule
  /** What the kernel said in that run, one line per event. */
  readonly events: readonly string[]

  constructor(violation: Violation, seed: number | undefined, schedule: Schedule, events: readonly string[]) {
    super(messageOf(violation, seed, schedule, events))
    this.rule = violation.rule
    this.seed = seed
    this.schedule = schedule
    this.events = events
  }
}

const SHOWN = 30

function messageOf(
  { rule, message, at }: Violation,
  seed: number | undefined,
  schedule: Schedule,
  events: readonly string[],
): string {
  const found = seed === undefined ? 'a replay' : `the run with seed ${seed}`
  const omitted = events.length > SHOWN ? [`… ${events.length - SHOWN} events before`] : []
  return [
    `simulate(): ${found} broke the rule "${rule}" after ${at} ms: ${message}`,
    `Do it again with: simulate(resources, { replay: ${printSchedule(schedule)} })`,
    'What the kernel said:',
    ...[...omitted, ...events.slice(-SHOWN)].map((line) => `  ${line}`),
  ].join('\n')
}
