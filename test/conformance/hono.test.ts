import { Readable } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import { honoServer } from '@keelson/hono'
import { Hono } from 'hono'
import { describeHttpAdapter } from './http-adapter.js'

/** Errors are answered by Hono, without a word on the console. */
const app = () => new Hono<{ Bindings: HttpBindings }>().onError((_error, c) => c.text('error', 500))
const streamed = (source: Readable, headers = {}) => new Response(Readable.toWeb(source) as ReadableStream, { headers })

describeHttpAdapter('Hono', {
  server: honoServer,
  entry: 'app',
  make: (handle) =>
    app().all('*', async (c) => {
      const body = await handle(c.env.incoming)
      return typeof body === 'string' ? c.text(body) : streamed(body)
    }),
  events: (source) => app().all('*', () => streamed(source, { 'content-type': 'text/event-stream' })),
})
