import { createKernel, type Kernel, type Resource, resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
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
      expect.stringMatching(/^info: {4}api {7}drained 1 request, closed +\d+ ms$/),
    ])
    expect((await reply).body).toBe('ok')
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
