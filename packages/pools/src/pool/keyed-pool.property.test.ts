import { KeelsonError } from '@keelson/kernel'
import { type VirtualClock, virtualClock } from '@keelson/kernel/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type FakeConnection, FakeServers, type Welcome } from '../test-support/fake-servers.js'
import { longTimers } from '../test-support/long-timers.js'
import { KeyedPool } from './keyed-pool.js'
import type { Lease } from './lease.js'
import type { PoolLimits } from './pool-options.js'

const SERVERS = ['a', 'b'] as const

const limits = fc.record({
  max: fc.integer({ min: 1, max: 3 }),
  keep: fc.integer({ min: 0, max: 1 }),
  share: fc.constantFrom(1, 1, 2),
  useTimeout: fc.constantFrom(Infinity, 50),
  acquireTimeout: fc.constantFrom(Infinity, 55),
})

const server = fc.constantFrom(...SERVERS)
const any = fc.nat(20)
const step = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant('use'), server, how: fc.constantFrom('returns', 'throws', 'rejects', 'hangs') }),
    weight: 6,
  },
  { arbitrary: fc.record({ do: fc.constant('acquire'), server, signal: fc.constantFrom(undefined, 0, 1) }), weight: 6 },
  { arbitrary: fc.record({ do: fc.constant('release'), which: any }), weight: 6 },
  { arbitrary: fc.record({ do: fc.constant('finish'), which: any }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('abort'), signal: fc.constantFrom(0, 1) }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('crash'), which: any }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('spend'), which: any }), weight: 2 },
  {
    arbitrary: fc.record({ do: fc.constant('welcome'), how: fc.constantFrom<Welcome>('at once', 'refuses', 'slow') }),
    weight: 3,
  },
  { arbitrary: fc.record({ do: fc.constant('decide'), welcome: fc.boolean() }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('check'), signal: fc.constantFrom(undefined, 0, 1) }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('pongs'), pongs: fc.boolean() }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('answer'), which: any, pong: fc.boolean() }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(1, 60, 1_000, 40_000) }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('remove'), server, signal: fc.constantFrom(undefined, 0, 1) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('add'), server }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('turn') }), weight: 8 },
  { arbitrary: fc.record({ do: fc.constant('rest') }), weight: 2 },
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

it('whatever happens in whatever order, the figures are those of the connections, all callers are told, and nothing is left', async () => {
  const all = fc.record({
    limits,
    steps: fc.array(step, { minLength: 5, maxLength: 40 }),
    end: fc.constantFrom('drain', 'stop', 'kill'),
  })
  await fc.assert(
    fc.asyncProperty(all, async ({ limits, steps, end }) => {
      const scene = new Scene(limits)
      for (const one of steps) {
        await scene.take(one as Step)
        scene.expectFigures()
      }
      if (end === 'drain') await scene.expectAllServed()
      if (end === 'kill') await scene.expectKilled()
      await scene.pool.stop(100)
      await scene.expectNothingLeft()
    }),
    { numRuns: 60, timeout: 20_000 },
  )
}, 120_000)

class Scene {
  readonly clock: VirtualClock = virtualClock()
  readonly servers = new FakeServers()
  readonly timers = longTimers()
  readonly pool: KeyedPool<FakeConnection, object>
  readonly #max: number
  readonly #leases: Lease<FakeConnection>[] = []
  readonly #works: (() => void)[] = []
  readonly #signals = [new AbortController(), new AbortController(), new AbortController()]
  readonly #pending = new Map<Promise<unknown>, string>()
  readonly #errors: unknown[] = []

  constructor(limits: Required<Pick<PoolLimits, 'max' | 'keep' | 'share' | 'useTimeout' | 'acquireTimeout'>>) {
    this.#max = limits.max
    this.pool = new KeyedPool<FakeConnection, object>('pool', {
      ...limits,
      idleTimeout: 30_000,
      startTimeout: 5_000,
      pingTimeout: 500,
      grace: 100,
      backoff: {},
      clock: this.clock,
      open: this.servers.connect,
      checkServer: () => {},
    })
    for (const name of SERVERS) this.pool.add(name, {})
  }

