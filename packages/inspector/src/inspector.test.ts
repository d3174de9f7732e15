import { createKernel, resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inspector } from './index.js'
import type { Hello } from './protocol.js'
import { ask, inspected, Page, running } from './test-support/serve.js'

/** A resource whose context is at hand. */
function known(name: string, options: object = {}) {
  const box = {} as { ctx: StartContext; made: ReturnType<typeof resource> }
  box.made = resource(name, {
    start: (_: unknown, ctx: StartContext) => {
      box.ctx = ctx
    },
    ...options,
  })
  return box
}

/** What waits for nothing else. */
function whenAborted({ signal }: StartContext, _said?: void): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

describe('I1 a page', () => {
  it('is told everything first', async () => {
    const db = known('db', { check: () => {}, labels: { team: 'data' } })
    const api = resource('api', { dependsOn: { db: db.made }, start: () => 'api', drain: () => {}, stop: () => {} })
    const kernel = await running([api])
    const { url } = await inspected(kernel, { grace: { platform: 'Fly', ms: 5_000 } })
    const page = new Page(url)
    await expect.poll(() => page.messages).toHaveLength(1)
    expect(page.hello).toMatchObject({
      type: 'hello',
      process: { pid: process.pid, node: process.version },
      actions: false,
      kernel: { name: 'shop', state: 'running', probe: { status: 'ready', live: true } },
      plan: {
        order: ['db', 'api'],
        criticalPath: ['db', 'api'],
        budget: { delayMs: 0, timeoutMs: 25_000, graceMs: 5_000, platform: 'Fly' },
      },
      resources: [
        {
          name: 'db',
          state: 'running',
          labels: { team: 'data' },
          plan: { startTimeoutMs: 30_000 },
          failureThreshold: 3,
          history: [],
          errors: [],
          retries: 0,
          restartsDone: 0,
        },
        { name: 'api', dependsOn: [{ resource: 'db', kind: 'required' }] },
      ],
      panels: [],
    })
    expect(page.hello.timeline.map(({ resource, phase }) => `${phase} ${resource}`)).toEqual(['start db', 'start api'])
    expect(page.hello.csrf).toBeUndefined()
    expect(JSON.parse((await ask(`${url}/state`)).body)).toMatchObject({ type: 'hello', session: page.hello.session })
  })

  it('shows a start as it goes on, and one that fails', async () => {
    const slow = known('slow', {
      start: (_: unknown, ctx: StartContext) => {
        slow.ctx = ctx
        return ctx.step('migrate', () => whenAborted(ctx))
      },
    })
    const kernel = createKernel([slow.made])
    const { url } = await inspected(kernel)
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBe(1)
    expect(page.hello.kernel).toMatchObject({ state: 'idle', probe: { ready: false } })
    const started = kernel.start()
    await expect
      .poll(() => page.resource('slow'))
      .toMatchObject({ state: 'starting', hook: { phase: 'start' }, step: { name: 'migrate' } })
    await expect.poll(() => page.latest('timeline').map(({ phase }) => phase)).toEqual(['start', 'step'])
    slow.ctx.crashed(new Error('no room'))
    await expect(started).rejects.toThrow('no room')
    await expect.poll(() => page.latest('kernel').state).toBe('failed')
    expect(page.resource('slow')).toMatchObject({ state: 'failed', error: expect.stringContaining('no room') })
    expect(page.resource('slow')?.history.map(({ state }) => state)).toEqual(['starting', 'failed'])
    expect(page.texts.join('\n')).toMatch(/slow starts\nslow .*no room/)
  })

  it('is told what has changed, and of what has not only that it is there', async () => {
    const [db, cache] = [known('db', { impact: 'degraded' }), known('cache')]
    const kernel = await running([db.made, cache.made])
    const { url } = await inspected(kernel)
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBe(1)
    db.ctx.unhealthy(new Error('connect mongodb://root:hunter2@10.0.0.7'))
    await expect.poll(() => page.resource('db')?.health).toBe('unhealthy')
    const [update] = page.updates
    expect(update).toMatchObject({
      kernel: { probe: { status: 'degraded', reasons: [{ resource: 'db' }] } },
      resources: [{ name: 'db', history: [{ health: 'unhealthy' }] }],
      events: [
        { type: 'health:change', tone: 'bad', text: expect.stringMatching(/^db is unhealthy: connect mongodb:/) },
        { tone: 'warn', text: 'degraded: db' },
      ],
    })
    expect(update).not.toHaveProperty('plan')
    expect(JSON.stringify(page.messages)).not.toContain('hunter2')
    db.ctx.healthy()
    await expect.poll(() => page.texts.slice(-2)).toEqual(['db is healthy again', 'ready again'])
    const quiet = page.messages.length
    await expect.poll(() => page.messages.length, { timeout: 8_000 }).toBeGreaterThan(quiet)
    expect(Object.keys(page.messages.at(-1)!).sort()).toEqual(['now', 'type'])
  })

  it('gets at most four updates a second', async () => {
    const db = known('db')
    const kernel = await running([db.made])
    const { url } = await inspected(kernel)
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBe(1)
    for (let i = 0; i < 60; i++) {
      if (i % 2) db.ctx.healthy()
      else db.ctx.unhealthy(new Error('no'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await expect.poll(() => page.texts.filter((text) => text.startsWith('db is')).length).toBe(60)
    expect(page.updates.length).toBeGreaterThan(1)
    expect(page.updates.length).toBeLessThan(20)
    const ids = page.messages.flatMap(({ events }) => events?.map(({ id }) => id) ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(page.resource('db')?.history).toHaveLength(50)
  })

  it('is told of retries, restarts, failed checks, work, counts, standby, cordon and what comes and goes', async () => {
    let broken = true
    const db = known('db', {
      retry: { delay: 1, jitter: 0 },
      restart: { attempts: 3, within: 60_000, delay: 1 },
      start: (_: unknown, ctx: StartContext) => {
        db.ctx = ctx
        if (broken) {
          broken = false
          throw new Error('not yet')
        }
        ctx.counters(() => ({ hits: 7 }))
      },
    })
    const leader = known('leader', {
      impact: 'none',
      start: (_: unknown, ctx: StartContext) => whenAborted(ctx, ctx.standBy('host-b leads')),
    })
    const kernel = createKernel([db.made, leader.made], { name: 'shop' })
    onTestFinished(async () => void (await kernel.shutdown()))
    const { url } = await inspected(kernel)
    const page = new Page(url)
    await kernel.start()
    await expect
      .poll(() => page.resource('db'))
      .toMatchObject({
        retries: 1,
        counts: { hits: 7 },
        errors: [{ phase: 'start', message: expect.stringContaining('not yet') }],
      })
    await expect.poll(() => page.resource('leader')?.standby).toBe('host-b leads')
    let end = () => {}
    const job = db.ctx.track('job 7', () => new Promise<void>((resolve) => (end = resolve)))
    await expect.poll(() => page.resource('db')?.work).toMatchObject({ count: 1, oldest: [{ label: 'job 7' }] })
    end()
    await job
    db.ctx.crashed(new Error('gone'))
    await expect.poll(() => page.resource('db')?.restartsDone).toBe(1)
    kernel.cordon('maintenance')
    await expect.poll(() => page.latest('kernel').cordoned).toBe('maintenance')
    const late = resource('late', { start: () => 1 })
    await kernel.add(late)
    await expect.poll(() => page.resource('late')?.state, { timeout: 5_000 }).toBe('running')
    await kernel.remove(late)
    await expect.poll(() => page.updates.flatMap(({ gone }) => gone ?? []), { timeout: 5_000 }).toEqual(['late'])
    expect(page.texts).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^db try 1 failed, again in 1 ms: not yet$/),
        'leader stands by: host-b leads',
        'out of rotation: cordoned, maintenance',
      ]),
    )
  })

  it('sees how it stops, to the end, and the last word', async () => {
    let drained = () => {}
    const api = resource('api', { start: () => 1, drain: () => new Promise<void>((resolve) => (drained = resolve)) })
    const kernel = await running([api])
    const { inspect, url } = await inspected(kernel)
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBe(1)
    const stopped = kernel.shutdown('deploy')
    await expect.poll(() => page.resource('api')).toMatchObject({ state: 'draining', hook: { phase: 'drain' } })
    await expect.poll(() => page.latest('plan').budget).toMatchObject({ reason: 'deploy', beganAt: expect.any(Number) })
    drained()
    await stopped
    await inspect.close()
    await expect.poll(() => page.ended).toBe(true)
    expect(page.messages.at(-1)).toMatchObject({ last: true })
    expect(page.latest('kernel').state).toBe('stopped')
    expect(page.latest('plan').budget.endedAt).toBeGreaterThan(0)
    expect(page.resource('api')?.state).toBe('stopped')
    expect((await ask(`${url}/events`)).status).toBe(503)
  })
})

