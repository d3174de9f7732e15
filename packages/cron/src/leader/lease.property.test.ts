import { type Clock, createKernel, type Kernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { leader } from '../index.js'
import { LockServer } from '../test-support/lock-server.js'

const LEASE = 10_000

/** The clock of one process: it began at another time, and goes a little faster or slower than that of the server. */
function drifting(clock: Clock, rate: number, offset: number): Clock {
  return {
    now: () => clock.now() * rate + offset,
    wall: () => clock.now() * rate - offset,
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms / rate),
    clearTimeout: (handle) => clock.clearTimeout(handle),
    random: () => 0.5,
  }
}

const process = fc.record({
  rate: fc.double({ min: 0.995, max: 1.005, noNaN: true }),
  offset: fc.integer({ min: -1_000_000, max: 1_000_000 }),
  /** In ms; the worst that is allowed is 3,000. */
  drain: fc.integer({ min: 0, max: 5_000 }),
})

const happening = fc.record({
  what: fc.constantFrom('wedge', 'answer', 'lose', 'pass', 'pass', 'stop', 'start', 'kill', 'slow') as fc.Arbitrary<
    'wedge' | 'answer' | 'lose' | 'pass' | 'stop' | 'start' | 'kill' | 'slow'
  >,
  who: fc.nat(2),
  ms: fc.integer({ min: 0, max: 9_000 }),
})

/** One process that may be killed: what it does afterwards is not done. */
class Contender {
  readonly name: string
  readonly kernel: Kernel
  dead = false

  constructor(name: string, server: LockServer, clock: Clock, drain: number, log: Log) {
    this.name = name
    const lock = server.lock(LEASE)
    const alive =
      <A extends unknown[]>(work: (...args: A) => void) =>
      (...args: A) =>
        this.dead ? undefined : work(...args)
    const jobs = leader('jobs', {
      lock: {
        lease: LEASE,
        open: async (value, holder) => {
          const session = await lock.open(value, holder)
          const never = new Promise<never>(() => {})
          return {
            acquire: () => (this.dead ? never : session.acquire()),
            renew: () => (this.dead ? never : session.renew()),
            release: () => (this.dead ? never : session.release()),
            close: () => session.close(),
          }
        },
      },
      holder: name,
    })
    const worker = resource('worker', {
      dependsOn: { jobs },
      timeouts: { drain: 2_000, stop: 1_000 },
      start: ({ jobs }) => alive(log.begins)(name, jobs.token),
      drain: () => new Promise<void>((resolve) => void clock.setTimeout(resolve, Math.min(drain, 2_500))),
      stop: () => alive(log.ends)(name),
      kill: () => alive(log.ends)(name),
    })
    this.kernel = createKernel([worker], { clock })
  }

  kill(log: Log): void {
    this.dead = true
    log.ends(this.name)
  }
}

class Log {
  readonly leading = new Set<string>()
  readonly tokens: bigint[] = []
  most = 0
  readonly begins = (name: string, token: bigint) => {
    this.leading.add(name)
    this.tokens.push(token)
    this.most = Math.max(this.most, this.leading.size)
  }
  readonly ends = (name: string) => void this.leading.delete(name)
}

test('J5 never two lead at once, whatever is slow, lost or wedged, and as soon as it can be, one does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(process, { minLength: 3, maxLength: 3 }),
      fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
      fc.array(happening, { maxLength: 25 }),
      async (processes, delays, losses, happenings) => {
        const clock = virtualClock()
        const server = new LockServer(clock)
        const log = new Log()
        let asked = 0
        let slow = false
        let lossy = false
        server.delay = () => (slow ? delays[asked++ % delays.length]! : 5)
        server.drops = () => lossy && losses[asked++ % losses.length]!
        let made = 0
        const make = (i: number) => {
          const { rate, offset, drain } = processes[i]!
          const name = `p${made++}`
          return new Contender(name, server, drifting(clock, rate, offset), drain, log)
        }
        const contenders = [0, 1, 2].map(make)
        for (const { kernel } of contenders) void kernel.start().catch(() => {})
        for (const { what, who, ms } of happenings) {
          const one = contenders[who]!
          if (what === 'wedge') server.wedged = true
          else if (what === 'answer') server.wedged = lossy = slow = false
          else if (what === 'lose') lossy = true
          else if (what === 'slow') slow = true
          else if (what === 'stop') void one.kernel.shutdown().catch(() => {})
          else if (what === 'kill') one.kill(log)
          else if (what === 'start') {
            one.kill(log)
            void one.kernel.shutdown().catch(() => {})
            contenders[who] = make(who)
            void contenders[who]!.kernel.start().catch(() => {})
          }
          await clock.advance(ms)
          expect(log.most).toBeLessThanOrEqual(1)
        }
        server.wedged = lossy = slow = false
        contenders[0]!.kill(log)
        contenders[0] = make(0)
        void contenders[0].kernel.start()
        await clock.advance(2 * LEASE)
        expect([log.most, log.leading.size]).toEqual([1, 1])
        for (let i = 1; i < log.tokens.length; i++) expect(log.tokens[i]! > log.tokens[i - 1]!).toBe(true)
        for (const one of contenders) one.kill(log)
      },
    ),
    { numRuns: 150 },
  )
})
