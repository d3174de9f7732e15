import { createKernel, type Resource, resource, task } from '@keelson/kernel'
import { httpServer, run } from '@keelson/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Known } from '../load/reader.js'
import { shop, shopFacts } from '../test-support/services.js'
import { readService } from './read-service.js'
import { factsOf } from './service-facts.js'

/** What `run()` makes of a kernel where these variables are set. */
async function shutdownUnder(env: Readonly<Record<string, string>>, options = {}) {
  for (const [name, value] of Object.entries(env)) {
    const before = process.env[name]
    process.env[name] = value
    onTestFinished(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  const kernel = createKernel([resource('db', { start: () => {} })], options)
  const over = run(kernel, { exit: false, log: false, lastWords: false })
  await expect.poll(() => kernel.state).toBe('running')
  const { shutdown } = kernel.plan()
  await kernel.shutdown('over', { delay: 0 })
  await over
  return shutdown
}

describe('MF1 what a manifest is derived from', () => {
  it.each([{}, { shutdown: { timeout: 12_000 } }, { shutdown: { delay: 1_000 } }])(
    'is what run() makes of %j in Kubernetes',
    async (options) => {
      const { delayMs, timeoutMs } = shopFacts(options).stop
      expect(await shutdownUnder({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, options)).toEqual({ delayMs, timeoutMs })
    },
  )

  it.each([{}, { shutdown: { timeout: 12_000 } }])(
    'is what run() makes of %j where it has ten seconds, as under docker stop',
    async (options) => {
      const { delayMs, timeoutMs } = shopFacts(options, 'docker').stop
      expect(await shutdownUnder({ K_SERVICE: 'shop' }, options)).toEqual({ delayMs, timeoutMs })
    },
  )

  it('tells what run() has chosen from what createKernel() was given', () => {
    expect(shopFacts().stop).toMatchObject({ delayMs: 5_000, delayIsFitted: true, timeoutMs: 25_000, timeoutIsFitted: false })
    expect(shopFacts({ shutdown: { delay: 2_000 } }).stop).toMatchObject({ delayMs: 2_000, delayIsFitted: false })
    expect(shopFacts({}, 'docker').stop).toMatchObject({ timeoutMs: 9_000, timeoutIsFitted: true, overMs: 10_000 })
    expect(shopFacts({ shutdown: { timeout: 20_000 } }, 'docker').stop).toMatchObject({
      timeoutMs: 20_000,
      timeoutIsFitted: false,
    })
  })

  it('is what the hooks ask for where the budget has no limit, and no figure where they have none either', () => {
    const endless = { shutdown: { timeout: Infinity } }
    const db = resource('db', { start: () => {}, stop: () => {}, timeouts: { stop: 7_000 } })
    expect(factsOf(createKernel([db], endless), {}, 'systemd').stop).toMatchObject({ timeoutMs: Infinity, overMs: 8_000 })
    expect(() => factsOf(shop(endless), {}, 'systemd')).toThrow('a shutdown of shop has no limit')
  })

  it('is of an exitGrace that has an end', () => {
    expect(shopFacts({}, 'systemd', { exitGrace: Infinity }).stop.exitGraceMs).toBe(1_000)
    expect(shopFacts({}, 'systemd', { exitGrace: 0 }).stop.exitGraceMs).toBe(1_000)
  })
})

describe('whether it is a job', () => {
  const OPTIONS = { name: undefined, port: [], 'probe-port': undefined, env: [], margin: 4_000, kind: undefined }
  const read = (resources: Resource<unknown>[], known: Record<string, Known>, options: object = {}) => {
    const kernel = createKernel(resources, { name: 'Night Totals' })
    const { own, jobWhy } = readService(
      { kernel, run: {}, known: new Map(Object.entries(known)) },
      { ...OPTIONS, ...options },
      'kubernetes',
    )
    return { ...own, said: jobWhy !== undefined }
  }
  const totals = task('totals', { run: async () => {} })
  const api = httpServer('api', { port: 3000, listener: () => () => {} })
  const done: Known = { onEnd: 'shutdown', restarts: false }

  it.each([
    ['a task that ends the service when it is done', [totals], { totals: done }, {}, true],
    ['what has a server beside it', [totals, api], { totals: done, api: { port: 3000 } }, {}, false],
    ['a loop that is run again when it fails', [totals], { totals: { onEnd: 'shutdown', restarts: true } as Known }, {}, false],
    ['a loop that is run again when it ends', [totals], { totals: { onEnd: 'restart', restarts: false } as Known }, {}, false],
    ['a task of another kernel', [api], { totals: done }, {}, false],
    ['what listens somewhere', [totals], { totals: done }, { port: ['8080'] }, false],
    ['what is said to be a service', [totals], { totals: done }, { kind: 'service' }, false],
    ['what is said to be a job', [api], {}, { kind: 'job' }, true],
  ] as const)('%s', (_what, resources, known, options, job) => {
    expect(read([...resources], known, options)).toMatchObject({ job, name: 'night-totals', said: job && !('kind' in options) })
  })

  it('takes the ports of its servers where none are given', () => {
    const known: Record<string, Known> = { api: { port: 3000, protocol: 'https' }, other: { port: 4000 } }
    expect(read([api], known).ports).toEqual([{ port: 3000, protocol: 'https' }])
    expect(read([api], known, { port: ['8080', '3000'] }).ports).toEqual([
      { port: 8080, protocol: 'http' },
      { port: 3000, protocol: 'https' },
    ])
  })

  it.each([
    [{ port: ['http'] }, '--port must be a port from 1 to 65535, not "http"'],
    [{ port: ['70000'] }, '--port must be a port'],
    [{ 'probe-port': 0 }, '--probe-port must be a port'],
    [{ env: ['A B=1'] }, '--env must be NAME=VALUE'],
  ])('refuses %j', (options, message) => {
    expect(() => read([api], {}, options)).toThrow(message)
  })
})
