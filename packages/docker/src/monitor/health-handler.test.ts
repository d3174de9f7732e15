import { expressServer } from '@keelson/express'
import { fastifyServer } from '@keelson/fastify'
import { createKernel, type Kernel, type Resource } from '@keelson/kernel'
import { koaServer } from '@keelson/koa'
import { type HttpServer, httpServer } from '@keelson/node'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dockerEngine } from '../engine/docker-engine.js'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { containerMonitor } from './container-monitor.js'
import { type HealthHandlerOptions, healthHandler } from './health-handler.js'
import type { ContainerMonitorOptions } from './monitor-options.js'
import type { ContainerMonitor } from './monitor-value.js'

let engine: ScriptedEngine
let kernel: Kernel
beforeEach(async () => {
  engine = await new ScriptedEngine().start()
  engine.run('a1', { app: 'worker', session: 'team a/1' })
  engine.exit(engine.run('b1', { app: 'worker', session: 'b' }), 4)
})
afterEach(async () => {
  await kernel.shutdown()
  await engine.dispose()
})

type Serve = (containers: Resource<ContainerMonitor>, options?: HealthHandlerOptions) => Resource<HttpServer>
const common = { port: 0, host: '127.0.0.1' }
const ADAPTERS: Record<string, Serve> = {
  httpServer: (containers, options) =>
    httpServer('api', {
      ...common,
      dependsOn: { containers },
      listener: ({ containers }) => {
        const health = healthHandler(containers, options)
        return (req, res) => void (health(req, res) || res.end('app'))
      },
    }),
  express: (containers, options) =>
    expressServer('api', {
      ...common,
      dependsOn: { containers },
      app: ({ containers }) => {
        const health = healthHandler(containers, options)
        return express()
          .use((req, res, next) => health(req, res) || next())
          .use((_req, res) => void res.send('app'))
      },
    }),
  koa: (containers, options) =>
    koaServer('api', {
      ...common,
      dependsOn: { containers },
      app: ({ containers }) => {
        const health = healthHandler(containers, options)
        return new Koa().use((ctx) => {
          if (health(ctx.req, ctx.res)) ctx.respond = false
          else ctx.body = 'app'
        })
      },
    }),
  fastify: (containers, options) =>
    fastifyServer('api', {
      ...common,
      dependsOn: { containers },
      app: ({ containers }) => {
        const health = healthHandler(containers, options)
        const app = fastify()
        app.addHook('onRequest', async (req, reply) => {
          if (health(req.raw, reply.raw)) return reply.hijack()
        })
        app.get('*', async () => 'app')
        return app
      },
    }),
}

async function serve(make: Serve, options?: HealthHandlerOptions): Promise<string> {
  const given: ContainerMonitorOptions = {
    engine: dockerEngine({ socketPath: engine.socketPath }),
    kernel: () => kernel,
    filters: { label: ['app=worker'] },
    sessionOf: ({ labels }) => labels.session,
  }
  const containers = containerMonitor('workers', given)
  const api = make(containers, options)
  kernel = createKernel([api])
  await kernel.start()
  await kernel.get(containers).ready
  return kernel.get(api).url
}

describe.each(Object.entries(ADAPTERS))('%s', (_name, make) => {
  test('answers /health and /health/container/:session, and leaves the rest to the application', async () => {
    const url = await serve(make)
    const health = await fetch(`${url}/health?x=1`)
    expect(health.status).toBe(200)
    expect(health.headers.get('cache-control')).toBe('no-store')
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      engine: { status: 'healthy' },
      statistics: { containers: 2, byStatus: { healthy: 1, failed: 1 } },
      sessions: [
        { session: 'team a/1', status: 'healthy', containers: 1 },
        { session: 'b', status: 'failed', containers: 1 },
      ],
      containers: [
        { name: 'a1', status: 'healthy', image: 'bb:latest', restarts: 0 },
        { name: 'b1', status: 'failed', exitCode: 4 },
      ],
    })
    const session = await fetch(`${url}/health/container/${encodeURIComponent('team a/1')}`)
    expect(session.status).toBe(200)
    const body = (await session.json()) as { containers: { history: { status: string; responseMs: number }[] }[] }
    expect(body).toMatchObject({ session: 'team a/1', status: 'healthy' })
    expect(body.containers[0]!.history[0]).toMatchObject({ status: 'healthy', responseMs: expect.any(Number) })
    expect((await fetch(`${url}/health/container/b`)).status).toBe(503)
    expect((await fetch(`${url}/health/container/none`)).status).toBe(404)
    // Fastify refuses a path that is not UTF-8 before anybody sees it.
    expect([400, 404]).toContain((await fetch(`${url}/health/container/%E0%A4%A`)).status)
    expect(await (await fetch(`${url}/other`)).text()).toBe('app')
    const post = await fetch(`${url}/health`, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

test('answers HEAD as GET without the body', async () => {
  const url = await serve(ADAPTERS.httpServer!)
  for (const [path, status] of [
    ['/health', 200],
    ['/health/container/b', 503],
    ['/health/container/none', 404],
  ] as const) {
    const [head, get] = [await fetch(`${url}${path}`, { method: 'HEAD' }), await fetch(`${url}${path}`)]
    expect([head.status, get.status]).toEqual([status, status])
    expect(await head.text()).toBe('')
    for (const name of ['content-type', 'content-length', 'cache-control', 'x-content-type-options']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name))
    }
    expect(get.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('shows nothing to those who may not see it', async () => {
  const url = await serve(ADAPTERS.httpServer!, { allow: (req) => req.headers.authorization === 'yes' })
  expect((await fetch(`${url}/health`)).status).toBe(403)
  expect((await fetch(`${url}/health`, { headers: { authorization: 'yes' } })).status).toBe(200)
})

test('is 503 while the engine is away, with what was known last', async () => {
  const url = await serve(ADAPTERS.httpServer!)
  await engine.stop()
  for (let status = 200; status !== 503; ) status = (await fetch(`${url}/health`)).status
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
    status: 'unhealthy',
    statistics: { byStatus: { healthy: 1, failed: 1 } },
  })
})

test('metrics are at a path of their own, for those who may see the rest, or nowhere', async () => {
  const url = await serve(ADAPTERS.httpServer!, { allow: (req) => req.headers.authorization === 'yes' })
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: 'yes' } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  expect(await answer.text()).toContain(
    'keelson_container_status{monitor="workers",container="a1",session="team a/1",status="healthy"} 1\n',
  )
  expect((await fetch(`${url}/metrics`)).status).toBe(403)
  await kernel.shutdown()
  const without = await serve(ADAPTERS.httpServer!, { metrics: false })
  expect(await (await fetch(`${without}/metrics`)).text()).toBe('app')
})