  async take(step: Step): Promise<void> {
    const { pool, servers } = this
    const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)]
    const has = 'server' in step && pool.servers.includes(step.server)
    switch (step.do) {
      case 'use':
        return this.#expect(
          pool.use(step.server, () => this.#work(step.how)),
          `use ${step.server} ${step.how}`,
        )
      case 'acquire': {
        const options = step.signal === undefined ? {} : { signal: this.#signals[step.signal]!.signal }
        return this.#expect(
          pool.acquire(step.server, options).then((lease) => void this.#leases.push(lease)),
          `acquire ${step.server}`,
        )
      }
      case 'release':
        return pick(this.#leases, step.which)?.release()
      case 'finish':
        return pick(this.#works, step.which)?.()
      case 'abort':
        this.#signals[step.signal]!.abort(new Error('the caller hung up'))
        this.#signals[step.signal] = new AbortController()
        return
      case 'crash':
        return pick(servers.open, step.which)?.crash()
      case 'spend':
        Object.assign(pick(servers.open, step.which) ?? {}, { spent: true })
        return
      case 'welcome':
        servers.welcome = step.how
        return
      case 'decide':
        return servers.decide(step.welcome)
      case 'check':
        return this.#expect(pool.check(this.#signals[step.signal ?? 2]!.signal), 'check')
      case 'pongs':
        servers.pongs = step.pongs
        return
      case 'answer':
        return pick(servers.open, step.which)?.answer(step.pong)
      case 'pass':
        await this.clock.advance(step.ms)
        return pool.trim(this.clock.now())
      case 'remove':
        if (!has) return
        return this.#expect(
          pool.remove(step.server, step.signal === undefined ? {} : { signal: this.#signals[step.signal]!.signal }),
          `remove ${step.server}`,
        )
      case 'add':
        return has ? undefined : pool.add(step.server, {})
      case 'turn':
        return this.clock.settle()
      case 'rest':
        return this.#rest()
    }
  }

  expectFigures(): void {
    for (const { size, idle, busy, waiting, created, destroyed } of this.pool.servers.map((name) => this.pool.stats(name))) {
      expect(size).toBe(idle + busy)
      expect(size).toBe(created - destroyed)
      expect(Math.min(idle, busy, waiting, destroyed)).toBeGreaterThanOrEqual(0)
    }
  }

  /** Once everyone lets go and the servers are well, all that was asked is settled, without a stop. */
  async expectAllServed(): Promise<void> {
    const { servers, pool } = this
    servers.welcome = 'at once'
    servers.pongs = true
    for (let round = 0; round < 200 && (round < 3 || this.#pending.size + this.#leases.length > 0); round++) {
      servers.decide(true)
      for (const connection of servers.open) connection.answer(true)
      for (const lease of this.#leases.splice(0)) lease.release()
      for (const finish of this.#works.splice(0)) finish()
      await this.clock.advance(1_000)
      await this.#rest()
    }
    expect([...this.#pending.values()], 'nobody is kept waiting').toEqual([])
    const { size, busy, waiting } = pool.stats()
    expect({ busy, waiting }).toEqual({ busy: 0, waiting: 0 })
    expect(size).toBe(servers.open.length)
    expect(size).toBeLessThanOrEqual(pool.servers.length * this.#max)
    await pool.drain()
  }

  /** Without a stop, those too that were being opened. */
  async expectKilled(): Promise<void> {
    this.pool.kill()
    await this.clock.settle()
    expect(this.servers.open).toEqual([])
  }

  async expectNothingLeft(): Promise<void> {
    await this.clock.advance(500) // a ping may take that long
    for (let round = 0; round < 200 && this.#pending.size > 0; round++) await this.#rest()
    expect([...this.#pending.values()], 'everybody is told').toEqual([])
    expect(this.servers.open).toEqual([])
    this.expectFigures()
    expect(this.pool.stats()).toMatchObject({ size: 0, busy: 0, idle: 0, waiting: 0 })
    for (const lease of this.#leases) lease.release()
    for (const error of this.#errors) {
      if (error instanceof KeelsonError) expect(error.message).toMatch(/server "[ab]"|no server "|reaches none/)
      else expect((error as Error).message).toMatch(/^the (caller|work)/)
    }
    expect(this.clock.pending, 'no timer of the clock is left').toBe(0)
    expect(
      this.timers.filter(({ _destroyed }) => !_destroyed),
      'no timer of the library is left',
    ).toEqual([])
  }

  #expect(work: Promise<unknown>, what: string): void {
    this.#pending.set(work, what)
    const settled = () => this.#pending.delete(work)
    work.then(settled, (error: unknown) => {
      settled()
      this.#errors.push(error)
    })
  }

  #work(how: 'returns' | 'throws' | 'rejects' | 'hangs'): unknown {
    if (how === 'throws') throw new Error('the work threw')
    if (how === 'hangs') return new Promise<void>((resolve) => this.#works.push(resolve))
    return how === 'rejects' ? Promise.reject(new Error('the work rejected')) : how
  }

  /** The library under it has timers of its own, of up to a millisecond. */
  async #rest(): Promise<void> {
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setTimeout(resolve, 1))
    await this.clock.settle()
  }
}
