import { describe, expect, test } from 'vitest'
import { createKernel, type KernelEvent, resource } from '../index.js'
import { scene } from '../test-support/scene.js'

describe('C1 cordon()', () => {
  test('C1 is not ready and still live, says why, and nothing stops', async () => {
    const { clock, kernel, traced, log } = scene()
    const app = await clock.run(kernel([traced('db')]).start())
    const before = log.length
    app.cordon('moving to another node')
    expect(app.probe()).toMatchObject({
      status: 'unready',
      started: true,
      ready: false,
      live: true,
      reasons: [{ resource: 'app', kernel: true, message: 'cordoned: moving to another node' }],
    })
    expect(app.state).toBe('running')
    expect(log).toHaveLength(before)
    app.uncordon()
    expect(app.probe()).toMatchObject({ status: 'ready', ready: true, reasons: [] })
    await clock.run(app.shutdown())
  })

  test('C1 tells each change once, before the probe follows', async () => {
    const { clock, kernel } = scene()
    const app = await clock.run(kernel([]).start())
    const told: unknown[] = []
    app.on('event', (event: KernelEvent) => {
      if (event.type === 'kernel:cordon') told.push(event.reason)
      if (event.type === 'probe:change') told.push(`${event.probe.status}: ${event.probe.reasons.map(({ message }) => message)}`)
    })
    app.uncordon()
    app.cordon('a look at the heap')
    app.cordon('a look at the heap')
    app.cordon('two looks')
    app.uncordon()
    expect(told).toEqual([
      'a look at the heap',
      'unready: cordoned: a look at the heap',
      'two looks',
      'unready: cordoned: two looks',
      undefined,
      'ready: ',
    ])
    await clock.run(app.shutdown())
  })

  test('C1 holds while resources come to be fine and not, and through the next start', async () => {
    const { clock, kernel } = scene()
    let sick = (_error: unknown) => {}
    let well = () => {}
    const db = resource('db', {
      impact: 'degraded',
      start: (_, { healthy, unhealthy }) => {
        sick = unhealthy
        well = healthy
      },
    })
    const app = kernel([db])
    app.cordon('by hand')
    expect(app.probe().status).toBe('idle')
    await clock.run(app.start())
    expect(app.probe().status).toBe('unready')
    sick(new Error('away'))
    expect(app.probe().reasons.map(({ resource }) => resource)).toEqual(['app', 'db'])
    app.uncordon()
    expect(app.probe().status).toBe('degraded')
    app.cordon('again')
    well()
    await clock.run(app.shutdown())
    expect(app.probe().status).toBe('stopped')
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'unready', live: true })
    await clock.run(app.shutdown())
  })

  test('C1 asked for by a listener comes after what that listener was told of', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('db')])
    const states: string[] = []
    app.on('kernel:state', ({ to }) => {
      if (to === 'running') app.cordon('warming up')
    })
    app.on('probe:change', ({ probe }) => states.push(probe.status))
    await clock.run(app.start())
    await clock.settle()
    expect(states).toEqual(['starting', 'ready', 'unready'])
    await clock.run(app.shutdown())
  })

  test.each([undefined, '', 5, null])('C1 refuses %j as a reason', (reason) => {
    expect(() => createKernel([]).cordon(reason as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('cordon()') }),
    )
  })
})
