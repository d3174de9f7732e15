import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { scene } from '../test-support/scene.js'
import { type Recording, recordRun, simulate } from '../testing.js'

const samplesOf = ({ resources }: Recording, name: string) => resources[name]

describe('recordRun()', () => {
  test('keeps how long hooks took and whether they succeeded', async () => {
    const { clock, kernel, traced, delay } = scene()
    const db = traced('db', { startMs: 120, drainMs: 30, stopMs: 45, check: () => delay(7), monitor: { interval: 1_000 } })
    const app = kernel([db])
    const recorder = recordRun(app)
    await clock.run(app.start())
    await clock.advance(1_010)
    await clock.run(app.shutdown())
    recorder.stop()
    expect(recorder.recording()).toEqual({
      version: 1,
      kernel: 'app',
      resources: {
        db: {
          start: [{ ms: 120, ok: true }],
          check: [
            { ms: 7, ok: true },
            { ms: 7, ok: true },
          ],
          drain: [{ ms: 30, ok: true }],
          stop: [{ ms: 45, ok: true }],
        },
      },
    })
  })

  test('keeps failures of the hooks, and nothing of what was never tried or told to end', async () => {
    const { clock, kernel, traced, delay } = scene()
    const cache = traced('cache', { impact: 'degraded', start: () => delay(20).then(() => Promise.reject(new Error('no'))) })
    const user = traced('user', { impact: 'degraded', dependsOn: { cache } })
    const db = traced('db', { drain: () => Promise.reject(new Error('no')), stop: () => Promise.reject(new Error('no')) })
    const app = kernel([user, db])
    const recorder = recordRun(app)
    await clock.run(app.start())
    await clock.run(app.shutdown().catch(() => {}))
    const recording = recorder.recording()
    recorder.stop()
    expect(samplesOf(recording, 'cache')).toEqual({ start: [{ ms: 20, ok: false }] })
    expect(samplesOf(recording, 'user')).toEqual({})
    expect(samplesOf(recording, 'db')).toMatchObject({ drain: [{ ok: false }], stop: [{ ok: false }] })
  })

  test('S11 keeps nothing of how long one stood by', async () => {
    const { clock, kernel, delay } = scene()
    const leader = resource('leader', {
      start: (_, ctx) => {
        ctx.standBy('another process leads')
        return delay(60_000)
      },
      stop: () => delay(20),
    })
    const app = kernel([leader])
    const recorder = recordRun(app)
    await clock.run(app.start())
    await clock.advance(60_000)
    await clock.run(app.shutdown())
    expect(samplesOf(recorder.recording(), 'leader')).toEqual({ stop: [{ ms: 20, ok: true }] })
    recorder.stop()
  })

  test('holds neither values nor messages', async () => {
    const { clock, kernel } = scene()
    const db = resource('db', {
      start: () => ({ password: 'hunter2' }),
      check: () => Promise.reject(new Error('hunter2')),
      monitor: { gate: false },
      labels: { secret: 'hunter2' },
    })
    const app = kernel([db])
    const recorder = recordRun(app)
    await clock.run(app.start())
    await clock.advance(100)
    await clock.run(app.shutdown('hunter2'))
    expect(JSON.stringify(recorder.recording())).not.toContain('hunter2')
    recorder.stop()
  })

  test('keeps the last 200 of each hook, and what was taken does not change', async () => {
    const { clock, kernel } = scene()
    const db = resource('db', { start: () => 1, check: () => true, monitor: { interval: 10 } })
    const app = kernel([db])
    const recorder = recordRun(app)
    await clock.run(app.start())
    const early = recorder.recording()
    await clock.advance(5_000)
    expect(samplesOf(recorder.recording(), 'db')!.check).toHaveLength(200)
    expect(samplesOf(early, 'db')!.check).toHaveLength(1)
    recorder.stop()
    await clock.run(app.shutdown())
    expect(samplesOf(recorder.recording(), 'db')!.stop).toBeUndefined()
  })
})

describe('simulate({ from })', () => {
  const slow = resource('slow', { start: () => 1, stop: () => {}, timeouts: { start: 1_000, stop: 1_000 } })
  const from: Recording = {
    version: 1,
    kernel: 'app',
    resources: { slow: { start: [{ ms: 400, ok: true }], stop: [{ ms: 300, ok: true }] } },
  }
  const only = { failure: 0, hang: 0, late: 0, crash: 0, restart: 0, remove: 0, add: 0, fail: 0, start: 0, shutdown: 0, use: 0 }

  test('starts and stops take as long as they did', async () => {
    let longest = 0
    const invariant = (kernel: { inspect(): { resources: readonly { startMs?: number }[] } }) => {
      longest = Math.max(longest, kernel.inspect().resources[0]!.startMs ?? 0)
    }
    const { faults } = await simulate([slow], { runs: 20, from, faults: only, invariant })
    expect(longest).toBe(400)
    expect(faults).toMatchObject({ failure: 0, late: 0 })
  })

  test('three times slower, the start runs out of time', async () => {
    const { faults } = await simulate([slow], { runs: 20, from, slower: 3, faults: only })
    expect(faults.late).toBeGreaterThanOrEqual(20)
  })

  test('a start that was seen to fail fails as often', async () => {
    const half: Recording = {
      ...from,
      resources: {
        slow: {
          start: [
            { ms: 1, ok: true },
            { ms: 1, ok: false },
          ],
        },
      },
    }
    const { faults } = await simulate([slow], { runs: 400, from: half, faults: only })
    expect(faults.failure).toBeGreaterThan(120)
    expect(faults.failure).toBeLessThan(280)
  })

  test('is the same for the same seed, and replays without the recording', async () => {
    const figures = async () => {
      const { steps, faults } = await simulate([slow], { runs: 30, seed: 5, from })
      return { steps, faults }
    }
    expect(await figures()).toEqual(await figures())
  })

  test.each([
    [{ from: {} }, 'version 1'],
    [{ from: { version: 1 } }, 'resources'],
    [{ from: { version: 1, resources: { a: { start: [{ ms: -1, ok: true }] } } } }, 'start of "a"'],
    [{ from: { version: 1, resources: { a: { kill: [] } } } }, 'kill of "a"'],
    [{ slower: 2 }, 'without a recording'],
    [{ from, slower: 0 }, 'slower'],
  ])('refuses %j', async (options, said) => {
    await expect(simulate([slow], options as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(said),
    })
  })
})

test('recordRun() keeps nothing of a start that had begun before it', async () => {
  const { clock, kernel, traced } = scene()
  const app = kernel([traced('db', { startMs: 100 })])
  const starting = app.start()
  await clock.advance(50)
  const recorder = recordRun(app)
  await clock.run(starting)
  expect(recorder.recording().resources.db?.start).toBeUndefined()
  recorder.stop()
  await clock.run(app.shutdown())
})
