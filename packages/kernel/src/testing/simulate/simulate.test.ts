import { describe, expect, test } from 'vitest'
import { type Kernel, optional, type Resource, ref, resource } from '../../index.js'
import { rejection } from '../../test-support/rejection.js'
import { type Schedule, type SimulateOptions, SimulationError, simulate } from '../../testing.js'

/** A small application: two layers, every kind of edge, one policy. */
function shop(): Resource<unknown>[] {
  const db = resource('db', {
    start: () => 'db',
    check: () => true,
    stop: () => {},
    restart: { attempts: 3, within: 60_000 },
  })
  const flags = resource('flags', { start: () => 'flags', impact: 'none' })
  const cache = resource('cache', { dependsOn: { db }, start: () => 'cache', impact: 'degraded', kill: () => {} })
  const api = resource('api', {
    dependsOn: { db, cache: optional(cache), flags: ref(flags) },
    start: () => 'api',
    drain: () => {},
    stop: () => {},
  })
  return [api]
}

const CALM: SimulateOptions['faults'] = {
  delay: 0,
  failure: 0,
  hang: 0,
  late: 0,
  check: 0,
  crash: 0,
  unhealthy: 0,
  restart: 0,
  add: 0,
  remove: 0,
  use: 0,
  track: 0,
  end: 0,
  cordon: 0,
  checkNow: 0,
  fail: 0,
  start: 0,
  shutdown: 0,
}

async function broken(work: Promise<unknown>): Promise<SimulationError> {
  const error = await rejection(work)
  if (error instanceof SimulationError) return error
  throw error
}

describe('a simulation', () => {
  test('runs a graph through many schedules and tells what it did', async () => {
    const result = await simulate(shop(), { runs: 300 })
    expect(result.runs).toBe(300)
    expect(result.steps).toBeGreaterThan(300 * 20)
    expect(result.ms).toBeGreaterThan(0)
    const { standBy, ...faults } = result.faults
    expect(standBy).toBe(0)
    for (const [kind, count] of Object.entries(faults)) expect(count, kind).toBeGreaterThan(0)
  })

  test('does the same for the same seed, and something else for another', async () => {
    const figures = async (seed: number) => {
      const { steps, faults } = await simulate(shop(), { runs: 50, seed })
      return { steps, faults }
    }
    expect(await figures(7)).toEqual(await figures(7))
    expect(await figures(7)).not.toEqual(await figures(8))
  })

  test('without faults still starts, lives and stops', async () => {
    const { faults, steps } = await simulate(shop(), { runs: 3, faults: CALM })
    expect(Object.values(faults).every((count) => count === 0)).toBe(true)
    expect(steps).toBeGreaterThan(0)
  })

  test('injects only the faults that are asked for', async () => {
    const { faults } = await simulate(shop(), { runs: 100, faults: { ...CALM, crash: 3 } })
    expect(faults.crash).toBeGreaterThan(50)
    expect({ ...faults, crash: 0, listener: 0 }).toEqual({
      ...faults,
      ...Object.fromEntries(Object.keys(faults).map((kind) => [kind, 0])),
    })
  })

  test('takes an empty graph and one of a single resource', async () => {
    expect(await simulate([], { runs: 5 })).toMatchObject({ runs: 5 })
    expect(await simulate([resource('a', { start: () => 1 })], { runs: 50 })).toMatchObject({ runs: 50 })
  })

  test('keeps the names, replacements and options of a kernel', async () => {
    const names = new Set<string>()
    const [api] = shop()
    const { replace } = await import('../../testing.js')
    await simulate([resource('top', { dependsOn: { api: api! }, start: () => 1 })], {
      runs: 2,
      faults: CALM,
      kernel: { name: 'shop', replace: [replace(api!, resource('fake', { start: () => 'fake' }))], shutdown: { timeout: 100 } },
      invariant: (kernel) => {
        names.add(kernel.name)
        for (const { name } of kernel.inspect().resources) names.add(name)
      },
    })
    expect([...names].sort()).toEqual(['api', 'shop', 'top'])
  })
})

describe('hooks', () => {
  test('modelled: no hook of the user runs', async () => {
    const hook = () => expect.unreachable('a hook of the user ran')
    await simulate([resource('a', { start: hook, check: hook, drain: hook, stop: hook, kill: hook })], { runs: 50 })
  })

  test('real: the hooks of the user run with their values, and are given back what they made', async () => {
    const open = new Set<object>()
    let made = 0
    const db = resource('db', {
      start: () => {
        const value = { n: made++ }
        open.add(value)
        return value
      },
      check: (value) => open.has(value),
      stop: async (value) => {
        if (!open.delete(value)) throw new Error('not open')
      },
    })
    const api = resource('api', {
      dependsOn: { db },
      start: ({ db }) => ({ db, open: open.has(db) }),
      check: (value) => value.open,
    })
    const { steps } = await simulate([api], { runs: 200, hooks: 'real', faults: { hang: 0, late: 0 } })
    expect(steps).toBeGreaterThan(0)
    expect(made).toBeGreaterThan(200)
    expect(open.size).toBe(0)
  })

  test('S11 modelled: stand by where that is asked for; real: where they do so themselves', async () => {
    const { faults } = await simulate(shop(), { runs: 50, faults: { standBy: 0.5 } })
    expect(faults.standBy).toBeGreaterThan(0)
    const kinds = new Set<string>()
    await simulate(
      (clock) => {
        const leader = resource('leader', {
          impact: 'none',
          restart: { attempts: Infinity, within: 60_000 },
          start: async (_, ctx) => {
            ctx.standBy('another leads')
            await new Promise<void>((resolve) => void clock.setTimeout(resolve, 20))
            return {}
          },
        })
        return [resource('job', { dependsOn: { leader }, start: () => ({}) })]
      },
      {
        runs: 100,
        hooks: 'real',
        faults: { crash: 3 },
        invariant: (kernel) => {
          for (const { name, state, standby } of kernel.inspect().resources) kinds.add(`${name} ${standby ?? state}`)
        },
      },
    )
    expect([...kinds]).toEqual(expect.arrayContaining(['leader another leads', 'job leader stands by', 'job running']))
  })

  test('real: made anew for each run, around its clock', async () => {
    let builds = 0
    const { runs } = await simulate(
      (clock) => {
        builds++
        const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
        return [resource('slow', { start: () => wait(100), stop: () => wait(50) })]
      },
      { runs: 20, hooks: 'real' },
    )
    expect(builds).toBe(runs)
  })
})

