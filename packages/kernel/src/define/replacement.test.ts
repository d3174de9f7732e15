import { describe, expect, test } from 'vitest'
import { createKernel, resource } from '../index.js'
import { keelsonError, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { replace } from '../testing.js'

describe('replace()', () => {
  test('puts a resource in the place of another, under its name; get() knows it by both', async () => {
    const { kernel, log, traced } = scene()
    const db = traced('db')
    const fake = traced('fake')
    const api = resource('api', { dependsOn: { db }, start: ({ db }) => `api on ${db}` })
    const app = await kernel([api], { replace: [replace(db, fake)] }).start()
    expect(app.get(api)).toBe('api on fake')
    expect([app.get(db), app.get(fake)]).toEqual(['fake', 'fake'])
    expect(app.plan().order).toEqual(['db', 'api'])
    expect((await app.shutdown()).outcomes).toMatchObject([{ resource: 'api' }, { resource: 'db', outcome: 'stopped' }])
    expect(log).toEqual(['start fake', 'stop fake'])
  })

  test('takes the dependencies of the replacement, not those of the original', async () => {
    const { kernel, log, traced } = scene()
    const db = traced('db', { dependsOn: { config: traced('config') }, after: [traced('migrations')] })
    const fake = traced('fake', { dependsOn: { memory: traced('memory') } })
    const app = await kernel([db], { replace: [replace(db, fake)] }).start()
    expect(app.plan().order).toEqual(['memory', 'db'])
    expect(log).toEqual(['start memory', 'start fake'])
    await app.shutdown()
  })

  test.each([[{ find: () => [] }], [undefined], [null], [0], ['text'], [() => 'function']])(
    'puts a plain value in the place of a resource: %s',
    async (value) => {
      const { kernel } = scene()
      const db = resource<unknown>('db', { start: () => expect.unreachable('the original is not started') })
      const app = await kernel([db], { replace: [replace(db, value)] }).start()
      expect(app.get(db)).toBe(value)
      await app.shutdown()
    },
  )

  test('uses a plain value as it is, and does not dispose of it', async () => {
    const { kernel } = scene()
    const value = { [Symbol.dispose]: () => expect.unreachable('it belongs to the test') }
    const db = resource<typeof value>('db', { start: () => expect.unreachable() })
    const app = await kernel([db], { replace: [replace(db, value)] }).start()
    expect((await app.shutdown()).ok).toBe(true)
  })

  test('reaches what is registered later, and what nobody depends on directly', async () => {
    const { kernel, traced } = scene()
    const db = traced('db')
    const middle = resource('middle', { dependsOn: { db }, start: ({ db }) => db })
    const top = resource('top', { dependsOn: { middle }, start: ({ middle }) => middle })
    const app = kernel([], { replace: [replace(db, 'fake')] }).register(top)
    await app.start()
    expect(app.get(top)).toBe('fake')
    await app.shutdown()
  })

  test('one for something that is not there does nothing', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')], { replace: [replace(traced('b'), 'fake')] }).start()
    expect(app.plan().order).toEqual(['a'])
    await app.shutdown()
  })

  test('the fake may be in the kernel under its own name as well', async () => {
    const { kernel, log, traced } = scene()
    const db = traced('db')
    const fake = traced('fake')
    const app = await kernel([db, fake], { replace: [replace(db, fake)] }).start()
    expect(app.plan().order).toEqual(['db', 'fake'])
    expect(log).toEqual(['start fake', 'start fake'])
    await app.shutdown()
  })

  test('a fake that fails, fails under the name of the original', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db')
    const broken = resource<string>('broken', { start: () => Promise.reject(new Error('simulated')) })
    const { errors } = await clock.run(startError(kernel([db], { replace: [replace(db, broken)] }).start()))
    expect(errors).toMatchObject([{ resource: 'db', code: 'START_FAILED' }])
  })

  test('leaves the definition alone: the next kernel has the original', async () => {
    const { kernel, traced } = scene()
    const db = traced('db')
    const faked = await kernel([db], { replace: [replace(db, 'fake')] }).start()
    const real = await kernel([db]).start()
    expect([faked.get(db), real.get(db)]).toEqual(['fake', 'db'])
    await faked.shutdown()
    await real.shutdown()
  })

  test('takes any iterable; the last one for a target counts', async () => {
    const { kernel, traced } = scene()
    const db = traced('db')
    const app = await kernel([db], { replace: new Set([replace(db, 'one'), replace(db, 'two')]) }).start()
    expect(app.get(db)).toBe('two')
    await app.shutdown()
  })

  test('G1 another resource of the same name is still a duplicate', () => {
    const { traced } = scene()
    const db = traced('db')
    const error = keelsonError(() => createKernel([db, traced('db')], { replace: [replace(db, 'fake')] }))
    expect(error.code).toBe('DUPLICATE_RESOURCE')
  })

  test('refuses a target that is no resource', () => {
    expect(keelsonError(() => replace({} as never, 1 as never)).code).toBe('INVALID_OPTION')
  })
})
