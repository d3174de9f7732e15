import type { IncomingMessage, ServerResponse } from 'node:http'
import { httpServer } from '@keelson/node'
import { answer } from './answer.js'
import { describeHttpAdapter } from './http-adapter.js'

describeHttpAdapter('httpServer', {
  server: httpServer,
  entry: 'listener',
  make: (handle) => async (req: IncomingMessage, res: ServerResponse) => {
    try {
      answer(res, await handle(req))
    } catch {
      res.writeHead(500).end()
    }
  },
  events: (source) => (_req: IncomingMessage, res: ServerResponse) => {
    source.pipe(res.writeHead(200, { 'content-type': 'text/event-stream' }))
  },
})
