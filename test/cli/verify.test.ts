import { describe, expect, it } from 'vitest'
import { fixture, keelson } from './keelson.js'

interface Told {
  readonly ok: boolean
  readonly findings: readonly { readonly rule: string; readonly resource?: string; readonly allowed: boolean }[]
}

describe.concurrent('CL3 keelson verify', () => {
  it('has exit code 0 where all fits', async () => {
    const { code, out } = await keelson(['verify', fixture('exported.ts')])
    expect(code).toBe(0)
    expect(out).toMatch(/exported: fits, with a grace of 30 s/)
  })

  it('has exit code 1 and tells what does not, of whom, and what to do', async () => {
    const { code, out } = await keelson(['verify', fixture('misfits.ts'), '--startup-probe', '10x3', '--json'])
    expect(code).toBe(1)
    const { ok, findings } = JSON.parse(out) as Told
    expect(ok).toBe(false)
    expect(findings.map(({ rule, resource }) => (resource === undefined ? rule : `${rule}:${resource}`))).toEqual([
      'budget-over-grace',
      'startup-probe',
      'leader-lease:lead',
      'lame-duck',
      'drain-budget:queue',
      'no-limit:db',
      'no-limit:cache',
      'degradable-dependency:api',
      'shared-dependency:api',
      'fleet-restart:queue',
      'opened-at-load',
    ])
  })

  it('has exit code 0 where all that does not is allowed', async () => {
    const rules = [
      'lame-duck',
      'drain-budget',
      'no-limit',
      'degradable-dependency',
      'shared-dependency',
      'fleet-restart',
      'leader-lease',
    ]
    const allow = rules.flatMap((rule) => ['--allow', rule])
    const { code, out } = await keelson(['verify', fixture('misfits.ts'), '--grace', '41s', ...allow])
    expect(out).toMatch(/allowed {2}fleet-restart queue\n/)
    expect(code).toBe(0)
  })

  it('knows what run() makes of the budget on a platform, where nothing was given', async () => {
    const [grace, fitted, longer, given] = await Promise.all([
      keelson(['verify', fixture('exported.ts'), '--grace', '10']),
      keelson(['verify', fixture('exported.ts'), '--platform', 'cloud-run']),
      keelson(['verify', fixture('exported.ts'), '--platform', 'cloud-run', '--grace', '9']),
      keelson(['verify', fixture('release.ts'), '--platform', 'cloud-run', '--json']),
    ])
    expect([grace.code, fitted.code, longer.code, given.code]).toEqual([1, 0, 1, 1])
    expect(fitted.out).toMatch(/fits, with a grace of 10 s/)
    expect(JSON.parse(given.out).findings[0]).toMatchObject({
      rule: 'budget-over-grace',
      message: expect.stringContaining('60 s'),
    })
  })

  it('tells a cycle as a finding', async () => {
    const { code, out } = await keelson(['verify', fixture('cycle.ts'), '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      findings: [{ rule: 'cycle', message: expect.stringContaining('a → b → a') }],
    })
  })

  it.each([
    [['--allow', 'no-limt'], 'did you mean no-limit?'],
    [['--startup-probe', '30'], '--startup-probe must be PERIODxTHRESHOLD'],
    [['--grace', 'long'], '--grace must be a time'],
  ])('%j is a mistake', async (args, words) => {
    const { code, err } = await keelson(['verify', fixture('exported.ts'), ...args])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })
})
