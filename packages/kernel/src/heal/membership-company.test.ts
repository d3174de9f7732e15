import { describe, expect, test } from 'vitest'
import { optional, ref } from '../index.js'
import { rejection } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

describe('remove() takes along what came along, and nobody else needs', () => {
  const names = (app: { inspect(): { resources: readonly { name: string }[] } }) =>
    app.inspect().resources.map(({ name }) => name)

  test('over several levels, dependents first', async () => {
    const { clock, kernel, traced, log } = scene()
    const app = await clock.run(kernel([]).start())
    const net = traced('net')
    const conn = traced('conn', { dependsOn: { net } })
    const tenant = traced('tenant', { dependsOn: { conn } })
    await clock.run(app.add(tenant))
    log.length = 0
    await clock.run(app.remove(tenant))
    expect([names(app), log]).toEqual([[], ['stop tenant', 'stop conn', 'stop net']])
    await clock.run(app.add(tenant))
    expect(names(app)).toHaveLength(3)
    await clock.run(app.shutdown())
  })

  test.each([
    ['required', <T>(value: T) => value],
    ['optional', optional],
    ['ref', ref],
  ])('not while somebody else holds it (%s); with the last of them it goes', async (_, edge) => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([]).start())
    const conn = traced('conn')
    const [one, two] = ['one', 'two'].map((name) =>
      traced(name, { dependsOn: { conn: (edge as typeof optional)(conn) as never } }),
    )
    await clock.run(app.add(one!))
    await clock.run(app.add(two!))
    await clock.run(app.remove(one!))
    expect(names(app)).toEqual(['conn', 'two'])
    await clock.run(app.remove(two!))
    expect(names(app)).toEqual([])
    await clock.run(app.shutdown())
  })

  test('not when it was added or registered by name', async () => {
    const { clock, kernel, traced } = scene()
    const [registered, added, later] = ['registered', 'added', 'later'].map((name) => traced(name))
    const app = await clock.run(kernel([registered!]).start())
    const tenant = traced('tenant', { dependsOn: { registered: registered!, added: added!, later: later! } })
    await clock.run(app.add(added!))
    await clock.run(app.add(tenant))
    await clock.run(app.add(later!)) // it came along before, and is asked for now
    await clock.run(app.remove(tenant))
    expect(names(app)).toEqual(['registered', 'added', 'later'])
    await clock.run(app.shutdown())
  })

  test('not for an order alone, and not what came along with the first start', async () => {
    const { clock, kernel, traced } = scene()
    const deep = traced('deep')
    const top = traced('top', { dependsOn: { deep } })
    const app = await clock.run(kernel([top]).start())
    const before = traced('before')
    const tenant = traced('tenant', { after: [before] })
    await clock.run(app.add(tenant))
    await clock.run(app.remove(tenant))
    await clock.run(app.remove(top))
    expect(names(app)).toEqual(['deep', 'before'])
    await clock.run(app.shutdown())
  })

  test('what is on its way to be added, and needs it, keeps it', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([]).start())
    const conn = traced('conn')
    const one = traced('one', { dependsOn: { conn } })
    const two = traced('two', { dependsOn: { conn }, startMs: 100 })
    await clock.run(app.add(one))
    const adding = app.add(two)
    await clock.advance(10)
    await clock.run(Promise.all([app.remove(one), adding]))
    expect(names(app)).toEqual(['conn', 'two'])
    await clock.run(app.shutdown())
  })

  test('one of them whose stop fails is out all the same, and told', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([]).start())
    const conn = traced('conn', { stop: () => Promise.reject(new Error('still in use')) })
    const tenant = traced('tenant', { dependsOn: { conn } })
    await clock.run(app.add(tenant))
    expect(await clock.run(rejection(app.remove(tenant)))).toMatchObject({
      code: 'SHUTDOWN_FAILED',
      errors: [{ code: 'STOP_FAILED', resource: 'conn' }],
    })
    expect(names(app)).toEqual([])
    await clock.run(app.shutdown())
  })
})
