// Clients that leave while the handler of their request is at work, by every framework: the handler goes on, and so does the drain.
import assert from 'node:assert/strict'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { head, http1Client } from './http1-client.mjs'
import { http2Client } from './http2-client.mjs'
import { PAST_QUIET } from './quiet-window.mjs'
import { later, when } from './serving.mjs'

const http1 = ['http', 'https']
const all = [...http1, 'h2', 'h2c']
const sees = 'nothing any more: the drain ends once the handler has'

/** What each makes of a handler that works and then answers. */
const frameworks = {
  'async listener': { on: all, make: (work) => async (_req, res) => void res.end(await work()) },
  'listener without a promise': { on: all, make: (work) => (_req, res) => void work().then((text) => res.end(text)) },
  'Express 5': { on: http1, make: (work) => express().use(async (_req, res) => void res.send(await work())) },
  'Express 4': { on: http1, make: (work) => express4().use(async (_req, res) => void res.send(await work())) },
  Fastify: { on: http1, make: (work) => routing(fastify().get('/', work)) },
  'Fastify, HTTP/2': { on: ['h2', 'h2c'], make: (work) => routing(fastify({ http2: true }).get('/', work)) },
  Koa: {
    on: all,
    make(work) {
      const app = new Koa()
      app.silent = true
      app.use(async (ctx) => {
        ctx.body = await work()
      })
      return app.callback()
    },
  },
  Hono: { on: all, make: (work) => getRequestListener(new Hono().get('/', async (c) => c.text(await work())).fetch) },
}

async function routing(app) {
  await app.ready()
  return (req, res) => app.routing(req, res)
}

/** A handler's work, which goes on until the case ends it. */
function workload() {
  const ends = []
  const work = () => new Promise((resolve) => ends.push(resolve))
  return { work, ends, begun: (count) => when(() => ends.length === count) }
}

/** Asks, and gives what the client does to leave. */
async function asking(stage, served, count = 1) {
  if (!stage.multiplexed) {
    const client = await http1Client(served)
    client.send(head('GET', '/').repeat(count))
    return () => client.socket.destroy()
  }
  const { session } = await http2Client(served)
  for (let i = 0; i < count; i++) session.request({ ':path': '/' }).on('error', () => {})
  return () => session.destroy()
}

/** Drains while the handlers are at work, and asserts that it waits for the last of them. */
async function drainedAfter(stage, served, { ends }) {
  const drained = served.drain()
  await later(PAST_QUIET)
  for (const end of ends) {
    assert.equal(served.drainer.stats().state, 'draining', 'it did not wait')
    stage.workDone()
    end('nobody reads this')
  }
  await drained
}

export const leftCases = [
  ...Object.entries(frameworks).map(([name, { on, make }]) => ({
    name: `client left, ${name}`,
    on,
    sees,
    async run(stage) {
      const handler = workload()
      const served = await stage.serve(await make(handler.work))
      const leave = await asking(stage, served)
      await handler.begun(1)
      leave()
      await when(() => served.drainer.stats().left === 1)
      await drainedAfter(stage, served, handler)
    },
  })),
  {
    name: 'client left while draining',
    on: all,
    sees,
    async run(stage) {
      const handler = workload()
      const served = await stage.serve(frameworks['async listener'].make(handler.work))
      const leave = await asking(stage, served)
      await handler.begun(1)
      setTimeout(leave, PAST_QUIET / 2)
      await drainedAfter(stage, served, handler)
    },
  },
  {
    name: 'client left, an answer begun by an async listener',
    on: all,
    sees: 'the beginning: the drain ends once the promise has settled',
    async run(stage) {
      const handler = workload()
      const served = await stage.serve(async (_req, res) => {
        res.write('first row')
        res.end(await handler.work())
      })
      const leave = await asking(stage, served)
      await handler.begun(1)
      await later(20)
      leave()
      await when(() => served.drainer.stats().left === 1)
      await drainedAfter(stage, served, handler)
    },
  },
  {
    name: 'client left, several requests',
    on: all,
    sees: 'nothing any more: the drain ends once every handler has',
    async run(stage) {
      const handler = workload()
      const served = await stage.serve(frameworks['async listener'].make(handler.work))
      const leave = await asking(stage, served, 4)
      await handler.begun(4)
      leave()
      await when(() => served.drainer.stats().left === 4)
      await drainedAfter(stage, served, handler)
    },
  },
]
