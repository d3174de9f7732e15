import { describe, expect, test } from 'vitest'
import { type Ref, ref, resource } from '../index.js'
import { rejection } from '../test-support/rejection.js'
import { hang, type Scene, scene, type TracedOptions } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A kernel with `db`, and a dependent that holds a ref to it. */
async function leased({ clock, kernel, traced }: Scene, options: TracedOptions = {}, timeouts = {}) {
  let made = 0
  const db = traced('db', { start: () => `db#${++made}`, ...options })
  let live: Ref<string> | undefined
  const user = resource('user', {
    dependsOn: { db: ref(db) },
    start: ({ db }) => {
      live = db
    },
  })
  const app = await clock.run(kernel([user], { timeouts }).start())
  return { app, db, live: live! }
}

describe('Ref.use', () => {
  test('gives the current instance to the work and returns what that resolves to', async () => {
    const world = scene()
    const { app, live } = await leased(world)
    expect(await live.use((db) => `${db}!`)).toBe('db#1!')
    expect(await live.use(async (db) => `${db}?`)).toBe('db#1?')
    await app.shutdown()
  })

  test('passes on what the work throws, and lets go', async () => {
    const world = scene()
    const { app, live, db } = await leased(world)
    const thrown = new Error('no such row')
    await expect(live.use(() => Promise.reject(thrown))).rejects.toBe(thrown)
    await expect(
      live.use(() => {
        throw thrown
      }),
    ).rejects.toBe(thrown)
    await app.restart(db)
    expect(live.current).toBe('db#2')
    await app.shutdown()
  })

  test('keeps the old instance from being stopped until the work is over', async () => {
    const world = scene()
    const { clock, log, delay, elapsed } = world
    const { app, live, db } = await leased(world)
    const work = live.use(async (db) => {
      await delay(100)
      log.push(`worked with ${db}`)
      return 'row'
    })
    const restarted = app.restart(db)
    await clock.advance(99)
    expect(log).toEqual(['start db'])
    expect(live.current).toBe('db#1')
    expect(await clock.run(work)).toBe('row')
    await clock.run(restarted)
    expect(log).toEqual(['start db', 'worked with db#1', 'stop db', 'start db'])
    expect(elapsed()).toBe(100)
    expect(live.current).toBe('db#2')
    await app.shutdown()
  })

  test('waits for every lease', async () => {
    const world = scene()
    const { clock, log, delay } = world
    const { app, live, db } = await leased(world)
    const works = [10, 30, 20].map((ms) => live.use(() => delay(ms)))
    const restarted = app.restart(db)
    await clock.advance(29)
    expect(log).toEqual(['start db'])
    await clock.run(Promise.all([...works, restarted]))
    expect(log).toEqual(['start db', 'stop db', 'start db'])
    await app.shutdown()
  })

  test('waits no longer than the drain timeout, and says so', async () => {
    const world = scene()
    const { clock, log, elapsed } = world
    const { app, live, db } = await leased(world, { timeouts: { drain: 50 } })
    const events = recordEvents(app)
    void live.use(() => hang())
    await clock.run(app.restart(db))
    expect(elapsed()).toBe(50)
    expect(log).toEqual(['start db', 'stop db', 'start db'])
    expect(events.events.find(({ type }) => type === 'resource:error')).toMatchObject({
      resource: 'db',
      phase: 'drain',
      error: { code: 'TIMEOUT' },
    })
    await app.shutdown()
  })

  test('waits beside a drain hook for whichever takes longer', async () => {
    const world = scene()
    const { clock, log, delay } = world
    const { app, live, db } = await leased(world, { drainMs: 50 })
    const work = live.use(() => delay(20))
    await clock.run(Promise.all([work, app.restart(db)]))
    expect(log).toEqual(['start db', 'drain db', 'drained db', 'stop db', 'start db'])
    const longer = live.use(() => delay(80).then(() => log.push('worked')))
    log.length = 0
    await clock.run(Promise.all([longer, app.restart(db)]))
    expect(log).toEqual(['drain db', 'drained db', 'worked', 'stop db', 'start db'])
    await clock.run(app.shutdown())
  })

  test('takes no new work once the instance is going away, nor while there is none', async () => {
    const world = scene()
    const { clock, delay } = world
    const { app, live, db } = await leased(world, { stopMs: 10 })
    const work = live.use(() => delay(20))
    const restarted = app.restart(db)
    await clock.advance(5)
    expect(await rejection(live.use(() => 'late'))).toMatchObject({ code: 'NOT_STARTED', resource: 'db' })
    await clock.advance(20)
    expect(await rejection(live.use(() => 'later'))).toMatchObject({ code: 'NOT_STARTED' })
    await clock.run(Promise.all([work, restarted]))
    expect(await live.use((db) => db)).toBe('db#2')
    await clock.run(app.shutdown())
  })

  test('holds a crashed instance no longer: there is nothing left to work with', async () => {
    const world = scene()
    const { clock, log, delay, elapsed } = world
    let crash = () => {}
    const { app, live } = await leased(world, {
      restart: { attempts: 1, within: 1_000, delay: 0 },
      start: (_, ctx) => {
        crash = () => ctx.crashed(new Error('gone'))
        return 'db'
      },
    })
    const work = live.use(() => delay(100))
    crash()
    await clock.settle()
    expect(elapsed()).toBe(0)
    expect(log).toEqual(['start db', 'stop db', 'start db'])
    await clock.run(work)
    await app.shutdown()
  })

  test('holds in a removal and in a shutdown as it does in a restart', async () => {
    const world = scene()
    const { clock, log, delay } = world
    const { app, live } = await leased(world)
    const work = live.use(async () => {
      await delay(100)
      log.push('worked')
    })
    await clock.run(Promise.all([app.shutdown(), work]))
    expect(log).toEqual(['start db', 'worked', 'stop db'])
  })

  test('loses none of a thousand pieces of work over ten restarts', async () => {
    const world = scene()
    const { clock, delay } = world
    let open = 0
    const { app, live, db } = await leased(world, {
      stop: () => {
        if (open > 0) throw new Error(`stopped under ${open} pieces of work`)
      },
    })
    let done = 0
    let refused = 0
    for (let i = 0; i < 1_000; i++) {
      clock.setTimeout(() => {
        const work = live.use(async () => {
          open++
          await delay(5)
          open--
          done++
        })
        work.catch(() => refused++)
      }, i)
      if (i % 100 === 50) clock.setTimeout(() => void app.restart(db), i + 0.5)
    }
    await clock.advance(2_000)
    expect(done + refused).toBe(1_000)
    // Refused while an instance was going away: told at once, and not lost.
    expect(refused).toBeLessThanOrEqual(10 * 6)
    expect(app.inspect().resources[0]!.state).toBe('running')
    expect(live.current).toBe('db#11')
    expect(await app.shutdown()).toMatchObject({ ok: true })
  })
})
