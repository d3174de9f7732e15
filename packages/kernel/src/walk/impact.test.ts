import { describe, expect, test } from 'vitest'
import { type Impact, optional, type Ref, ref, resource } from '../index.js'
import { keelsonError, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

const broken = (name: string, impact: Impact = 'degraded') =>
  resource(name, { start: (): Promise<string> => Promise.reject(new Error(`${name} is down`)), impact })

describe('S4 a resource that may fail', () => {
  test.each([
    ['degraded', 'degraded'],
    ['none', 'ready'],
  ] as const)('S4 impact %s leaves the kernel running, its probe %s', async (impact, status) => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([broken('mail', impact), traced('api')]).start())
    expect(app.state).toBe('running')
    expect(app.probe()).toMatchObject({ status, started: true, ready: true, live: true })
    expect(app.probe().reasons).toMatchObject([{ resource: 'mail', state: 'failed', health: 'unknown' }])
    expect(app.probe().reasons[0]!.message).toContain('mail is down')
    const report = await app.shutdown()
    expect(report).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }, { resource: 'mail', outcome: 'never-started' }] })
  })

  test('S4 a hard dependent fails with DEPENDENCY_FAILED, its hooks never called', async () => {
    const { clock, kernel, log, traced } = scene()
    const mail = broken('mail')
    const news = traced('news', { dependsOn: { mail }, impact: 'degraded' })
    const app = kernel([news])
    const errors: unknown[] = []
    app.on('resource:error', ({ error }) => errors.push(error))
    await clock.run(app.start())
    expect(errors).toMatchObject([
      { code: 'START_FAILED', resource: 'mail' },
      {
        code: 'DEPENDENCY_FAILED',
        resource: 'news',
        phase: 'start',
        details: { dependency: 'mail' },
        cause: { resource: 'mail' },
      },
    ])
    expect(app.probe().reasons.map(({ resource }) => resource)).toEqual(['mail', 'news'])
    expect(keelsonError(() => app.get(news)).code).toBe('NOT_STARTED')
    await app.shutdown()
    expect(log).toEqual([])
  })

  test('S4 the failure of a dependency goes down a chain of dependents', async () => {
    const { clock, kernel, traced } = scene()
    const a = broken('a', 'none')
    const b = traced('b', { dependsOn: { a }, impact: 'none' })
    const c = traced('c', { dependsOn: { b }, impact: 'degraded' })
    const app = await clock.run(kernel([c]).start())
    expect(app.inspect().resources.map(({ name, state }) => `${name} ${state}`)).toEqual(['a failed', 'b failed', 'c failed'])
    expect(app.probe().status).toBe('degraded')
    await app.shutdown()
  })

  test('S4 an unready hard dependent makes the start fail: root cause first, then DEPENDENCY_FAILED', async () => {
    const { clock, kernel, log, traced } = scene()
    const mail = broken('mail')
    const api = traced('api', { dependsOn: { mail } })
    const other = traced('other')
    const app = kernel([other, api])
    const { errors, report } = await clock.run(startError(app.start()))
    expect(errors.map(({ code, resource }) => `${resource} ${code}`)).toEqual(['mail START_FAILED', 'api DEPENDENCY_FAILED'])
    expect(errors[1]!.cause).toBe(errors[0])
    expect(report.outcomes).toMatchObject([{ outcome: 'stopped' }, { outcome: 'never-started' }, { outcome: 'never-started' }])
    expect(log).toEqual(['start other', 'stop other'])
  })

  test('S4 an unready dependent at the end of a chain names every link', async () => {
    const { clock, kernel, traced } = scene()
    const a = broken('a')
    const b = traced('b', { dependsOn: { a }, impact: 'degraded' })
    const c = traced('c', { dependsOn: { b } })
    const { errors } = await clock.run(startError(kernel([c]).start()))
    expect(errors.map(({ code, resource }) => `${resource} ${code}`)).toEqual([
      'a START_FAILED',
      'b DEPENDENCY_FAILED',
      'c DEPENDENCY_FAILED',
    ])
  })

  test('S4 optional gives undefined, ref an empty ref, after nothing: all of them start', async () => {
    const { clock, kernel } = scene()
    const mail = broken('mail')
    let live: Ref<string> | undefined
    let given: unknown = 'untouched'
    const app = kernel([
      resource('o', {
        dependsOn: { mail: optional(mail) },
        start: ({ mail }) => {
          given = mail
        },
      }),
      resource('r', {
        dependsOn: { mail: ref(mail) },
        start: (deps) => {
          live = deps.mail
        },
      }),
      resource('a', { after: [mail], start: () => 'a' }),
    ])
    await clock.run(app.start())
    expect(given).toBeUndefined()
    expect(live!.current).toBeUndefined()
    expect(keelsonError(() => live!.get())).toMatchObject({ code: 'NOT_STARTED', resource: 'mail' })
    expect(app.inspect().resources.map(({ state }) => state)).toEqual(['failed', 'running', 'running', 'running'])
    await app.shutdown()
  })

  test('S4 optional, ref and after wait until the failure is settled', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const mail = traced('mail', {
      impact: 'none',
      start: (_, { defer }) => {
        defer(() => delay(5).then(() => log.push('mail cleaned up')))
        return delay(10).then(() => Promise.reject(new Error('no')))
      },
    })
    const app = kernel([
      traced('o', { dependsOn: { mail: optional(mail) } }),
      traced('r', { dependsOn: { mail: ref(mail) } }),
      traced('a', { after: [mail] }),
    ])
    await clock.run(app.start())
    expect(log).toEqual(['start mail', 'mail cleaned up', 'start o', 'start r', 'start a'])
    await app.shutdown()
  })

  test.each([
    ['optional', (r: ReturnType<typeof broken>) => ({ dependsOn: { mail: optional(r) } })],
    ['ref', (r: ReturnType<typeof broken>) => ({ dependsOn: { mail: ref(r) } })],
    ['after', (r: ReturnType<typeof broken>) => ({ after: [r] })],
  ])('S4 an unready resource makes the start fail, whoever depends on it by %s', async (_, edge) => {
    const { clock, kernel, traced } = scene()
    const { errors } = await clock.run(startError(kernel([traced('user', edge(broken('mail', 'unready')))]).start()))
    expect(errors).toMatchObject([{ resource: 'mail', code: 'START_FAILED' }])
  })

  test('S4 a resource that is both a hard and an optional dependency is hard', async () => {
    const { clock, kernel, traced } = scene()
    const mail = broken('mail')
    const user = traced('user', { dependsOn: { maybe: optional(mail), mail }, impact: 'none' })
    const app = await clock.run(kernel([user]).start())
    expect(app.inspect().resources[1]).toMatchObject({ name: 'user', state: 'failed' })
    await app.shutdown()
  })

  test('S4 a start that timed out with impact none leaves the kernel ready', async () => {
    const { clock, kernel } = scene()
    const slow = resource('slow', { start: () => new Promise<never>(() => {}), timeouts: { start: 50 }, impact: 'none' })
    const app = await clock.run(kernel([slow]).start())
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [{ resource: 'slow', state: 'failed' }] })
    await app.shutdown()
  })
})

