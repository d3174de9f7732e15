import { createKernel, type Kernel, type Resource, resource, type StartContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { describe, expect, it } from 'vitest'
import { deferred } from '../deferred.js'
import { httpServer } from '../server/http-server.js'
import { ask } from '../test-support/ask.js'
import { keepEntries } from '../test-support/said.js'
import { Narration } from './narrate.js'

const contexts = new Map<string, StartContext>()

function made(name: string, options: { impact?: 'degraded'; stop?: () => unknown } = {}): Resource<void> {
  return resource<void>(name, {
    start: (_deps, ctx) => {
      contexts.set(name, ctx)
    },
    ...options,
  })
}

async function told(kernel: Kernel, act: () => unknown): Promise<string[]> {
  const { say, lines } = keepEntries()
  const narration = new Narration(kernel, say)
  narration.begin()
  await act()
  await new Promise((resolve) => setImmediate(resolve))
  narration.end()
  return lines
}

describe('what is told of a kernel', () => {
  it('tells of health and readiness when they turn', async () => {
    const kernel = await createKernel([made('db')], { name: 'shop' }).start()
    const db = contexts.get('db')!
    const lines = await told(kernel, () => {
      db.unhealthy(new Error('no answer'))
      db.unhealthy(new Error('still no answer'))
      db.healthy()
    })
    expect(lines).toEqual([
      'warn: db is unhealthy: no answer',
      'warn: shop is not ready: db',
      'info: db is healthy again',
      'info: shop is ready again',
    ])
    await kernel.shutdown()
  })

  it('tells of what failed to start only where the kernel starts without it', async () => {
    const cache = resource('cache', {
      impact: 'degraded',
      start: () => {
        throw new Error('no memory')
      },
    })
    const kernel = createKernel([cache])
    expect(await told(kernel, () => kernel.start())).toEqual(['warn: resource "cache" failed to start: no memory'])
    await kernel.shutdown()
    const db = resource('db', {
      start: () => {
        throw new Error('gone')
      },
    })
    const failing = createKernel([db, made('cache')])
    expect(await told(failing, () => failing.start().catch(() => {}))).toEqual([])
  })

  it('tells of what was added and failed to start, and what to do', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    const cache = resource('cache', { impact: 'degraded', start: () => Promise.reject(refused) })
    const kernel = await createKernel([made('db')], { name: 'shop' }).start()
    const { say, lines, entries } = keepEntries()
    const narration = new Narration(kernel, say)
    narration.begin()
    await kernel.add(cache)
    await new Promise((resolve) => setImmediate(resolve))
    narration.end()
    expect(lines).toEqual(['warn: resource "cache" failed to start: connect ECONNREFUSED 127.0.0.1:1'])
    expect(entries[0]?.lines).toEqual([
      'resource "cache" failed to start: connect ECONNREFUSED 127.0.0.1:1',
      '   nothing listens there; start it, or correct the address',
    ])
    await kernel.shutdown()
  })

  it('L3 tells of a crash before what it leads to, and once', async () => {
    const kernel = await createKernel([made('db')], { name: 'shop' }).start()
    const lines = await told(kernel, () => contexts.get('db')!.crashed(new Error('connection lost')))
    expect(lines).toEqual(['error: resource "db" crashed: connection lost', 'warn: shop is not ready: db'])
    await kernel.shutdown()
  })

  it('H1 tells of the first failure of a check, and then of what the failures come to', async () => {
    const clock = virtualClock()
    let answer: unknown = true
    const db = resource('db', {
      start: () => 1,
      check: () => answer ?? Promise.reject(new Error('no answer')),
      monitor: { interval: 1_000 },
    })
    const kernel = createKernel([db], { name: 'shop', clock })
    await clock.run(kernel.start())
    const lines = await told(kernel, async () => {
      answer = undefined
      await clock.advance(3_000)
      answer = false
      await clock.advance(1_000)
      answer = true
      await clock.advance(1_000)
    })
    expect(lines).toEqual([
      'warn: db failed a check: no answer',
      'warn: db is unhealthy: its check fails (3 times): no answer',
      'warn: shop is not ready: db',
      'info: db is healthy again',
      'info: shop is ready again',
    ])
    await clock.run(kernel.shutdown())
  })

  it('H4 tells what goes down with a resource that is lost', async () => {
    const db = made('db')
    const api = resource('api', { dependsOn: { db }, start: () => 1 })
    const kernel = await createKernel([api], { name: 'shop' }).start()
    const lines = await told(kernel, () => contexts.get('db')!.crashed(new Error('connection lost')))
    expect(lines).toContain('warn: api goes down with db')
    expect(lines.filter((line) => line.includes('db'))[0]).toBe('error: resource "db" crashed: connection lost')
    await kernel.shutdown().catch(() => {})
  })

  it('H8 tells what comes back with a resource whose checks pass again', async () => {
    const clock = virtualClock()
    let up = true
    const db = resource('db', {
      start: () => 1,
      check: () => up,
      monitor: { interval: 1_000, failureThreshold: 1, gate: false },
      restart: { attempts: 1, within: 60_000 },
    })
    const api = resource('api', { dependsOn: { db }, start: () => 1 })
    const kernel = createKernel([api], { name: 'shop', clock })
    await clock.run(kernel.start())
    const lines = await told(kernel, async () => {
      up = false
      await clock.advance(5_000)
      up = true
      await clock.advance(5_000)
    })
    const lost = lines.findIndex((line) => line.startsWith('error: db failed again after 1 restart'))
    expect(lines.slice(lost + 1)).toEqual([
      'warn: api goes down with db',
      'warn: resource "api" cannot start: its dependency "db" failed; mend "db", or depend on it with optional()',
      'info: db is healthy again',
      'info: db passes its checks again and goes on; api starts again with it',
      'info: shop is ready again',
    ])
    await clock.run(kernel.shutdown().catch(() => {}))
  })

  it('tells of each resource that stops, and of errors on the way', async () => {
    const failing = () => {
      throw new Error('the last write failed')
    }
    const kernel = await createKernel([made('db', { stop: failing }), made('cache')]).start()
    expect(await told(kernel, () => kernel.shutdown('deploy').catch(() => {}))).toEqual([
      'info: deploy: draining',
      expect.stringMatching(/^info: {4}cache {5}stopped +0 ms$/),
      'error: resource "db" failed to stop: the last write failed',
    ])
  })

  it('tells how many requests a server finished before it closed', async () => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const api = httpServer('api', {
      host: '127.0.0.1',
      listener: () => (_req, res) => {
        arrived()
        setTimeout(() => res.end('ok'), 50)
      },
    })
    const kernel = await createKernel([api]).start()
    const reply = ask(kernel.get(api).url)
    await arrival
    expect(await told(kernel, () => kernel.shutdown('deploy'))).toEqual([
      'info: deploy: draining, 1 request in flight',
      expect.stringMatching(/^info: {4}api {7}drained 1 request, stopped +\d+ ms$/),
    ])
    expect((await reply).body).toBe('ok')
  })

  it('W1 names the work that a drain waits for: what is tracked, and requests that have gone on for a while', async () => {
    const clock = virtualClock()
    const contexts: StartContext[] = []
    const resources = ['api', 'worker'].map((name) =>
      resource(name, {
        start: (_, ctx) => {
          contexts.push(ctx)
        },
      }),
    )
    const kernel = await createKernel(resources, { clock }).start()
    const [api, worker] = contexts
    api?.workload(() => [{ label: 'GET /export', sinceMs: 8_200 }])
    const { promise, resolve } = deferred<void>()
    void worker?.track('job 4711', promise)
    await clock.advance(3_100)
    void worker?.track('job 4712', promise)
    void worker?.track('job 4713', promise)
    const lines = await told(kernel, () => {
      const end = kernel.shutdown('SIGTERM')
      resolve()
      return end
    })
    expect(lines[0]).toBe('info: SIGTERM: draining, waiting for GET /export 8.2 s, job 4711 3.1 s, job 4712 0 ms and 1 more')
  })

  it('tells of listeners that fail', async () => {
    const kernel = createKernel([made('db')])
    kernel.once('kernel:state', () => {
      throw new Error('my mistake')
    })
    expect(await told(kernel, () => kernel.start())).toEqual(['error: a listener of kernel:state failed: my mistake'])
    await kernel.shutdown()
  })

  it('tells of a start that is given up', async () => {
    const never = resource('never', {
      start: (_deps, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const kernel = createKernel([never])
    const start = kernel.start().catch(() => {})
    expect(await told(kernel, () => kernel.shutdown('SIGINT'))).toEqual([
      'info: SIGINT: giving up the start of never; stopping what had started',
    ])
    await start
  })

  it('L5 tells of a start that is given up what it waited for', async () => {
    const clock = virtualClock()
    const check = () => Promise.reject(new Error('no route'))
    const kernel = createKernel([resource('db', { start: () => 1, check })], { clock })
    const { say, lines } = keepEntries()
    const narration = new Narration(kernel, say)
    narration.begin()
    const start = kernel.start().catch(() => {})
    // After 10, 20, 40 … 640 ms, and then every second: the 27th is at 20.27 s.
    await clock.advance(20_500)
    await clock.run(kernel.shutdown('SIGINT'))
    await start
    narration.end()
    expect(lines).toEqual([
      'info: SIGINT: giving up the start of db: its check fails (27 times): no route; stopping what had started',
    ])
    expect([...narration.givenUp]).toEqual([['db', 'its check fails (27 times): no route']])
  })

  it('says nothing after it was ended', async () => {
    const kernel = await createKernel([made('db')]).start()
    const { say, lines } = keepEntries()
    const narration = new Narration(kernel, say)
    narration.begin()
    narration.end()
    await kernel.shutdown()
    expect(lines).toEqual([])
  })
})
