import { createKernel, ref, resource, type StartContext } from '@keelson/kernel'
import express5 from 'express'
// @ts-expect-error: the alias has no types of its own; its shape is that of Express 5 where it is used here.
import express4 from 'express4'
import { expect, onTestFinished, test } from 'vitest'
import { expressServer, unavailable } from './index.js'

test.each([
  ['Express 5', express5],
  ['Express 4', express4 as unknown as typeof express5],
])('N4 %s: a route whose need is away is answered 503 with Retry-After, others go on', async (_name, express) => {
  let ctx!: StartContext
  const search = resource('search', {
    impact: 'degraded',
    start: (_, given) => {
      ctx = given
    },
  })
  const api = expressServer('api', {
    host: '127.0.0.1',
    dependsOn: { search: ref(search) },
    app: (_, { kernel }) =>
      express()
        .get('/search', unavailable(kernel, [search]), (_req, res) => void res.send('found'))
        .get('/other', (_req, res) => void res.send('other')),
  })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const { url } = kernel.get(api)
  expect(await (await fetch(`${url}/search`)).text()).toBe('found')
  ctx.unhealthy(new Error('no route'))
  const away = await fetch(`${url}/search`)
  expect([away.status, away.headers.get('retry-after'), await away.text()]).toEqual([503, '5', ''])
  expect((await fetch(`${url}/other`)).status).toBe(200)
  ctx.healthy()
  expect((await fetch(`${url}/search`)).status).toBe(200)
})
