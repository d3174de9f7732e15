import { describe, expect, test } from 'vitest'
import { handled, ONCE, plain } from '../test-support/handled.js'
import { shutdownError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('H5 shutdown beats restart', () => {
  // db stops for 5 ms, waits 10 ms, starts for 5 ms; api the same without waiting: from 0 to 30 ms something goes on.
  test.each(Array.from({ length: 33 }, (_, i) => i))(
    'H5 a shutdown %d ms after the failure ends with everything stopped',
    async (at) => {
      const world = scene()
      const db = handled(world, 'db', { restart: { ...ONCE, delay: 10 }, stopMs: 5, start: () => world.delay(5, 'db') })
      const api = handled(world, 'api', { dependsOn: { db: db.resource }, stopMs: 5, start: () => world.delay(5, 'api') })
      const app = await world.clock.run(world.kernel([api.resource]).start())
      world.log.length = 0
      db.crash()
      await world.clock.advance(at)
      let late = false
      app.on('resource:state', ({ to }) => {
        if (to === 'starting') late = true
      })
      const report = await world.clock.run(app.shutdown())
      expect(report.ok).toBe(true)
      expect(late).toBe(false)
      expect(world.clock.pending).toBe(0)
      const lines = plain(world.log)
      for (const name of ['db', 'api']) {
        const ups = 1 + lines.filter((line) => line === `start ${name}`).length
        const downs = lines.filter((line) => line === `stop ${name}`).length
        // An aborted start that still brings its value is stopped as well.
        expect(downs, `${name} in ${lines.join(', ')}`).toBe(ups)
      }
      expect(report.outcomes.map(({ resource }) => resource).sort()).toEqual(['api', 'db'])
      await world.clock.advance(60_000)
      expect(plain(world.log)).toEqual(lines)
    },
  )

  test('H5 a restart by hand that a shutdown overtakes rejects', async () => {
    const world = scene()
    const db = handled(world, 'db', { stopMs: 5 })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const restarted = app.restart(db.resource).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    await world.clock.run(app.shutdown())
    expect(await restarted).toBe('ABORTED')
  })

  test('H5 a crash while the kernel drains starts nothing, and is in the report', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const app = await world.clock.run(world.kernel([db.resource], { shutdown: { delay: 50 } }).start())
    const failed = shutdownError(app.shutdown())
    await world.clock.advance(10)
    db.crash()
    expect((await world.clock.run(failed)).errors).toMatchObject([{ code: 'CRASHED', resource: 'db' }])
    expect(plain(world.log)).toEqual(['start db', 'stop db'])
  })

  test.each(['shutdown', 'remove'] as const)('H5 a restart that is overtaken by a %s is never said to be done', async (how) => {
    const world = scene()
    const db = handled(world, 'db', { restart: { ...ONCE, delay: 100 } })
    const api = handled(world, 'api', { dependsOn: { db: db.resource } })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const log = recordEvents(app)
    db.crash()
    await world.clock.advance(10)
    await world.clock.run<unknown>(how === 'shutdown' ? app.shutdown() : app.remove(db.resource, { dependents: true }))
    expect(log.events.map(({ type }) => type)).toContain('restart:scheduled')
    expect(log.events.filter(({ type }) => type === 'restart:done')).toEqual([])
    await app.shutdown()
  })
})
