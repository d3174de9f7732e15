import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { hang, scene } from '../test-support/scene.js'

/** A resource whose check takes `ms`, and says what `verdict` says. */
function checked(name: string, clock: { setTimeout(callback: () => void, ms: number): unknown }, ms = 10) {
  const state = { calls: 0, verdict: true, clock }
  const made = resource(name, {
    start: () => name,
    check: async () => {
      state.calls++
      const { verdict } = state
      await new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
      return verdict
    },
    monitor: { interval: 10_000, gate: false, failureThreshold: 2 },
  })
  return { made, state }
}

describe('C2 check()', () => {
  test('C2 runs the checks of all that have one, in order, and tells how they went', async () => {
    const { clock, kernel, traced } = scene()
    const a = checked('a', clock)
    const b = checked('b', clock)
    const app = await clock.run(kernel([a.made, traced('none'), b.made]).start())
    await clock.advance(100)
    b.state.verdict = false
    const results = await clock.run(app.check())
    expect(results).toMatchObject([
      { resource: 'a', ok: true, durationMs: 10 },
      { resource: 'b', ok: false, error: expect.stringContaining('returned false') },
    ])
    expect(app.inspect().resources.find(({ name }) => name === 'b')).toMatchObject({ consecutiveFailures: 1 })
    await clock.run(app.shutdown())
  })

  test('C2 counts like any other check, and the next one comes an interval later', async () => {
    const { clock, kernel } = scene()
    const a = checked('a', clock)
    const app = await clock.run(kernel([a.made]).start())
    await clock.advance(100)
    a.state.verdict = false
    await clock.run(app.check(a.made))
    await clock.run(app.check(a.made))
    expect(app.probe()).toMatchObject({ status: 'unready' })
    a.state.verdict = true
    expect(await clock.run(app.check(a.made))).toMatchObject([{ ok: true }])
    expect(app.probe()).toMatchObject({ status: 'ready' })
    const { calls } = a.state
    await clock.advance(9_990)
    expect(a.state.calls).toBe(calls)
    await clock.advance(20)
    expect(a.state.calls).toBe(calls + 1)
    await clock.run(app.shutdown())
  })

  test('C2 joins a check that runs', async () => {
    const { clock, kernel } = scene()
    const a = checked('a', clock, 50)
    const app = await clock.run(kernel([a.made]).start())
    await clock.advance(100)
    const { calls } = a.state
    const [first, second] = await clock.run(Promise.all([app.check(a.made), app.check()]))
    expect(first).toEqual(second)
    expect(a.state.calls).toBe(calls + 1)
    await clock.run(app.shutdown())
  })

  test('C2 is empty for a resource without a check', async () => {
    const { clock, kernel, traced } = scene()
    const plain = traced('plain')
    const app = await clock.run(kernel([plain]).start())
    expect(await clock.run(app.check(plain))).toEqual([])
    await clock.run(app.shutdown())
  })

  test('C2 ends when the shutdown takes the resource down before its check has ended', async () => {
    const { clock, kernel } = scene()
    const a = checked('a', clock, 60_000)
    const app = await clock.run(kernel([a.made]).start())
    const asked = app.check(a.made)
    await clock.run(app.shutdown())
    expect(await asked).toMatchObject([{ resource: 'a', ok: false, error: expect.stringContaining('taken down') }])
    await clock.advance(60_000)
  })

  test('C2 refuses a kernel that is not up, a resource that does not run, and one of another kernel', async () => {
    const { clock, kernel } = scene()
    const a = checked('a', clock)
    const app = kernel([a.made])
    await expect(app.check()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await clock.run(app.start())
    await expect(app.check(checked('b', clock).made)).rejects.toMatchObject({ code: 'UNKNOWN_RESOURCE' })
    await clock.run(app.shutdown())
    await expect(app.check(a.made)).rejects.toMatchObject({ code: 'INVALID_STATE' })
  })

  test('C2 of a resource that has failed to start is refused by name', async () => {
    const { clock, kernel } = scene()
    const a = resource('a', { impact: 'degraded', start: () => Promise.reject(new Error('no')), check: () => true })
    const app = await clock.run(kernel([a]).start())
    await expect(app.check(a)).rejects.toMatchObject({ code: 'NOT_STARTED', resource: 'a' })
    await clock.run(app.shutdown())
  })
})

test('C2 settles for all, also when the check of one leads to a shutdown', async () => {
  const { clock, kernel, traced } = scene()
  let ended: Promise<unknown> | undefined
  let asked = false
  const check = () => {
    if (asked) ended ??= app.shutdown('by a check')
    return true
  }
  const slow = traced('slow', { check: () => (asked ? hang() : true), monitor: { interval: 1_000 } })
  const app = kernel([traced('a', { check, monitor: { interval: 1_000 } }), traced('b', { check: () => true }), slow])
  await clock.run(app.start())
  await clock.advance(900)
  asked = true
  const results = await clock.run(app.check())
  expect(results.map(({ resource, ok }) => `${resource} ${ok}`)).toEqual(['a false', 'b false', 'slow false'])
  await clock.run(ended!)
})
