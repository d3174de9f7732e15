import { expressServer } from '@keelson/express'
import type express from 'express'
// @ts-expect-error: the alias has no types of its own; its shape is that of Express 5 where it is used here.
import express4 from 'express4'
import { answer } from './answer.js'
import { describeHttpAdapter } from './http-adapter.js'

describeHttpAdapter('Express 4', {
  server: expressServer,
  entry: 'app',
  make: (handle) =>
    (express4 as typeof express)().use((req, res, next) => {
      const answered = async () => answer(res, await handle(req))
      answered().catch(next)
    }),
  events: (source) => (express4 as typeof express)().use((_req, res) => void source.pipe(res.type('text/event-stream'))),
})
