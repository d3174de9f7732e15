import { createKernel, ref, resource, type StartContext } from '@keelson/kernel'
import Koa from 'koa'
import { expect, onTestFinished, test } from 'vitest'
import { koaServer, unavailable } from './index.js'

test('N4 an app whose need is away answers 503 with Retry-After, what comes before it all the same', async () => {
  let ctx!: StartContext
  const search = resource('search', {
    impact: 'degraded',
    start: (_, given) => {
      ctx = given
    },
  })
  const seen: number[] = []
  const api = koaServer('api', {
    host: '127.0.0.1',
    dependsOn: { search: ref(search) },
    app: (_, { kernel }) =>
      new Koa()
        .use(async (ctx, next) => {
          await next()
          seen.push(ctx.status)
        })
        .use(unavailable(kernel, [search]))
        .use((ctx) => {
          ctx.body = 'found'
        }),
  })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const { url } = kernel.get(api)
  expect(await (await fetch(url)).text()).toBe('found')
  ctx.unhealthy(new Error('no route'))
  const away = await fetch(url)
  expect([away.status, away.headers.get('retry-after'), await away.text()]).toEqual([503, '5', ''])
  ctx.healthy()
  expect((await fetch(url)).status).toBe(200)
  expect(seen).toEqual([200, 503, 200])
})
