import { createKernel, ref, resource, type StartContext } from '@keelson/kernel'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { fastifyServer, unavailable } from './index.js'

test.each(['a route', 'an app'])('N4 %s whose need is away is answered 503 with Retry-After', async (which) => {
  let ctx!: StartContext
  const search = resource('search', {
    impact: 'degraded',
    start: (_, given) => {
      ctx = given
    },
  })
  const api = fastifyServer('api', {
    host: '127.0.0.1',
    dependsOn: { search: ref(search) },
    app: (_, { kernel }) => {
      const app = fastify()
      if (which === 'an app') return app.addHook('onRequest', unavailable(kernel, [search])).get('/search', async () => 'found')
      return app.get('/search', { onRequest: unavailable(kernel, [search]) }, async () => 'found').get('/other', async () => 'ok')
    },
  })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const { url } = kernel.get(api)
  expect(await (await fetch(`${url}/search`)).text()).toBe('found')
  ctx.unhealthy(new Error('no route'))
  const away = await fetch(`${url}/search`)
  expect([away.status, away.headers.get('retry-after'), await away.text()]).toEqual([503, '5', ''])
  if (which === 'a route') expect((await fetch(`${url}/other`)).status).toBe(200)
  ctx.healthy()
  expect((await fetch(`${url}/search`)).status).toBe(200)
})
