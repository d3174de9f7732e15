import { createKernel, type KernelOptions, optional, type ResourceLike, ref, resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { refusalOf } from './refusal.js'
import type { Finding } from './rules/finding.js'
import { isNo, type VerifyOptions, verifyKernel } from './verify.js'

const start = () => ({})
const stop = () => {}
const drain = () => {}

function found(resources: ResourceLike[], kernel: KernelOptions = {}, options: VerifyOptions = {}): Finding[] {
  return verifyKernel(createKernel(resources, { name: 'app', ...kernel }), options)
}

/** `rule:resource severity` */
const brief = (findings: readonly Finding[]) =>
  findings.map(({ rule, resource, severity }) => `${rule}${resource === undefined ? '' : `:${resource}`} ${severity}`)

describe('budget-over-grace', () => {
  const api = resource('api', { start, drain, timeouts: { drain: Infinity } })

  it('wants a second for the end of the process behind the worst case', () => {
    expect(found([api], { shutdown: { timeout: 29_000 } })).toEqual([])
    const [finding] = found([api], { shutdown: { timeout: 29_001 } })
    expect(finding).toMatchObject({ rule: 'budget-over-grace', severity: 'error', cure: expect.stringContaining('29 s') })
  })

  it('counts the exitGrace that run() was given', () => {
    expect(brief(found([api], {}, { run: { exitGrace: 10_000 } }))).toEqual(['budget-over-grace error'])
    expect(found([api], {}, { run: { exitGrace: 10_000 }, graceMs: 35_000 })).toEqual([])
  })

  it('asks for what may be, not for what was given', () => {
    const quick = resource('quick', { start, stop, timeouts: { stop: 1_000 } })
    expect(found([quick], { shutdown: { timeout: 60_000 } })).toEqual([])
  })
})

describe('lame-duck', () => {
  const api = resource('api', { start, stop })

  it.each([
    [5_000, 25_000, 30_000, []],
    [12_500, 25_000, 30_000, ['lame-duck warning']],
    [10_000, 28_000, 10_000, ['budget-over-grace error', 'lame-duck error']],
  ])('a delay of %i ms in %i ms, with a grace of %i ms: %j', (delay, timeout, graceMs, rules) => {
    expect(brief(found([api], { shutdown: { delay, timeout } }, { graceMs }))).toEqual(rules)
  })
})

describe('drain-budget', () => {
  it('finds a drain that gets less than it asks for, and says who holds the rest', () => {
    const db = resource('db', { start, stop })
    const jobs = resource('jobs', { dependsOn: { db }, start, drain, timeouts: { drain: 60_000 } })
    const [finding, ...others] = found([jobs])
    expect(others).toEqual([])
    expect(finding).toMatchObject({ rule: 'drain-budget', severity: 'warning', resource: 'jobs' })
    expect(finding!.message).toMatch(/asks for 60 s and gets 24\.5 s; the rest is kept for db/)
  })

  it('is an error where not even the reserves fit', () => {
    const db = resource('db', { start, drain, stop })
    const jobs = resource('jobs', { dependsOn: { db }, start, drain, stop })
    expect(brief(found([jobs], { shutdown: { timeout: 2_000 } }))).toContain('drain-budget:jobs error')
  })

  it('takes a drain without a limit for one that takes what there is', () => {
    const db = resource('db', { start, drain, stop })
    expect(found([resource('api', { dependsOn: { db }, start, drain, timeouts: { drain: Infinity } })])).toEqual([])
  })
})

describe('startup-probe', () => {
  const db = resource('db', { start })
  const api = resource('api', { dependsOn: { db }, start })
  const every10 = (failureThreshold: number) => ({ periodMs: 10_000, failureThreshold })

  it('compares with the critical path, not with one start', () => {
    const [finding] = found([api], {}, { startupProbe: every10(5) })
    expect(finding).toMatchObject({ rule: 'startup-probe', severity: 'error' })
    expect(finding!.message).toMatch(/may take 60 s \(db → api\), but the startupProbe gives up after 50 s/)
    expect(finding!.cure).toMatch(/failureThreshold of the startupProbe to 6/)
    expect(found([api], {}, { startupProbe: every10(6) })).toEqual([])
  })

  it('of liveness asks only where nobody answers it from the first moment on', () => {
    expect(brief(found([api], {}, { livenessProbe: every10(3) }))).toEqual(['startup-probe error'])
    expect(found([api], {}, { livenessProbe: every10(3), run: { probes: { port: 9000 } } })).toEqual([])
    expect(found([api], {}, { livenessProbe: every10(3), startupProbe: every10(6) })).toEqual([])
  })
})

it('no-limit', () => {
  const db = resource('db', { start, stop, timeouts: { start: Infinity, stop: Infinity } })
  expect(brief(found([db]))).toEqual(['no-limit:db warning', 'no-limit:db warning'])
  const quick = resource('quick', { start, stop, timeouts: { stop: 100 } })
  expect(brief(found([quick], { shutdown: { timeout: Infinity } }))).toEqual(['no-limit error'])
})

describe('degradable-dependency and shared-dependency', () => {
  const away = () => Promise.reject(new Error('away'))
  const cases = {
    'degradable-dependency': { impact: 'degraded' },
    'shared-dependency': { shared: true, retry: true },
  } as const

  it.each(Object.keys(cases) as (keyof typeof cases)[])(
    '%s is true: the start fails where the kernel was to go on',
    async (rule) => {
      const db = resource('db', { start: away, ...cases[rule] })
      const kernel = createKernel([resource('api', { dependsOn: { db }, start })])
      expect(brief(verifyKernel(kernel))).toEqual([`${rule}:api warning`])
      await expect(kernel.start()).rejects.toThrow('did not start')
    },
  )

  it.each([ref, optional])('its cure is one: %o', async (kind) => {
    const db = resource('db', { start: away, impact: 'degraded' })
    const kernel = createKernel([resource('api', { dependsOn: { db: kind(db) }, start })])
    expect(verifyKernel(kernel)).toEqual([])
    await kernel.start()
    await kernel.shutdown()
  })

  it('asks nothing of who may be missing, too', () => {
    const cache = resource('cache', { start, impact: 'none' })
    expect(found([resource('report', { dependsOn: { cache }, start, impact: 'degraded' })])).toEqual([])
  })
})

describe('fleet-restart', () => {
  const policy = { retry: true, restart: { attempts: 3, within: 60_000 } } as const

  it('finds a client of a server whose restarts are used up in an outage', () => {
    const [finding, ...others] = found([resource('db', { start, ...policy })])
    expect(others).toEqual([])
    expect(finding).toMatchObject({ rule: 'fleet-restart', severity: 'warning', resource: 'db' })
    expect(finding!.message).toMatch(/3 restarts are used up about 700 ms into an outage/)
  })

  it.each([
    ['shared', { shared: true, impact: 'unready' }],
    ['with attempts that never end', { restart: { attempts: Infinity, within: 60_000 } }],
    ['that the kernel goes on without', { impact: 'degraded' }],
    ['that is no client of a server', { retry: undefined }],
  ] as const)('not one %s', (_, options) => {
    const { retry, ...others } = { ...policy, ...options }
    expect(found([resource('db', { start, ...others, ...(retry && { retry }) })])).toEqual([])
  })
})

it('leader-lease says what the package of the leader says', () => {
  const verify = () => {
    throw new Error('resource "jobs": its lease of 15 s is too short; take a lease of 20 s')
  }
  const jobs = resource('jobs', { start })
  const claim = { resource: 'jobs', rule: 'leader-lease', verify }
  const [finding, ...others] = found([jobs], {}, { claims: [claim, { ...claim, resource: 'elsewhere' }] })
  expect(others).toEqual([])
  expect(finding).toMatchObject({ resource: 'jobs', message: 'its lease of 15 s is too short', cure: 'take a lease of 20 s' })
})

it('what was opened at the load is a note, and a note is no no', () => {
  const findings = found([resource('db', { start })], {}, { opened: ['Timeout', 'Timeout'] })
  expect(brief(findings)).toEqual(['opened-at-load note'])
  expect(isNo(findings)).toBe(false)
})

describe('what is allowed', () => {
  const db = resource('db', { start, timeouts: { start: Infinity } })
  const cache = resource('cache', { start, timeouts: { start: Infinity } })

  it.each([
    [[], [false, false], true],
    [['no-limit'], [true, true], false],
    [['no-limit:db'], [true, false], true],
    [['no-limit:db', 'no-limit:cache'], [true, true], false],
    [['drain-budget', 'db'], [false, false], true],
  ])('%j', (allow, allowed, no) => {
    const findings = found([db, cache], {}, { allow })
    expect(findings.map((finding) => finding.allowed)).toEqual(allowed)
    expect(isNo(findings)).toBe(no)
  })
})

it('worst first', () => {
  const findings = found([resource('db', { start, timeouts: { start: Infinity } }), resource('api', { start, drain })], {
    shutdown: { timeout: 60_000, delay: 20_000 },
  })
  expect(brief(findings).map((text) => text.split(' ')[1])).toEqual(['error', 'warning', 'warning'])
})

describe('what no kernel can be made of is a finding, too', () => {
  const thrownBy = (act: () => unknown) => {
    try {
      act()
    } catch (error) {
      return error
    }
    throw new Error('nothing was thrown')
  }

  it.each([
    ['duplicate', () => createKernel([resource('a', { start }), resource('a', { start })])],
    ['invalid-option', () => createKernel([], { shutdown: { delay: 30_000, timeout: 25_000 } })],
  ])('%s', (rule, act) => {
    expect(refusalOf(thrownBy(act))).toMatchObject({ rule, severity: 'error', allowed: false })
  })

  it('but nothing else', () => {
    expect(refusalOf(new Error('no'))).toBeUndefined()
    expect(refusalOf(undefined)).toBeUndefined()
    expect(refusalOf(Object.assign(new Error('no'), { code: 'toString' }))).toBeUndefined()
  })
})
