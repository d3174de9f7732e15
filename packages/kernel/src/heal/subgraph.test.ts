import { describe, expect, test } from 'vitest'
import { optional, ref, resource, type Subgraph, subgraph } from '../index.js'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { startError } from '../test-support/rejection.js'
import { hang, type Scene, scene, type TracedOptions } from '../test-support/scene.js'
import { replace } from '../testing.js'

/** `api` → `tenant` (of `pool` → `db`) → `config`; the parts are made anew for each start. */
function tenancy(world: Scene, options: { db?: TracedOptions; pool?: TracedOptions; tenant?: object; api?: TracedOptions } = {}) {
  const { traced } = world
  const config = traced('config')
  const made: { db: ReturnType<typeof traced>; pool: ReturnType<typeof traced> }[] = []
  const tenant = subgraph('tenant', {
    dependsOn: { config },
    resources: ({ config }) => {
      world.log.push(`make of ${config}`)
      const db = traced('db', options.db)
      const pool = traced('pool', { dependsOn: { db }, ...options.pool })
      made.push({ db, pool })
      return [pool]
    },
    ...options.tenant,
  })
  const api = traced('api', { dependsOn: { tenant }, ...options.api })
  return { config, tenant, api, made }
}

const names = (app: { inspect(): { resources: readonly { name: string }[] } }) => app.inspect().resources.map(({ name }) => name)

