import { expect, test } from 'vitest'
import { createKernel, type Kernel, type Ref, ref, resource, type StartContext } from '../index.js'
import { SeededRandom } from '../testing/model/random.js'
import { type VirtualClock, virtualClock } from '../testing.js'

interface Made {
  readonly n: number
  readonly ctx: StartContext
  state: 'up' | 'stopping' | 'gone'
  uses: number
  crashed: boolean
}

const DELAYS = [0, 0, 1, 5, 20]
/** Longer than all that a release may wait for here. */
const PATIENCE = 5_000

/** `api` follows `db` by a ref, and works with it all the time, while that is rotated, and now and then crashes, restarts or fails to start. */
class Life {
  readonly clock: VirtualClock = virtualClock()
  readonly problems: string[] = []
  readonly made: Made[] = []
  rotated = 0
  uses = 0
  readonly #random: SeededRandom
  #failing = false

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  #delay(): Promise<void> {
    const ms = this.#random.pick(DELAYS)
    return ms === 0 ? Promise.resolve() : new Promise((resolve) => this.clock.setTimeout(resolve, ms))
  }

  #database() {
    const random = this.#random
    return resource('db', {
      timeouts: { drain: PATIENCE, stop: PATIENCE },
      restart: { attempts: Infinity, within: 60_000, delay: 5, jitter: 0 },
      monitor: { interval: 500 },
      start: async (_, ctx): Promise<Made> => {
        await this.#delay()
        if (this.#failing && random.chance(0.3)) throw new Error('refused')
        const made: Made = { n: this.made.length + 1, ctx, state: 'up', uses: 0, crashed: false }
        this.made.push(made)
        if (this.#up.length > 2) this.problems.push(`${this.#up.length} instances at once`)
        return made
      },
      check: async () => {
        await this.#delay()
        return !this.#failing || random.chance(0.8)
      },
      drain: () => this.#delay(),
      stop: async (made) => {
        if (made.state !== 'up') this.problems.push(`${made.n} was stopped twice`)
        // W1: what has crashed is not waited for.
        if (made.uses > 0 && !made.crashed) this.problems.push(`${made.n} was stopped under ${made.uses} uses`)
        made.state = 'stopping'
        await this.#delay()
        made.state = 'gone'
      },
    })
  }

  #crash(made: Made | undefined): void {
    if (made === undefined) return
    made.crashed = true
    made.ctx.crashed(new Error('crash'))
  }

  get #up(): readonly Made[] {
    return this.made.filter(({ state }) => state !== 'gone')
  }

  async run(disturbed: boolean): Promise<void> {
    const random = this.#random
    const db = this.#database()
    let live: Ref<Made> | undefined
    const api = resource('api', {
      dependsOn: { db: ref(db) },
      start: ({ db }) => {
        live = db
      },
    })
    const kernel: Kernel = createKernel([api], { clock: this.clock, shutdown: { timeout: 4 * PATIENCE } })
    const open = new Set<string>()
    const follow = (what: string, work: Promise<unknown>, refused?: (error: unknown) => void) => {
      open.add(what)
      work.catch((error: unknown) => refused?.(error)).finally(() => open.delete(what))
    }
    const use = () => {
      const work = async (made: Made) => {
        this.uses++
        made.uses++
        if (made !== live!.current && live!.current !== undefined) this.problems.push('a use was given another instance')
        await this.#delay()
        made.uses--
      }
      const refused = (error: unknown) => {
        if (!disturbed) this.problems.push(`a use was refused: ${String(error)}`)
      }
      follow('use()', live!.use(work), refused)
    }
    let rotating = 0
    kernel.on('resource:rotated', () => this.rotated++)
    const rotate = () => {
      const before = live!.current
      const first = rotating++ === 0
      const over = (error?: unknown) => {
        rotating--
        if (disturbed) return
        if (first && error === undefined && (before?.state === 'up' || live!.current === before))
          this.problems.push('a rotation left the old instance')
        if (!first && error === undefined) this.problems.push('two rotations at once')
        if (error !== undefined && live!.current !== before && first)
          this.problems.push('a rotation that failed replaced the instance')
      }
      follow(
        'rotate()',
        kernel.rotate(db).then(() => over(), over),
      )
    }
    await this.clock.run(kernel.start())
    this.#failing = disturbed || random.chance(0.5)
    for (let n = 0; n < 40; n++) {
      await this.clock.advance(random.pick([0, 0, 1, 3, 10]))
      const what = random.below(disturbed ? 10 : 7)
      if (what < 5) use()
      else if (what < 7) rotate()
      else if (what === 7) this.#crash(live!.current)
      else if (what === 8) follow('restart()', kernel.restart(db))
      else if (n > 30) follow('shutdown()', kernel.shutdown())
    }
    this.#failing = false
    await this.clock.advance(PATIENCE)
    if (!disturbed && this.#up.length !== 1) this.problems.push(`${this.#up.length} instances are left`)
    if (kernel.state === 'running' && !kernel.probe().ready) this.problems.push('it is not ready in the end')
    follow('shutdown()', kernel.shutdown())
    await this.clock.advance(5 * PATIENCE)
    if (open.size > 0) this.problems.push(`never settled: ${[...open].join(', ')}`)
    if (this.#up.length > 0) this.problems.push(`never stopped: ${this.#up.map(({ n }) => n).join(', ')}`)
    if (this.clock.pending > 0) this.problems.push(`${this.clock.pending} timers left`)
  }
}

const LIVES = 150

test.each([
  ['V1 with nothing but rotations, no use is refused or interrupted, and none stops before its successor is there', false, 2],
  ['V1 whatever else happens, each instance stops once, under no use, and everything ends', true, 0.25],
])(
  `%s, in ${LIVES} lives by chance`,
  async (_, disturbed, least) => {
    let [rotated, uses] = [0, 0]
    for (let seed = 1; seed <= LIVES; seed++) {
      const life = new Life(seed)
      await life.run(disturbed)
      rotated += life.rotated
      uses += life.uses
      expect(life.problems, `seed ${seed}`).toEqual([])
    }
    // Enough of both for this to mean something.
    expect(rotated).toBeGreaterThan(least * LIVES)
    expect(uses).toBeGreaterThan(5 * LIVES)
  },
  120_000,
)
