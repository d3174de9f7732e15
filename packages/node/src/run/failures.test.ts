import { createKernel, type Impact, type Kernel, resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it, vi } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import type { Problem } from '../words/problem.js'
import { run } from './run.js'

for (const name of ['KUBERNETES_SERVICE_HOST', 'NOTIFY_SOCKET']) vi.stubEnv(name, undefined)

/** Runs a kernel, shuts it down as soon as it is up, and returns what came of it. */
async function shutDown(kernel: Kernel) {
  const { log, lines, entries } = keepEntries()
  kernel.on('kernel:state', ({ to }) => {
    if (to === 'running') void kernel.shutdown('deploy').catch(() => {})
  })
  const code = await run(kernel, { exit: false, log })
  const errors = entries.at(-1)?.fields.errors as Problem[] | undefined
  return { code, lines, last: lines.at(-1), errors }
}

const failing = (impact: Impact) =>
  resource('metrics', { impact, start: () => 1, stop: () => Promise.reject(new Error('the last ones were lost')) })

describe('X2 the exit code', () => {
  it("is not changed by an error of what has impact 'none', which is told all the same", async () => {
    const { code, lines, last } = await shutDown(createKernel([failing('none')], { name: 'shop' }))
    expect(code).toBe(0)
    expect(lines).toContain('warn: resource "metrics" failed to stop: the last ones were lost')
    expect(last).toMatch(/^warn: shop stopped with 1 error in .*, exit code 0$/)
  })

  it.each(['degraded', 'unready'] as const)('is 1 for the same error of what has impact %j', async (impact) => {
    const { code, lines, last } = await shutDown(createKernel([failing(impact)], { name: 'shop' }))
    expect(code).toBe(1)
    expect(lines).toContain('error: resource "metrics" failed to stop: the last ones were lost')
    expect(last).toMatch(/^error: shop stopped with 1 error in .*, exit code 1$/)
  })

  it('is 1 for a crash while others still drain, which the last line counts', async () => {
    let context: StartContext | undefined
    const db = resource('db', {
      impact: 'degraded',
      start: (_deps, ctx) => {
        context = ctx
      },
    })
    const worker = resource('worker', {
      dependsOn: { db },
      start: () => 1,
      drain: async () => {
        context?.crashed(new Error('connection lost'))
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    const { code, lines, last, errors } = await shutDown(createKernel([worker], { name: 'shop' }))
    expect(code).toBe(1)
    expect(lines.filter((line) => line.includes('connection lost'))).toEqual(['error: resource "db" crashed: connection lost'])
    expect(last).toMatch(/shop stopped with 1 error in .*, exit code 1$/)
    expect(errors).toEqual([{ message: 'resource "db" crashed: connection lost', code: 'CRASHED', resource: 'db' }])
  })

  it.each([
    ['none', 0],
    ['degraded', 1],
  ] as const)('does not depend on what is logged: impact %j', async (impact, code) => {
    const kernel = createKernel([failing(impact)])
    kernel.on('kernel:state', ({ to }) => {
      if (to === 'running') void kernel.shutdown().catch(() => {})
    })
    expect(await run(kernel, { exit: false, log: false })).toBe(code)
  })

  it('is 0 for what was aborted because the start was given up', async () => {
    const never = resource('never', {
      start: (_deps, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const kernel = createKernel([never], { name: 'shop' })
    const { log, lines } = keepEntries()
    const code = run(kernel, { exit: false, log })
    await vi.waitFor(() => expect(kernel.state).toBe('starting'))
    void kernel.shutdown('enough').catch(() => {})
    expect(await code).toBe(0)
    expect(lines).toEqual([
      'info: enough: giving up the start of never; stopping what had started',
      expect.stringMatching(/^info: shop stopped in .*, exit code 0$/),
    ])
  })
})

it('L1 asks the kernel for everything as often for 300 failing resources as for one', async () => {
  const failing = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      resource(`r${i}`, { impact: 'none', start: async () => Promise.reject(new Error('no')), stop: () => {} }),
    )
  const calls = async (count: number) => {
    const kernel = createKernel(failing(count))
    const asked = [vi.spyOn(kernel, 'inspect'), vi.spyOn(kernel, 'plan'), vi.spyOn(kernel, 'timeline')]
    const { lines } = await shutDown(kernel)
    expect(lines.filter((line) => line.includes('failed to start'))).toHaveLength(count)
    return asked.map(({ mock }) => mock.calls.length)
  }
  const [one, many] = [await calls(1), await calls(300)]
  expect(many).toEqual(one)
  expect(one[1]).toBe(1)
})
