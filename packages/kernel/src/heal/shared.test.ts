import { describe, expect, test } from 'vitest'
import type { StartContext } from '../index.js'
import { stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'
import { decideRestart } from './restart-policy.js'

const POLICY = { attempts: 3, within: 60_000, delay: 100, factor: 2, maxDelay: 1_000, jitter: 0 }

function shared(options: object) {
  const world = scene()
  const it = { up: true, starts: 0, ctx: undefined as unknown as StartContext }
  const db = world.traced('db', {
    shared: true,
    ...options,
    start: (_, ctx) => {
      it.starts++
      it.ctx = ctx
      if (!it.up) throw new Error('refused')
      return 'db'
    },
  })
  return { ...world, it, db }
}

describe('H8 shared', () => {
  test("H8 its impact is 'degraded' by default, and any other when given", async () => {
    const { clock, kernel, db, traced } = shared({})
    const app = await clock.run(
      kernel([db, traced('own', { shared: true, impact: 'unready' }), traced('not', { shared: false })]).start(),
    )
    expect(app.inspect().resources.map(({ impact }) => impact)).toEqual(['degraded', 'unready', 'unready'])
    await app.shutdown()
  })

  test('H8 a policy that is used up goes on at maxDelay, and liveness stays', async () => {
    const { clock, kernel, db, it, traced } = shared({ restart: POLICY, impact: 'unready' })
    const app = await clock.run(kernel([traced('api', { dependsOn: { db } })]).start())
    const events = recordEvents(app)
    const delays: number[] = []
    app.on('restart:scheduled', ({ delayMs }) => delays.push(delayMs))
    it.up = false
    it.ctx.crashed(new Error('gone'))
    await clock.advance(600_000)
    expect(delays.slice(0, 6)).toEqual([100, 200, 400, 1_000, 1_000, 1_000])
    expect(app.probe()).toMatchObject({ live: true, ready: false })
    expect(events.events.some((event) => event.type === 'probe:change' && !event.probe.live)).toBe(false)
    expect(events.lines().filter((line) => line.includes('no restart left'))).toEqual([])
    it.up = true
    await clock.advance(1_000)
    expect([app.probe().status, app.state]).toEqual(['ready', 'running'])
    await clock.run(app.shutdown())
  })

  test('H8 a dependent that has no policy of its own follows that of the restart, which is never used up', async () => {
    const { clock, kernel, db, it, traced } = shared({ restart: POLICY })
    let broken = false
    const api = traced('api', {
      dependsOn: { db },
      start: () => {
        if (broken) throw new Error('no table yet')
        return 'api'
      },
    })
    const app = await clock.run(kernel([api]).start())
    broken = true
    it.ctx.crashed(new Error('gone'))
    await clock.advance(600_000)
    expect(app.probe()).toMatchObject({ live: true, ready: false })
    broken = false
    await clock.advance(1_000)
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test.each(['unready', 'degraded'] as const)(
    'H8 what is lost for good takes liveness from nobody, with impact %s',
    async (impact) => {
      const { clock, kernel, db, it, traced } = shared({ impact })
      const app = await clock.run(kernel([traced('top', { dependsOn: { api: traced('api', { dependsOn: { db } }) } })]).start())
      it.ctx.crashed(new Error('gone'))
      await clock.settle()
      expect([stateOf(app, 'db'), stateOf(app, 'api'), stateOf(app, 'top')]).toEqual(['failed', 'failed', 'failed'])
      expect([app.state, app.probe().live, app.probe().ready]).toEqual(['running', true, false])
      await clock.run(app.restart(db))
      expect(app.probe().status).toBe('ready')
      await clock.run(app.shutdown())
    },
  )

  test('H8 what is not shared, and fails by itself, ends liveness as before', async () => {
    const { clock, kernel, db, traced } = shared({})
    let ctx!: StartContext
    const api = traced('api', {
      dependsOn: { db },
      start: (_, context) => {
        ctx = context
        return 'api'
      },
    })
    const app = await clock.run(kernel([api]).start())
    ctx.crashed(new Error('gone'))
    await clock.settle()
    expect([app.state, app.probe().live]).toEqual(['failed', false])
    await clock.run(app.shutdown())
  })

  test('H8 after the window its attempts count anew', () => {
    const past = [0, 1, 2]
    expect(decideRestart(POLICY, past, 3, () => 0, true)).toMatchObject({ allowed: true, attempt: 4, delayMs: 1_000 })
    expect(decideRestart(POLICY, past, 3, () => 0, false)).toEqual({ allowed: false, attempts: 3 })
    expect(decideRestart(POLICY, past, 60_010, () => 0, true)).toMatchObject({ attempt: 1, delayMs: 100 })
  })
})
