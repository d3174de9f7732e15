import { describe, expect, test } from 'vitest'
import { createKernel, resource } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

describe('a value without a stop hook', () => {
  test.each(['asyncDispose', 'dispose'] as const)('is released by its own Symbol.%s, with itself as this', async (symbol) => {
    const { kernel } = scene()
    const disposed: unknown[] = []
    const value = {
      [Symbol[symbol]](...args: unknown[]) {
        disposed.push(this, args.length)
      },
    }
    const app = await kernel([resource('a', { start: () => value })]).start()
    expect((await app.shutdown()).outcomes).toMatchObject([{ outcome: 'stopped' }])
    expect(disposed).toEqual([value, 0])
  })

  test('asyncDispose wins over dispose, and is awaited', async () => {
    const { clock, kernel, log, delay } = scene()
    const value = {
      [Symbol.asyncDispose]: () => delay(10).then(() => log.push('asyncDispose')),
      [Symbol.dispose]: () => log.push('dispose'),
    }
    const app = await kernel([resource('a', { start: () => value })]).start()
    expect((await clock.run(app.shutdown())).durationMs).toBe(10)
    expect(log).toEqual(['asyncDispose'])
  })

  test('a stop hook takes the place of both', async () => {
    const { kernel, log } = scene()
    const value = { [Symbol.asyncDispose]: () => log.push('asyncDispose'), [Symbol.dispose]: () => log.push('dispose') }
    const app = await kernel([resource('a', { start: () => value, stop: () => log.push('stop') })]).start()
    await app.shutdown()
    expect(log).toEqual(['stop'])
  })

  test('a dispose that throws is a STOP_FAILED', async () => {
    const { clock, kernel } = scene()
    const thrown = new Error('no')
    const value = {
      [Symbol.dispose]: () => {
        throw thrown
      },
    }
    const app = await kernel([resource('a', { start: () => value })]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(report).toMatchObject({ outcomes: [{ outcome: 'failed' }], errors: [{ code: 'STOP_FAILED', cause: thrown }] })
  })

  test.each([
    [
      'a dispose inherited from a class',
      new (class {
        calls = 0;
        [Symbol.dispose]() {
          this.calls++
        }
      })(),
    ],
    [
      'a dispose of a function',
      Object.assign(() => {}, {
        calls: 0,
        [Symbol.dispose]() {
          this.calls++
        },
      }),
    ],
  ])('may be %s', async (_, value) => {
    const { kernel } = scene()
    const app = await kernel([resource('a', { start: () => value })]).start()
    await app.shutdown()
    expect(value.calls).toBe(1)
  })

  test.each([[undefined], [null], [5], ['text'], [{ dispose: () => expect.unreachable() }], [{ [Symbol.dispose]: 5 }]])(
    'is let go of when it has nothing to release it by: %s',
    async (value) => {
      const { kernel } = scene()
      const app = await kernel([resource('a', { start: () => value as unknown })]).start()
      expect(await app.shutdown()).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped', durationMs: 0 }] })
    },
  )

  test('is disposed of in a rollback too, before its cleanups', async () => {
    const { clock, kernel, log } = scene()
    const a = resource('a', {
      start: (_, { defer }) => {
        defer(() => log.push('cleanup'))
        return { [Symbol.dispose]: () => log.push('dispose') }
      },
    })
    const broken = resource('broken', { dependsOn: { a }, start: () => Promise.reject(new Error('no')) })
    await clock.run(startError(kernel([broken]).start()))
    expect(log).toEqual(['dispose', 'cleanup'])
  })
})

describe('await using', () => {
  test('shuts the kernel down at the end of the block', async () => {
    const { kernel, log, traced } = scene()
    {
      await using app = await kernel([traced('a')]).start()
      expect(app.state).toBe('running')
    }
    expect(log).toEqual(['start a', 'stop a'])
  })

  test('shuts it down when the block throws, and both errors are kept when the shutdown fails', async () => {
    const { kernel, traced } = scene()
    const thrown = new Error('in the block')
    const block = async () => {
      await using app = await kernel([traced('a', { stop: () => Promise.reject(new Error('no')) })]).start()
      expect(app.state).toBe('running')
      throw thrown
    }
    const error = await block().catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'SuppressedError', suppressed: thrown, error: { code: 'SHUTDOWN_FAILED' } })
  })

  test('is nothing for a kernel that never started', async () => {
    await using app = createKernel([resource('a', { start: () => expect.unreachable() })])
    expect(app.state).toBe('idle')
  })

  test('gives "disposed" as the reason', async () => {
    const { kernel } = scene()
    let seen: string | undefined
    const a = resource('a', {
      start: () => 1,
      stop: (_, { reason }) => {
        seen = reason
      },
    })
    const app = await kernel([a]).start()
    await app[Symbol.asyncDispose]()
    expect(seen).toBe('disposed')
    await app[Symbol.asyncDispose]()
    expect(app.state).toBe('stopped')
  })
})
