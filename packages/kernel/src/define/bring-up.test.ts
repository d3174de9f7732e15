import { expect, test } from 'vitest'
import { bringUp, createKernel, type Resource, resource } from '../index.js'

/** A resource with parts: each step of theirs is written down. */
function framework(log: string[], parts: (part: (name: string, more?: object) => Resource<string>) => Resource<string>[]) {
  const part = (name: string, more: object = {}) =>
    resource(name, {
      start: () => {
        log.push(`start ${name}`)
        return name
      },
      activate: () => log.push(`activate ${name}`),
      drain: () => log.push(`drain ${name}`),
      stop: () => log.push(`stop ${name}`),
      ...more,
    })
  const db = part('db')
  return resource('app', {
    dependsOn: { db },
    start: async ({ db }, ctx) => {
      log.push(`app with ${db}`)
      ctx.defer(() => log.push('app closed'))
      const { names } = await bringUp(ctx, parts(part))
      log.push(`app has ${names.join(', ')}`)
      return { names }
    },
    drain: () => log.push('drain app'),
    stop: () => log.push('stop app'),
  })
}

test('G5 a start may make parts of its resource: they stop after it, before what it depends on, and it has a value of its own', async () => {
  const log: string[] = []
  const app = framework(log, (part) => {
    const cache = part('cache')
    return [cache, part('queue', { dependsOn: { cache } })]
  })
  const kernel = await createKernel([app]).start()
  expect(kernel.get(app).names).toEqual(['app/cache', 'app/queue'])
  await kernel.shutdown()
  expect(log).toEqual([
    'start db',
    'app with db',
    'start cache',
    'start queue',
    'app has app/cache, app/queue',
    'activate db',
    'activate cache',
    'activate queue',
    'drain app',
    'stop app',
    'app closed',
    'drain queue',
    'stop queue',
    'drain cache',
    'stop cache',
    'drain db',
    'stop db',
  ])
})

test('G5 a part that does not start fails the start of the whole, and is told', async () => {
  const log: string[] = []
  const broken = () => Promise.reject(new Error('no disk'))
  const app = framework(log, (part) => [part('cache'), part('queue', { start: broken })])
  await expect(createKernel([app]).start()).rejects.toMatchObject({
    errors: [{ resource: 'app/queue' }, { resource: 'app' }],
  })
  expect(log).toEqual([
    'start db',
    'app with db',
    'start cache',
    'app closed',
    'drain cache',
    'stop cache',
    'drain db',
    'stop db',
  ])
})
