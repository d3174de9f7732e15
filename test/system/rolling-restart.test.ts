import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { Shop } from '../../examples/shop/test/shop.js'
import { type Backend, HAProxy } from './haproxy.js'
import { Load } from './load.js'

/** HAProxy needs about 0.4 s to see that an instance is not ready; on a busy machine, more. */
const SHUTDOWN_DELAY = '2000'
const RESTARTS = 10

const shops = new Map<string, Shop>()
const backends: Backend[] = []
let proxy: HAProxy
let url: string

beforeAll(async () => {
  for (const name of ['a', 'b']) backends.push({ name, port: await freePort(), probePort: await freePort() })
  await Promise.all(backends.map(start))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  proxy = new HAProxy(port, backends)
  await proxy.sendsTo('a', 'b')
})

afterAll(async () => {
  await proxy?.end()
  await Promise.all([...shops.values()].map((shop) => shop.end()))
})

it(`N1 ${RESTARTS} rolling restarts of two shops behind HAProxy fail no request, and none is retried`, async () => {
  const load = new Load(url, 16)
  onTestFinished(() => load.end())
  const codes: (number | null)[] = []
  for (let i = 0; i < RESTARTS; i++) {
    for (const backend of backends) {
      const before = load.answered
      codes.push((await shops.get(backend.name)?.end('SIGTERM')) ?? null)
      await start(backend)
      await proxy.sendsTo('a', 'b')
      expect(load.failed).toEqual([])
      expect(load.answered).toBeGreaterThan(before)
    }
  }
  await load.end()

  expect(load.failed).toEqual([])
  expect(codes).toEqual(Array.from({ length: RESTARTS * 2 }, () => 0))
  const stats = await proxy.stats()
  for (const [name, row] of stats) {
    const { wretr, wredis, econ, eresp, hrsp_5xx } = row
    const backend = { wretr, wredis, econ, eresp, hrsp_5xx }
    if (name !== 'FRONTEND') expect(backend).toEqual({ wretr: '0', wredis: '0', econ: '0', eresp: '0', hrsp_5xx: '0' })
  }
  // HAProxy did see each of them go.
  for (const { name } of backends) expect(Number(stats.get(name)?.chkdown)).toBe(RESTARTS)
  expect(Number(stats.get('BACKEND')?.hrsp_2xx)).toBe(load.answered)
})

async function start({ name, port, probePort }: Backend): Promise<void> {
  const shop = new Shop({ PORT: String(port), PROBE_PORT: String(probePort), SHUTDOWN_DELAY })
  shops.set(name, shop)
  await shop.ready()
}
