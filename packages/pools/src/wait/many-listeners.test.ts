import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { httpPool } from '../http/http-pool.js'
import { processPool } from '../process/process-pool.js'
import { failureOf, started } from '../test-support/kernels.js'

const MANY = 12

/** The warnings of this process during a test. */
function warnings(): Error[] {
  const heard: Error[] = []
  const listen = (warning: Error) => void heard.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return heard
}

const some = <T>(make: (n: number) => T) => Array.from({ length: MANY }, (_, n) => make(n))
const told = () => new Promise((resolve) => setImmediate(resolve))

it('no warning of a memory leak comes of many children that are opened, pinged and waited for at the same time', async () => {
  const heard = warnings()
  const servers = Object.fromEntries(some((n) => [`s${n}`, { command: 'cat' }]))
  const resource = processPool('servers', {
    servers: { ...servers, wide: { command: 'cat' } },
    keep: 1,
    max: MANY,
    ping: () => new Promise((resolve) => setTimeout(resolve, 20)),
  })
  const kernel = await started([resource])
  const pool = kernel.get(resource)
  const leases = await Promise.all(some(() => pool.acquire('wide')))
  const controller = new AbortController()
  const waiting = some(() => failureOf(pool.acquire('wide', { signal: controller.signal })))
  controller.abort(new Error('the caller hung up'))
  for (const error of await Promise.all(waiting)) expect(error.message).toBe('the caller hung up')
  for (const lease of leases) lease.release()
  await kernel.shutdown()
  await told()
  expect(heard).toEqual([])
})

it('no warning of a memory leak comes of many HTTP servers that are pinged, and of many requests with the signal of their lease', async () => {
  const heard = warnings()
  const server = createServer((_req, res) => void setTimeout(() => res.end('fine'), 20))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const resource = httpPool('upstreams', { servers: Object.fromEntries(some((n) => [`s${n}`, { url }])), ping: '/' })
  const kernel = await started([resource])
  const pool = kernel.get(resource)
  const calls = some(() => pool.use('s1', (http, { signal }) => http.request('/', { signal }).then(({ body }) => body.text())))
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['fine']))
  await kernel.shutdown()
  await told()
  expect(heard).toEqual([])
})
