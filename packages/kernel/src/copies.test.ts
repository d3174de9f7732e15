import { describe, expect, test, vi } from 'vitest'
import * as one from './index.js'

vi.resetModules()
const other = await import('./index.js')

const broken = (by: typeof one) => by.resource('broken', { start: () => Promise.reject(new Error('no')) })

describe('two copies of this package, of one version', () => {
  test('are two', () => {
    expect(one.createKernel).not.toBe(other.createKernel)
  })

  test('take resources, tasks, subgraphs and edges of each other', async () => {
    const done: string[] = []
    const db = other.resource('db', { start: () => 'db', stop: () => void done.push('db stopped') })
    const inner = other.resource('inner', { dependsOn: { db }, start: ({ db }) => `inner of ${db}` })
    const group = other.subgraph('group', { dependsOn: { db }, resources: () => [inner] })
    const job = other.task('job', { dependsOn: { db }, onEnd: 'ignore', run: async ({ db }) => void done.push(`job with ${db}`) })
    const api = one.resource('api', {
      dependsOn: { maybe: other.optional(db), live: other.ref(db) },
      after: [group, job],
      start: ({ maybe, live }) => `${maybe}, ${live.current}`,
    })
    const kernel = one.createKernel([api])
    await kernel.start()
    expect(kernel.get(api)).toBe('db, db')
    expect(kernel.inspect().resources.map(({ name }) => name)).toContain('group/inner')
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(done).toEqual(['job with db', 'db stopped'])
  })

  test('end with a task that is done, whoever made it', async () => {
    const kernel = one.createKernel([other.task('job', { run: async () => {} })])
    await kernel.start()
    expect(await kernel.stopped).toMatchObject({ ok: true })
  })

  test.each([
    ['one', one],
    ['the other', other],
  ])('errors of %s are instances of both classes, and other errors of none', async (_, by) => {
    const error = await by
      .createKernel([broken(one)])
      .start()
      .catch((error: unknown) => error)
    for (const { StartError, ShutdownError, KeelsonError } of [one, other]) {
      expect(error instanceof StartError).toBe(true)
      expect(error instanceof ShutdownError).toBe(false)
      expect((error as Error).cause instanceof KeelsonError).toBe(true)
      expect(new Error('no') instanceof KeelsonError).toBe(false)
    }
  })

  test('a class that extends the one of the other is no less a class of its own', () => {
    class Own extends other.KeelsonError {}
    expect(new Own('CRASHED', 'it crashed') instanceof one.KeelsonError).toBe(true)
    expect(new one.KeelsonError('CRASHED', 'it crashed') instanceof Own).toBe(false)
  })

  test('what cannot be read is of none', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('no')
        },
      },
    )
    expect((hostile as unknown) instanceof one.KeelsonError).toBe(false)
  })
})
