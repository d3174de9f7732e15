import { createKernel, KeelsonError, resource, StartError } from '@keelson/kernel'
import express5 from 'express'
// @ts-expect-error: the alias has no types of its own; its shape is that of Express 5 where it is used here.
import express4 from 'express4'
import { afterEach, describe, expect, test } from 'vitest'
import { expressServer, probes } from './index.js'

const started: ReturnType<typeof createKernel>[] = []
afterEach(async () => {
  for (const kernel of started.splice(0)) await kernel.shutdown()
})

describe.each([
  ['Express 5', express5],
  ['Express 4', express4 as unknown as typeof express5],
])('%s', (_name, express) => {
  test('passes the values of dependsOn to app, which makes the routes of a server that listens', async () => {
    const orders = resource('orders', { start: () => [{ id: 1 }] })
    const api = expressServer('api', {
      dependsOn: { orders },
      host: '127.0.0.1',
      app: ({ orders }) => express().get('/orders', (_req, res) => void res.json(orders)),
    })
    const kernel = await start(api)
    const response = await fetch(`${kernel.get(api).url}/orders`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([{ id: 1 }])
  })

  test('answers the probes before the app sees them, at the paths that were asked for', async () => {
    const api = expressServer('api', {
      host: '127.0.0.1',
      probes: { paths: { ready: '/ready' } },
      app: () => express().use((_req, res) => void res.status(418).end()),
    })
    const { url } = (await start(api)).get(api)
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(418)
  })

  test('answers the request in flight in full when the kernel stops, and stops what it depends on after that', async () => {
    const log: string[] = []
    const arrived = gate()
    const released = gate()
    const db = resource('db', { start: () => ({ find: () => 'found' }), stop: () => void log.push('db stopped') })
    const api = expressServer('api', {
      dependsOn: { db },
      host: '127.0.0.1',
      app: ({ db }) =>
        express().get('/slow', async (_req, res) => {
          arrived.open()
          await released.opened
          log.push('answered')
          res.send(db.find())
        }),
    })
    const kernel = await start(api)
    const response = fetch(`${kernel.get(api).url}/slow`)
    await arrived.opened
    const report = kernel.shutdown()
    released.open()
    expect(await (await response).text()).toBe('found')
    expect((await report).ok).toBe(true)
    expect(log).toEqual(['answered', 'db stopped'])
  })

  test('an app that returns nothing fails its start with a sentence that says what to return', async () => {
    const api = expressServer('api', { host: '127.0.0.1', app: (() => undefined) as never })
    const error = await createKernel([api])
      .start()
      .then(undefined, (error: StartError) => error)
    expect(error).toBeInstanceOf(StartError)
    expect((error as StartError).errors[0]?.message).toMatch(
      /resource "api" failed to start: app returned undefined; return the app/,
    )
  })

  test('probes(kernel) is middleware for an app that keeps its own server', async () => {
    const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
    started.push(kernel)
    const app = express()
      .use(probes(kernel))
      .get('/', (_req, res) => void res.send('app'))
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await (await fetch(url)).text()).toBe('app')
    await new Promise((resolve) => server.close(resolve))
  })
})

test('a missing app and an unknown option are refused where they are written', () => {
  expect(() => expressServer('api', {} as never)).toThrow(KeelsonError)
  expect(() => expressServer('api', { app: () => express5(), prot: 3000 } as never)).toThrow(
    /resource "api": prot is not an option/,
  )
})

test('dependsOn is not read before a kernel takes the server in', async () => {
  const api = expressServer('api', {
    get dependsOn() {
      return { later }
    },
    host: '127.0.0.1',
    app: () => express5(),
  })
  const later = resource('later', { start: () => 1 })
  await start(api)
})

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

async function start(api: ReturnType<typeof expressServer>) {
  const kernel = await createKernel([api]).start()
  started.push(kernel)
  return kernel
}
