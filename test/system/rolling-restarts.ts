import { freePort } from '@keelson/test-servers'
import { expect, onTestFinished } from 'vitest'
import { type Backend, HAProxy } from './haproxy.js'
import { Load } from './load.js'

/** HAProxy needs about 0.4 s to see that an instance is not ready; on a busy machine, more. */
export const SHUTDOWN_DELAY = '2000'

/** A process behind the proxy. */
export interface Instance {
  /** Ends it, by a signal or by force, and resolves to its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** N1: restarts two instances behind HAProxy in turn, so many times, under load, and expects that no request fails and none is retried. */
export async function rollingRestarts(restarts: number, startOne: (backend: Backend) => Promise<Instance>): Promise<void> {
  const instances = new Map<string, Instance>()
  const backends: Backend[] = []
  const start = async (backend: Backend) => void instances.set(backend.name, await startOne(backend))
  onTestFinished(async () => void (await Promise.all([...instances.values()].map((instance) => instance.end()))))

  for (const name of ['a', 'b']) backends.push({ name, port: await freePort(), probePort: await freePort() })
  await Promise.all(backends.map(start))
  const port = await freePort()
  const proxy = new HAProxy(port, backends)
  onTestFinished(() => proxy.end())
  await proxy.sendsTo('a', 'b')
  const load = new Load(`http://127.0.0.1:${port}`, 16)
  onTestFinished(() => load.end())
  const codes: (number | null)[] = []
  for (let i = 0; i < restarts; i++) {
    for (const backend of backends) {
      const before = load.answered
      codes.push((await instances.get(backend.name)?.end('SIGTERM')) ?? null)
      await start(backend)
      await proxy.sendsTo('a', 'b')
      expect(load.failed).toEqual([])
      expect(load.answered).toBeGreaterThan(before)
    }
  }
  await load.end()

  expect(load.failed).toEqual([])
  expect(codes).toEqual(Array.from({ length: restarts * 2 }, () => 0))
  const stats = await proxy.stats()
  for (const [name, row] of stats) {
    const { wretr, wredis, econ, eresp, hrsp_5xx } = row
    const backend = { wretr, wredis, econ, eresp, hrsp_5xx }
    if (name !== 'FRONTEND') expect(backend).toEqual({ wretr: '0', wredis: '0', econ: '0', eresp: '0', hrsp_5xx: '0' })
  }
  // HAProxy did see each of them go.
  for (const { name } of backends) expect(Number(stats.get(name)?.chkdown)).toBe(restarts)
  expect(Number(stats.get('BACKEND')?.hrsp_2xx)).toBe(load.answered)
}
