import type { SeededRandom } from '../model/random.js'
import type { SimulatedHook } from '../model/schedule.js'
import { RECORDED_HOOKS, type RecordedHook, type Recording, type Sample } from '../recording.js'

/** What simulated hooks do when they do as they were seen to do. */
export class Recorded {
  readonly #resources: Recording['resources']
  readonly #slower: number

  constructor({ resources }: Recording, slower: number) {
    this.#resources = resources
    this.#slower = slower
  }

  /** One of the calls that were recorded, by chance; undefined where none was. */
  draw(resource: string, hook: SimulatedHook, random: SeededRandom): Sample | undefined {
    if (!RECORDED_HOOKS.includes(hook as RecordedHook) || !Object.hasOwn(this.#resources, resource)) return undefined
    const samples = this.#resources[resource]![hook as RecordedHook]
    if (samples === undefined || samples.length === 0) return undefined
    const { ms, ok } = random.pick(samples)
    return { ms: Math.round(ms * this.#slower), ok }
  }
}