describe('I2 nobody looks', () => {
  it('and nothing runs, but what is remembered', async () => {
    const db = known('db')
    const kernel = await running([db.made])
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const inspect = inspector(kernel)
    for (let i = 0; i < 2_000; i++) db.ctx.unhealthy(new Error(`no ${i}`))
    expect(timers()).toBe(before)
    await inspect.close()
    const { url } = await inspected(kernel)
    const first: Hello = JSON.parse((await ask(`${url}/state`)).body)
    expect(first.events).toEqual([])
    for (let i = 0; i < 2_000; i++) {
      db.ctx.healthy()
      db.ctx.unhealthy(new Error(`no ${i}`))
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    const hello: Hello = JSON.parse((await ask(`${url}/state`)).body)
    expect(hello.events).toHaveLength(500)
    expect(hello.events.slice(-2).map(({ text }) => text)).toEqual(['db is unhealthy: no 1999', 'not ready: db'])
    const page = new Page(url)
    await expect.poll(() => page.messages.length).toBe(1)
    page.leave()
    await expect.poll(timers).toBeLessThanOrEqual(before)
  })
})

describe('inspector()', () => {
  it.each([
    [{ token: 'short' }, 'token must have at least 16 characters'],
    [{ token: 7 }, 'token must be a string'],
    [{ path: 'x' }, 'path must be a path'],
    [{ hosts: 'x' }, 'hosts must be a list'],
    [{ origins: ['ops.example'] }, 'origins must be a list of origins'],
    [{ origins: ['https://ops.example/x'] }, 'origins must be a list of origins'],
    [{ actions: 'yes' }, 'actions must be true or false'],
    [{ viewers: 0 }, 'viewers must be a whole number'],
    [{ grace: 5 }, 'grace must be'],
    [{ tokn: 'x' }, 'tokn is not an option; there are path, token'],
    [null, 'the options must be an object'],
  ])('refuses %j', (options, message) => {
    const kernel = createKernel([])
    expect(() => inspector(kernel, options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`inspector(): ${message}`) }),
    )
    expect(() => inspector({} as never)).toThrow(/must be a kernel/)
  })
})
