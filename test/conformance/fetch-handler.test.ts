import { Readable } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import { honoServer } from '@keelson/hono'
import { describeHttpAdapter } from './http-adapter.js'

const streamed = (source: Readable, headers = {}) => new Response(Readable.toWeb(source) as ReadableStream, { headers })

describeHttpAdapter('a fetch handler', {
  server: honoServer,
  entry: 'app',
  make: (handle) => ({
    async fetch(_request: Request, { incoming }: HttpBindings) {
      try {
        const body = await handle(incoming)
        return typeof body === 'string' ? new Response(body) : streamed(body)
      } catch {
        return new Response('error', { status: 500 })
      }
    },
  }),
  events: (source) => ({ fetch: () => streamed(source, { 'content-type': 'text/event-stream' }) }),
})
