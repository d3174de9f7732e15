import { type Resource, resource } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import { Hono } from 'hono'
import { expectTypeOf } from 'vitest'
import { drainSignal, honoServer, probes, unavailable } from './index.js'

const db = resource('db', { start: () => ({ orders: ['a'] }) })

// The value has the server of node:http or node:https, unless it may speak HTTP/2.
expectTypeOf(honoServer('api', { app: () => new Hono() })).toExtend<
  Resource<HttpServer<import('node:http').Server | import('node:https').Server>>
>()
expectTypeOf(honoServer('api', { http2: true, app: () => new Hono() })).toEqualTypeOf<Resource<HttpServer>>()

honoServer('api', { dependsOn: { db }, port: 3000, app: ({ db }) => new Hono().get('/', (c) => c.json(db.orders)) })
honoServer('api', { app: async () => ({ fetch: () => new Response() }) })
honoServer('api', {
  // An app with types of its own.
  app: (_, { kernel }) =>
    new Hono<{ Bindings: { incoming: { url: string } }; Variables: { user: string } }>()
      .use(probes(kernel))
      .use('/search/*', unavailable(kernel, [db]))
      .get('/', (c) => c.text(String(drainSignal(c).aborted) + c.var.user)),
})
// @ts-expect-error what is not depended on is not passed
honoServer('api', { app: ({ db }) => new Hono().get('/', (c) => c.json(db)) })
// @ts-expect-error an app, not what it fetches with
honoServer('api', { app: () => new Hono().fetch })