describe('G5 subgraph()', () => {
  test('G5 is made when what it depends on is there, runs when all of it runs, and stops before that', async () => {
    const world = scene()
    const { api, tenant, made } = tenancy(world, { db: { startMs: 10 }, pool: { startMs: 10 } })
    const app = await world.clock.run(world.kernel([api]).start())
    expect(world.elapsed()).toBe(20)
    expect(names(app)).toEqual(['config', 'tenant/db', 'tenant/pool', 'tenant', 'api'])
    const value = app.get(tenant) as Subgraph
    expect(value.names).toEqual(['tenant/db', 'tenant/pool'])
    expect(value.get(made[0]!.pool)).toBe('pool')
    const report = await world.clock.run(app.shutdown())
    expect(world.log).toEqual([
      'start config',
      'make of config',
      'start db',
      'up db',
      'start pool',
      'up pool',
      'start api',
      'stop api',
      'stop pool',
      'stop db',
      'stop config',
    ])
    expect(report.outcomes.map(({ resource }) => resource)).toEqual(['api', 'tenant', 'tenant/pool', 'tenant/db', 'config'])
    expect(report.ok).toBe(true)
  })

  test('G5 is made anew by the next start', async () => {
    const world = scene()
    const { api, made } = tenancy(world)
    const app = world.kernel([api])
    for (const times of [1, 2, 3]) {
      await world.clock.run(app.start())
      expect(made).toHaveLength(times)
      expect(names(app)).toHaveLength(5)
      await world.clock.run(app.shutdown())
    }
  })

  test('G5 a restart of what it depends on takes all of it down and makes it anew', async () => {
    const world = scene()
    const { api, config, made } = tenancy(world)
    const app = await world.clock.run(world.kernel([api]).start())
    world.log.length = 0
    await world.clock.run(app.restart(config))
    expect(world.log).toEqual([
      'stop api',
      'stop pool',
      'stop db',
      'stop config',
      'start config',
      'make of config',
      'start db',
      'start pool',
      'start api',
    ])
    expect(made).toHaveLength(2)
    expect(names(app)).toHaveLength(5)
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test.each(['tenant', 'db'])('G5 a crash within restarts the whole by the policy of %s', async (policy) => {
    const world = scene()
    const { traced, clock } = world
    const config = traced('config')
    const dbs: ReturnType<typeof handled>[] = []
    const tenant = subgraph('tenant', {
      dependsOn: { config },
      resources: () => {
        const db = handled(world, 'db', policy === 'db' ? { restart: ONCE } : {})
        dbs.push(db)
        return [traced('pool', { dependsOn: { db: db.resource } }), traced('other')]
      },
      ...(policy === 'tenant' && { restart: ONCE }),
    })
    const app = await clock.run(world.kernel([traced('api', { dependsOn: { tenant } })]).start())
    world.log.length = 0
    dbs[0]!.crash()
    await clock.advance(10)
    const log = plain(world.log)
    expect(log.slice(0, 4)).toEqual(['stop api', 'stop other', 'stop pool', 'stop db'])
    expect(log.slice(4)).toEqual(['start db', 'start pool', 'start other', 'start api'])
    expect(dbs).toHaveLength(2)
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('G5 a crash within, without a policy, is the failure of the whole, and names the one that crashed', async () => {
    const world = scene()
    const db = handled(world, 'db')
    const tenant = subgraph('tenant', { resources: () => [db.resource], impact: 'degraded' })
    const app = await world.clock.run(world.kernel([tenant]).start())
    db.crash('disk full')
    await world.clock.settle()
    expect(stateOf(app, 'tenant')).toBe('failed')
    expect(app.probe().reasons.every(({ message }) => message.includes('"tenant/db" crashed: disk full'))).toBe(true)
    await world.clock.run(app.shutdown().catch(() => {}))
  })

  test('G5 a start that fails within fails it, and the error names the one that failed', async () => {
    const world = scene()
    const { api } = tenancy(world, { pool: { start: () => Promise.reject(new Error('connect ECONNREFUSED')) } })
    const error = await world.clock.run(startError(world.kernel([api]).start()))
    expect(error.errors.map(({ resource }) => resource).slice(0, 2)).toEqual(['tenant/pool', 'tenant'])
    expect(error.message).toContain('"tenant/pool" failed to start: connect ECONNREFUSED')
    expect(world.log).toEqual(['start config', 'make of config', 'start db', 'start pool', 'stop db', 'stop config'])
  })

  test('G5 one that is degraded leaves nothing of it behind when it fails, and the kernel runs', async () => {
    const world = scene()
    const { api, tenant } = tenancy(world, {
      pool: { start: () => Promise.reject(new Error('no')) },
      tenant: { impact: 'degraded' },
      api: {},
    })
    const user = world.traced('user', { dependsOn: { tenant: optional(tenant) } })
    const app = await world.clock.run(world.kernel([user]).start())
    expect(app.probe().status).toBe('degraded')
    expect(names(app)).toEqual(['config', 'tenant', 'user'])
    expect(world.log.slice(0, 5)).toEqual(['start config', 'make of config', 'start db', 'start pool', 'stop db'])
    await world.clock.run(app.shutdown())
    expect(api.name).toBe('api')
  })

  test('G5 a resource of it that matters less may fail without it', async () => {
    const world = scene()
    const { traced, clock } = world
    const tenant = subgraph('tenant', {
      resources: () => [traced('db'), traced('cache', { impact: 'degraded', start: () => Promise.reject(new Error('no')) })],
    })
    const app = await clock.run(world.kernel([tenant]).start())
    expect(app.probe()).toMatchObject({ status: 'degraded', reasons: [{ resource: 'tenant/cache' }] })
    await clock.run(app.shutdown())
  })

  test('G5 comes and goes with add() and remove()', async () => {
    const world = scene()
    const { config, tenant } = tenancy(world)
    const app = await world.clock.run(world.kernel([config]).start())
    await world.clock.run(app.add(tenant))
    expect(names(app)).toEqual(['config', 'tenant/db', 'tenant/pool', 'tenant'])
    await world.clock.run(app.remove(tenant))
    expect(names(app)).toEqual(['config'])
    expect(world.log.slice(-2)).toEqual(['stop pool', 'stop db'])
    await world.clock.run(app.add(tenant))
    expect(names(app)).toHaveLength(4)
    await world.clock.run(app.remove(config, { dependents: true }))
    expect(names(app)).toEqual([])
    await world.clock.run(app.shutdown())
  })

  test('G5 an addition that fails within leaves nothing behind', async () => {
    const world = scene()
    const { config, tenant } = tenancy(world, { pool: { start: () => Promise.reject(new Error('no')) } })
    const app = await world.clock.run(world.kernel([config]).start())
    await expect(world.clock.run(app.add(tenant))).rejects.toThrow('"tenant/pool" failed to start: no')
    expect(names(app)).toEqual(['config'])
    expect(world.log.at(-1)).toBe('stop db')
    await world.clock.run(app.shutdown())
  })

  test('G5 the same definitions may be parts of several, each under its own name', async () => {
    const world = scene()
    const db = world.traced('db')
    const app = world.kernel(['a', 'b'].map((name) => subgraph(name, { resources: () => [db] })))
    await world.clock.run(app.start())
    expect(names(app)).toEqual(['a/db', 'a', 'b/db', 'b'])
    await world.clock.run(app.shutdown())
  })

  test('G5 may be nested, and depend on what the kernel has', async () => {
    const world = scene()
    const { traced, clock } = world
    const log = traced('log')
    const inner = subgraph('inner', { resources: () => [traced('db', { dependsOn: { log } })] })
    const outer = subgraph('outer', { resources: () => [traced('web', { dependsOn: { inner } })] })
    const app = await clock.run(world.kernel([log, outer]).start())
    expect(names(app)).toEqual(['log', 'outer/inner/db', 'outer/inner', 'outer/web', 'outer'])
    world.log.length = 0
    await clock.run(app.restart(log))
    expect(world.log).toEqual(['stop web', 'stop db', 'stop log', 'start log', 'start db', 'start web'])
    expect(names(app)).toEqual(['log', 'outer/inner/db', 'outer/inner', 'outer/web', 'outer'])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
    expect(world.log.slice(-3)).toEqual(['stop web', 'stop db', 'stop log'])
  })

  test('G5 starts within the limit of starts at once, and does not hold a place while it waits', async () => {
    const world = scene()
    const { api } = tenancy(world, { db: { startMs: 10 }, pool: { startMs: 10 } })
    const app = await world.clock.run(world.kernel([api, world.traced('slow', { startMs: 10 })], { concurrency: 1 }).start())
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('G5 a shutdown while it starts stops what ran and gives up the rest', async () => {
    const world = scene()
    const { api } = tenancy(world, { pool: { startMs: 1_000 } })
    const app = world.kernel([api])
    const failed = startError(app.start())
    await world.clock.advance(10)
    const report = await world.clock.run(app.shutdown())
    expect((await failed).errors.length).toBeGreaterThan(0)
    expect(world.log.slice(0, 6)).toEqual(['start config', 'make of config', 'start db', 'start pool', 'up pool', 'stop pool'])
    expect(report.outcomes.map(({ resource }) => resource).sort()).toEqual([
      'api',
      'config',
      'tenant',
      'tenant/db',
      'tenant/pool',
    ])
    expect(world.log.slice(-2)).toEqual(['stop db', 'stop config'])
  })

  test('G5 a start within that hangs ends with its own timeout, and with the whole', async () => {
    const world = scene()
    const { api } = tenancy(world, { pool: { start: hang, timeouts: { start: 100 } } })
    const error = await world.clock.run(startError(world.kernel([api]).start()))
    expect(error.errors[0]).toMatchObject({ code: 'TIMEOUT', resource: 'tenant/pool' })
    expect(world.elapsed()).toBe(100)
  })

  test('G5 a part that crashes while the rest starts fails the start', async () => {
    const world = scene()
    const db = handled(world, 'db')
    const tenant = subgraph('tenant', { resources: () => [db.resource, world.traced('slow', { startMs: 100 })] })
    const app = world.kernel([tenant])
    const failed = startError(app.start())
    await world.clock.advance(10)
    db.crash('gone')
    const error = await world.clock.run(failed)
    expect(error.errors[0]).toMatchObject({ code: 'CRASHED', resource: 'tenant/db' })
    expect(plain(world.log).at(-1)).toBe('stop db')
  })

  test('G5 its parts are activated when everything runs, and before what depends on it', async () => {
    const world = scene()
    const told: string[] = []
    const telling = (name: string, options: TracedOptions = {}) =>
      world.traced(name, {
        ...options,
        activate: () => void told.push(`activate ${name}`),
        quiesce: () => void told.push(`quiesce ${name}`),
      })
    const tenant = subgraph('tenant', { resources: () => [telling('consumer')] })
    const api = telling('api', { dependsOn: { tenant } })
    const app = await world.clock.run(world.kernel([api, world.traced('slow', { startMs: 50 })]).start())
    expect(told).toEqual(['activate consumer', 'activate api'])
    await world.clock.run(app.restart(tenant))
    expect(told.slice(2)).toEqual(['quiesce api', 'quiesce consumer', 'activate consumer', 'activate api'])
    await world.clock.run(app.shutdown())
    expect(told.slice(6)).toEqual(['quiesce api', 'quiesce consumer'])
  })

  test('G5 checks and health of its parts count like those of any other', async () => {
    const world = scene()
    let healthy = true
    const tenant = subgraph('tenant', {
      resources: () => [world.traced('db', { check: () => healthy, monitor: { interval: 10, failureThreshold: 1 } })],
    })
    const app = await world.clock.run(world.kernel([tenant]).start())
    healthy = false
    await world.clock.advance(20)
    expect(app.probe()).toMatchObject({ status: 'unready', live: true, reasons: [{ resource: 'tenant/db' }] })
    healthy = true
    await world.clock.advance(2_000)
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('G5 a replacement of a definition counts where it is a part, too', async () => {
    const world = scene()
    const db = world.traced('db')
    const tenant = subgraph('tenant', { resources: () => [db] })
    const app = await world.clock.run(world.kernel([tenant], { replace: [replace(db, 'fake')] }).start())
    expect(app.get(tenant).get(db)).toBe('fake')
    await world.clock.run(app.shutdown())
    expect(world.log).toEqual([])
  })

  test('G5 is planned, and shares the one budget', async () => {
    const world = scene()
    const { api } = tenancy(world, { db: { stop: hang }, pool: { stop: hang } })
    const app = await world.clock.run(world.kernel([api], { shutdown: { timeout: 3_000 } }).start())
    expect(app.plan().order).toEqual(['config', 'tenant/db', 'tenant/pool', 'tenant', 'api'])
    await world.clock.run(app.shutdown().catch(() => {}))
    expect(world.elapsed()).toBeLessThanOrEqual(3_000)
    expect(world.log.at(-1)).toBe('stop config')
  })

  test.each([
    [
      'a resource that the kernel has',
      (world: Scene, log: ReturnType<Scene['traced']>) => [log, world.traced('x')],
      /kernel has already/,
    ],
    [
      'two of one name',
      (world: Scene) => [world.traced('x'), world.traced('x')],
      /two different resources are named "tenant\/x"/,
    ],
    ['no list', () => 5 as never, /not a list/],
    ['what is no resource', () => [{}] as never, /not a resource/],
  ])('G5 refuses %s, and says of which subgraph', async (_, resources, said) => {
    const world = scene()
    const log = world.traced('log')
    const tenant = subgraph('tenant', { dependsOn: { log }, resources: () => resources(world, log) })
    const error = await world.clock.run(startError(world.kernel([log, tenant]).start()))
    expect(error.errors[0]!.message).toMatch(said)
    expect(error.errors.at(-1)).toMatchObject({ resource: 'tenant', code: 'START_FAILED' })
  })

  test('G5 refuses what depends on it within it', async () => {
    const world = scene()
    const late: { api?: ReturnType<Scene['traced']> } = {}
    const tenant = subgraph('tenant', { resources: () => [world.traced('x', { after: [late.api!] })] })
    late.api = world.traced('api', { dependsOn: { tenant } })
    const error = await world.clock.run(startError(world.kernel([late.api]).start()))
    expect(error.message).toContain('tenant → tenant/x → api → tenant')
  })

  test.each([
    [{}, 'resources'],
    [{ resources: 5 }, 'resources'],
    [{ resources: () => [], start: () => 1 }, 'start'],
    [{ resources: () => [], impact: 'no' }, 'impact'],
  ])('G5 refuses the options %j', (options, said) => {
    expect(() => subgraph('tenant', options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(said) }),
    )
  })

  test('G5 is not rotated', async () => {
    const world = scene()
    const tenant = subgraph('tenant', { resources: () => [world.traced('x')] })
    const app = await world.clock.run(world.kernel([tenant]).start())
    await expect(app.rotate(tenant)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('subgraph'),
    })
    await world.clock.run(app.shutdown())
  })

  test('G5 a ref to it follows it through restarts', async () => {
    const world = scene()
    const { tenant } = tenancy(world)
    let held: { current: Subgraph | undefined } | undefined
    const user = resource('user', {
      dependsOn: { tenant: ref(tenant) },
      start: ({ tenant }) => {
        held = tenant
      },
    })
    const app = await world.clock.run(world.kernel([user]).start())
    const first = held!.current
    await world.clock.run(app.restart(tenant))
    expect(held!.current).not.toBe(first)
    expect(held!.current!.names).toEqual(['tenant/db', 'tenant/pool'])
    await world.clock.run(app.shutdown())
  })
})
