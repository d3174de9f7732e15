import { type Action, type HookDecision, isAction, type Schedule, type SimulatedHook } from '../model/schedule.js'
import type { Track } from '../model/track.js'
import type { Decider } from '../model/world.js'

/** Decides as a schedule says; where that says nothing, hooks settle at once and well. */
export class Replay implements Decider {
  readonly actions: readonly Action[]
  readonly #hooks = new Map<string, HookDecision>()

  constructor(schedule: Schedule) {
    this.actions = schedule.filter(isAction)
    for (const decision of schedule) {
      if (!isAction(decision)) this.#hooks.set(keyOf(decision.resource, decision.hook, decision.call), decision)
    }
  }

  hook({ name }: Track, hook: SimulatedHook, call: number): HookDecision | undefined {
    return this.#hooks.get(keyOf(name, hook, call))
  }
}

const keyOf = (resource: string, hook: SimulatedHook, call: number) => `${call}:${hook}:${resource}`
