import { expressServer } from '@keelson/express'
import express from 'express'
import { answer } from './answer.js'
import { describeHttpAdapter } from './http-adapter.js'

describeHttpAdapter('Express 5', {
  server: expressServer,
  entry: 'app',
  make: (handle) => express().use(async (req, res) => answer(res, await handle(req))),
  events: (source) => express().use((_req, res) => void source.pipe(res.type('text/event-stream'))),
})
