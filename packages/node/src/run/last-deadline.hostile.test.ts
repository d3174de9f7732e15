// Attacked: the end of a process: shutdowns that never end, throw or lose their promise.
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { run } from './run.js'

for (const name of ['KUBERNETES_SERVICE_HOST', 'NOTIFY_SOCKET']) vi.stubEnv(name, undefined)

afterEach(() => void vi.useRealTimers())

/** A kernel that runs, and of which the shutdown is replaced; ends when run() does. */
async function runWith(shutdown: Kernel['shutdown'], exitGrace = 1_000) {
  const kernel = createKernel([resource('db', { start: () => 1, stop: () => {}, timeouts: { stop: 10 } })], { name: 'shop' })
  const { log, entries } = keepEntries()
  const up = new Promise<void>((resolve) => kernel.on('kernel:state', ({ to }) => to === 'running' && resolve()))
  const listeners = process.listenerCount('uncaughtException')
  const code = run(kernel, { exit: false, log, signals: ['SIGUSR2'], exitGrace })
  await up
  const own = kernel.shutdown.bind(kernel)
  Object.defineProperty(kernel, 'shutdown', { value: shutdown, configurable: true })
  process.emit('SIGUSR2')
  const result = { code: await code, last: entries.at(-1)! }
  expect(process.listenerCount('uncaughtException')).toBe(listeners)
  await own()
  return result
}

describe('X12 the last deadline', () => {
  it.each([0, Infinity])('[A4] ends a run whose kernel never stops, and says what is left; exitGrace %d', async (exitGrace) => {
    const { code, last } = await runWith(() => new Promise(() => {}), exitGrace)
    expect(code).toBe(1)
    expect(last.message).toMatch(/^the shutdown of shop is not over within .*; exit code 1; not stopped: db running/)
    expect(last.fields).toMatchObject({ event: 'process:deadline', exitCode: 1, unfinished: { db: 'running' } })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('a defect')
      },
    ],
    ['rejects without a report', () => Promise.reject(new Error('a defect'))],
  ])('does not wait for a shutdown that %s', async (_what, shutdown) => {
    const { code, last } = await runWith(shutdown)
    expect(code).toBe(1)
    expect(last.message).toMatch(/^the shutdown of shop failed: a defect; exit code 1; not stopped: db running/)
    expect(last.fields).toMatchObject({ event: 'process:deadline', error: { message: 'a defect' } })
  })

  it('comes though a test has faked every timer', async () => {
    vi.useFakeTimers()
    const { code } = await runWith(() => new Promise(() => {}))
    expect(code).toBe(1)
  })

  it('is none where a shutdown may take for ever', async () => {
    let release = () => {}
    const stopping = new Promise<void>((resolve) => {
      release = resolve
    })
    const kernel = createKernel([resource('db', { start: () => 1, stop: () => stopping, timeouts: { stop: Infinity } })], {
      shutdown: { timeout: Infinity },
    })
    const { log, entries } = keepEntries()
    const code = run(kernel, { exit: false, log, exitGrace: 0 })
    await vi.waitFor(() => expect(kernel.state).toBe('running'))
    void kernel.shutdown()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    release()
    expect(await code).toBe(0)
    expect(entries.map(({ fields }) => fields.event)).not.toContain('process:deadline')
  })
})
