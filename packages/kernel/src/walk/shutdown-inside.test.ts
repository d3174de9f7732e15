import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { shutdownError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

describe('shutdown() from inside', () => {
  test('a stop hook is the promise that is going on; waiting for it is bounded', async () => {
    const { clock, kernel, elapsed } = scene()
    let inner: Promise<unknown> | undefined
    const a = resource('a', {
      start: () => 1,
      timeouts: { stop: 100 },
      stop: async () => {
        inner = app.shutdown('from a')
        await inner
      },
    })
    const app = await kernel([a]).start()
    const outer = app.shutdown()
    const { report } = await clock.run(shutdownError(outer))
    expect(inner).toBe(outer)
    expect(elapsed()).toBe(100)
    expect(report).toMatchObject({ reason: 'shutdown', outcomes: [{ outcome: 'timed-out' }] })
  })

  test('a check tears the kernel down, once', async () => {
    const { clock, kernel, log, traced } = scene()
    let ready = false
    const a = traced('a', { check: () => void (ready && app.shutdown('from check')), monitor: { interval: 10 } })
    const app = await clock.run(kernel([a]).start())
    ready = true
    await clock.advance(10)
    expect(app.state).toBe('stopped')
    expect(log).toEqual(['start a', 'stop a'])
    expect((await app.shutdown()).reason).toBe('from check')
  })
})