describe('a rule that does not hold', () => {
  /** A rule of a user that the first crash breaks. */
  const alwaysReady = (kernel: Kernel) => {
    const { status, reasons } = kernel.probe()
    if (status === 'unready') throw new Error(`not ready because of ${reasons.map(({ resource }) => resource)}`)
  }

  test('ends the simulation with the seed, the shortest schedule and what the kernel said', async () => {
    const options = { runs: 500, seed: 3, invariant: alwaysReady }
    const error = await broken(simulate(shop(), options))
    expect(error.rule).toBe('the given invariant holds')
    expect(error.seed).toBeGreaterThanOrEqual(3)
    expect(error.schedule.length).toBeLessThanOrEqual(3)
    expect(error.message).toContain(`the run with seed ${error.seed}`)
    expect(error.message).toContain('not ready because of')
    expect(error.message).toContain('replay: [')
    expect(error.events).toContain('probe: ready → unready')
    expect(error.message).toContain('probe: ready → unready')
  })

  test('is broken again by its seed alone, and by its schedule', async () => {
    const first = await broken(simulate(shop(), { runs: 500, seed: 3, invariant: alwaysReady }))
    const bySeed = await broken(simulate(shop(), { runs: 1, seed: first.seed!, invariant: alwaysReady }))
    expect(bySeed.schedule).toEqual(first.schedule)
    const bySchedule = await broken(simulate(shop(), { replay: first.schedule, invariant: alwaysReady }))
    expect(bySchedule).toMatchObject({ rule: first.rule, schedule: first.schedule, events: first.events })
    expect(bySchedule.seed).toBeUndefined()
  })

  test('is shrunk to what is needed: a crash at once', async () => {
    const faults = { ...CALM, delay: 0.5, crash: 3, add: 1, use: 2, unhealthy: 0, restart: 0, remove: 0 }
    const error = await broken(simulate(shop(), { runs: 500, invariant: alwaysReady, faults: { ...faults, listener: 0 } }))
    expect(error.schedule).toEqual([{ do: 'crash', resource: expect.stringMatching(/api|db/), at: 0 }])
  })

  test('has its schedule printed as source that says the same', async () => {
    const error = await broken(simulate(shop(), { runs: 500, invariant: alwaysReady }))
    const source = /replay: (\[[\s\S]*?\n\])/.exec(error.message)![1]!
    expect(new Function(`return ${source}`)()).toEqual(error.schedule)
  })

  test('a replay that breaks nothing resolves', async () => {
    const schedule: Schedule = [
      { do: 'crash', resource: 'db', at: 10 },
      { resource: 'db', hook: 'start', call: 2, does: 'rejects', ms: 5 },
      { do: 'remove', resource: 'nobody', at: 20 },
    ]
    expect(await simulate(shop(), { replay: schedule })).toMatchObject({ runs: 1, faults: { crash: 1, failure: 1 } })
    expect(await simulate(shop(), { replay: [] })).toMatchObject({ runs: 1 })
  })
})

describe('options', () => {
  test.each<[string, object, RegExp]>([
    ['an unknown fault', { faults: { hangs: 1 } }, /faults\.hangs is not an option; choose from delay/],
    ['a probability above 1', { faults: { hang: 2 } }, /faults\.hang is 2/],
    ['a negative count', { faults: { crash: -1 } }, /faults\.crash is -1/],
    ['NaN', { faults: { crash: Number.NaN } }, /faults\.crash is NaN/],
    ['an unknown option', { run: 5 }, /run is not an option of simulate\(\); choose from runs/],
    ['no runs', { runs: 0 }, /runs is 0/],
    ['half a run', { runs: 1.5 }, /runs is 1\.5/],
    ['a seed that is none', { seed: Number.NaN }, /seed is NaN/],
    ['an endless run', { duration: Infinity }, /duration is Infinity/],
    ['a schedule that is none', { replay: 'crash' }, /replay is not an array/],
    ['a word that is none of hooks', { hooks: 'mine' }, /hooks is neither 'modelled' nor 'real'/],
  ])('%s is refused', async (_, options, message) => {
    expect(await rejection(simulate(shop(), options as SimulateOptions))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    })
  })

  test('one resource instead of a list is refused, for a simulation of nothing breaks no rule', async () => {
    const db = resource('db', { start: () => 1 })
    for (const wrong of [db, { db }, () => db]) {
      expect(await rejection(simulate(wrong as never, { runs: 1 }))).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/resources are not a list.*\[api\]/),
      })
    }
  })

  test('a graph that no kernel takes is refused as a kernel refuses it', async () => {
    const one = resource('db', { start: () => 1 })
    const two = resource('db', { start: () => 2 })
    expect(await rejection(simulate([one, two]))).toMatchObject({ code: 'DUPLICATE_RESOURCE' })
  })
})