describe('edges at shutdown', () => {
  test('D2 optional, ref and after keep what they point at up until the dependent has stopped', async () => {
    const { clock, kernel, log, traced } = scene()
    const [o, r, a] = [traced('o'), traced('r'), traced('a')]
    const user = traced('user', { dependsOn: { o: optional(o), r: ref(r) }, after: [a], stopMs: 10 })
    const app = await kernel([user]).start()
    await clock.run(app.shutdown())
    expect(log.slice(4)).toEqual(['stop user', 'stopped user', 'stop a', 'stop r', 'stop o'])
  })

  test('a ref reads the value until its resource has stopped', async () => {
    const { clock, kernel, traced, delay } = scene()
    const db = traced('db')
    let live: Ref<string> | undefined
    const seen: unknown[] = []
    const user = resource('user', {
      dependsOn: { db: ref(db) },
      start: (deps) => {
        live = deps.db
      },
      stop: async () => {
        seen.push(live!.current)
        await delay(5)
        seen.push(live!.get())
      },
    })
    const app = await kernel([user]).start()
    await clock.run(app.shutdown())
    expect(seen).toEqual(['db', 'db'])
    expect(live!.current).toBeUndefined()
    expect(keelsonError(() => live!.get()).code).toBe('NOT_STARTED')
  })
})
