import { expect, test } from 'vitest'
import {
  createKernel,
  type Dependency,
  type Kernel,
  optional,
  type Resource,
  resource,
  type StartContext,
  type Subgraph,
  subgraph,
  task,
} from '../index.js'
import { SeededRandom } from '../testing/model/random.js'
import { type VirtualClock, virtualClock } from '../testing.js'

/** One instance that a start hook has made. */
interface Made {
  readonly name: string
  readonly below: readonly Made[]
  readonly ctx: StartContext
  live: boolean
}

const POLICY = { attempts: 2, within: 60_000, delay: 5, jitter: 0 }
const RETRY = { attempts: 4, delay: 5, factor: 1, jitter: 0 }
const DELAYS = [0, 0, 1, 5, 20]

/** A graph with subgraphs, and what has come of it; throws when something stops under a user, starts on nothing, or stops twice. */
class Life {
  readonly made: Made[] = []
  readonly clock: VirtualClock = virtualClock()
  readonly problems: string[] = []
  readonly #random: SeededRandom
  #calm = false

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  #part(
    name: string,
    dependsOn: Record<string, Dependency<Made>>,
    around: readonly Made[],
    random: SeededRandom,
  ): Resource<Made> {
    return resource(name, {
      dependsOn,
      start: async (deps: Record<string, Made | undefined>, ctx): Promise<Made> => {
        const below = [...around, ...Object.values(deps).filter((one) => one !== undefined)]
        for (const other of below) if (!other.live) this.problems.push(`${name} was started on ${other.name}, which is gone`)
        await this.#delay(random.pick(DELAYS), ctx.signal)
        if (!this.#calm && random.chance(0.08)) throw new Error(`${name} cannot`)
        const made: Made = { name, below, ctx, live: true }
        this.made.push(made)
        return made
      },
      stop: async (value: Made) => {
        if (!value.live) this.problems.push(`${name} was stopped twice`)
        for (const other of this.made) {
          if (other.live && other.below.includes(value)) this.problems.push(`${name} was stopped under ${other.name}`)
        }
        value.live = false
        await this.#delay(random.pick(DELAYS))
      },
      check: async () => {
        await this.#delay(random.pick(DELAYS))
        return this.#calm || random.chance(0.8)
      },
      monitor: { interval: 200, failureThreshold: 2 },
      ...(random.chance(0.5) && { impact: random.chance(0.5) ? 'degraded' : 'none' }),
      ...(random.chance(0.5) && { restart: POLICY }),
      ...(random.chance(0.3) && { retry: RETRY }),
      ...(random.chance(0.2) && { shared: true }),
    }) as Resource<Made>
  }

  #delay(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.clock.setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  #subgraph(name: string, below: Resource<Made>, outer: Resource<Made>, depth: number): Resource<Subgraph> {
    const random = this.#random
    const nested = depth > 0 && random.chance(0.4)
    const direct = random.chance(0.3)
    return subgraph(name, {
      dependsOn: { below },
      resources: ({ below: value }) => {
        const db = this.#part('db', direct ? { outer } : {}, [value], random)
        const eager = random.chance(0.2) ? optional(db, { late: 'restart' }) : undefined
        const web = this.#part('web', { db: eager ?? db }, [value], random)
        const job = random.chance(0.3) ? [this.#job(random)] : []
        return nested ? [web, this.#subgraph('inner', db, outer, depth - 1), ...job] : [web, ...job]
      },
      ...(random.chance(0.5) && { restart: POLICY }),
      ...(random.chance(0.5) && { impact: 'degraded' }),
      ...(random.chance(0.3) && { retry: RETRY }),
      ...(random.chance(0.2) && { shared: true }),
    })
  }

  /** It is done after a while, until nothing fails any more. */
  #job(random: SeededRandom) {
    return task('job', {
      onEnd: random.pick(['restart', 'restart', 'ignore', 'shutdown'] as const),
      run: (_, { stopping }) =>
        new Promise<void>((resolve) => {
          stopping.addEventListener('abort', () => resolve(), { once: true })
          if (!this.#calm) this.clock.setTimeout(resolve, 5 + random.below(200))
        }),
    })
  }

  async run(): Promise<void> {
    const random = this.#random
    const log = this.#part('log', {}, [], random)
    const config = this.#part('config', { log }, [], random)
    const a = this.#subgraph('a', config, log, 1)
    const b = this.#subgraph('b', config, log, 1)
    const api = resource('api', {
      dependsOn: { a: random.chance(0.5) ? a : optional(a) },
      start: () => 'api',
      impact: 'degraded',
    })
    const kernel = createKernel([api], { clock: this.clock, ...(random.chance(0.3) && { concurrency: 1 + random.below(2) }) })
    const open = new Set<string>()
    const follow = (what: string, work: () => Promise<unknown>) => {
      open.add(what)
      work().then(
        () => open.delete(what),
        () => open.delete(what),
      )
    }
    const all = [log, config, a, b, api]
    const act = (n: number) => {
      const target = random.pick(all) as Resource<unknown>
      const live = this.made.filter((one) => one.live)
      const what = random.below(12)
      if (what < 2) follow(`restart ${n}`, () => kernel.restart(target))
      else if (what < 4 && live.length > 0) random.pick(live).ctx.crashed(new Error('crash'))
      else if (what === 4) follow(`add ${n}`, () => kernel.add(b))
      else if (what === 5) follow(`remove ${n}`, () => kernel.remove(target, { dependents: random.chance(0.8) }))
      else if (what === 6) follow(`start ${n}`, () => kernel.start())
      else if (what === 7 && random.chance(0.3)) follow(`shutdown ${n}`, () => kernel.shutdown())
      else if (what === 8) follow(`check ${n}`, () => kernel.check())
      else if (what === 9) follow(`rotate ${n}`, () => kernel.rotate(target))
      else if (what === 10) random.chance(0.5) ? kernel.cordon('by hand') : kernel.uncordon()
      else this.#look(kernel)
    }
    follow('start', () => kernel.start())
    for (let n = 0; n < 12; n++) {
      await this.clock.advance(random.pick([0, 1, 3, 10, 40]))
      act(n)
    }
    this.#calm = true
    await this.clock.advance(40_000)
    follow('shutdown', () => kernel.shutdown())
    await this.clock.advance(40_000)
    if (open.size > 0) this.problems.push(`never settled: ${[...open].join(', ')}`)
    const left = this.made.filter((one) => one.live)
    if (left.length > 0) this.problems.push(`never stopped: ${left.map(({ name }) => name).join(', ')}`)
    if (this.clock.pending > 0) this.problems.push(`${this.clock.pending} timers left`)
  }

  /** What a person would look at does not fail, whatever goes on. */
  #look(kernel: Kernel): void {
    kernel.plan()
    const names = kernel.inspect().resources.map(({ name }) => name)
    if (new Set(names).size < names.length) this.problems.push(`a name twice among ${names.join(', ')}`)
  }
}

const LIVES = 500

test(`G5 ${LIVES} lives by chance: nothing stops under its users, everything ends`, async () => {
  for (let seed = 1; seed <= LIVES; seed++) {
    const life = new Life(seed)
    try {
      await life.run()
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
    expect(life.problems, `seed ${seed}`).toEqual([])
  }
}, 600_000)
