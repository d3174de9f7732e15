import { createKernel, KeelsonError, resource } from '@keelson/kernel'
import fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { probes } from './index.js'

async function guarded() {
  const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
  const app = fastify()
  app.register(probes(kernel, { paths: { ready: '/ready' } }))
  const asked: string[] = []
  app.addHook('onRequest', async (request, reply) => {
    asked.push(request.url)
    return reply.code(401).send()
  })
  app.get('/', async () => 'app')
  onTestFinished(async () => {
    await app.close()
    await kernel.shutdown()
  })
  return { app, kernel, asked }
}

it('is a plugin that answers in front of every route and of hooks that are added later', async () => {
  const { app, kernel, asked } = await guarded()
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const status = async (path: string, method = 'GET') => (await fetch(url + path, { method })).status
  expect(await status('/ready?verbose')).toBe(200)
  expect(await status('/livez', 'HEAD')).toBe(200)
  expect(await status('/livez', 'POST')).toBe(405)
  expect(await status('/readyz')).toBe(401)
  expect(await status('/')).toBe(401)
  expect(asked).toEqual(['/readyz', '/'])
  await kernel.shutdown()
  expect(await status('/ready')).toBe(503)
})

it('answers injected requests', async () => {
  const { app } = await guarded()
  expect(await app.inject('/ready')).toMatchObject({ statusCode: 200, body: 'ready' })
})

it('refuses options that it does not know', () => {
  expect(() => probes(createKernel(), { path: '/x' } as never)).toThrow(KeelsonError)
})
