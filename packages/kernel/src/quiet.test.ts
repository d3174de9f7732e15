import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createKernel, type Dependencies, type Resource, resource } from './index.js'
import { recordingClock } from './test-support/recording-clock.js'
import { startError } from './test-support/rejection.js'
import { hang, processListeners, scene } from './test-support/scene.js'

describe('D8 when it is over nothing is left', () => {
  test('D8 no timer after a start and a stop with asynchronous hooks, checks, delays and timeouts', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { startMs: 5, stopMs: 5, drainMs: 5, check: () => true, monitor: { interval: 50 } })
    const app = kernel([traced('api', { dependsOn: { db }, startMs: 5, check: async () => true })], { shutdown: { delay: 20 } })
    await clock.run(app.start())
    await clock.advance(120)
    await clock.run(app.shutdown())
    expect(clock.pending).toBe(0)
  })

  test('D8 no timer of a check that is running when the kernel stops', async () => {
    const { clock, kernel } = scene()
    let hanging = false
    let signal: AbortSignal | undefined
    const a = resource('a', {
      start: () => 1,
      check: (_, ctx) => {
        signal = ctx.signal
        return hanging ? hang() : true
      },
      monitor: { interval: 50 },
    })
    const app = await clock.run(kernel([a]).start())
    hanging = true
    await clock.advance(60)
    await clock.run(app.shutdown())
    expect(signal!.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('D8 a shutdown in the turn after the start leaves nothing', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { start: async () => 'a', check: async () => true })])
    const failed = startError(app.start())
    await clock.run(app.shutdown())
    await failed
    expect(clock.pending).toBe(0)
  })

  test('D8 a start that is given up while the deadlines of others are being set', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([
      traced('at once', { start: hang, timeouts: { start: 0 } }),
      traced('waiting', { check: hang, timeouts: { start: 60_000, check: 60_000 } }),
    ])
    await clock.run(startError(app.start()))
    expect(clock.pending).toBe(0)
  })

  test('D8 a hook that finished synchronously sets no timer', async () => {
    const { clock, requests } = recordingClock(scene().clock)
    let below: Resource<unknown> | undefined
    for (let i = 0; i < 100; i++) {
      const dependsOn: Dependencies = below === undefined ? {} : { below }
      below = resource<unknown, Dependencies>(`r${i}`, { dependsOn, start: () => i, drain: () => {}, stop: () => {} })
    }
    const app = await createKernel([below!], { clock }).start()
    await app.shutdown()
    expect(requests).toEqual([])
  })

  test('D8 the kernel puts no listener on the process', async () => {
    const before = processListeners()
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    expect(processListeners()).toEqual(before)
    await app.shutdown()
  })

  test('D8 it holds no value that it has stopped', async () => {
    const { kernel } = scene()
    let value: WeakRef<object> | undefined
    const app = kernel([
      resource('a', {
        start: () => {
          const made = { big: new Array(1_000).fill(0) }
          value = new WeakRef(made)
          return made
        },
      }),
    ])
    await app.start()
    await app.shutdown()
    await collectGarbage()
    expect(value!.deref()).toBeUndefined()
    expect(app.state).toBe('stopped')
  })
})

describe('H3 what keeps a process alive', () => {
  test("H3 health timers are unref'd; deadlines of starts and stops are not", async () => {
    const stage = scene()
    const { clock, requests } = recordingClock(stage.clock)
    const a = resource('a', {
      start: () => stage.delay(5, 'a'),
      check: () => stage.delay(5),
      stop: () => stage.delay(5),
      timeouts: { start: 701, check: 702, stop: 703 },
      monitor: { interval: 704 },
    })
    const app = await stage.clock.run(createKernel([a], { clock }).start())
    requests.length = 0
    await stage.clock.advance(750)
    expect(requests.length).toBeGreaterThan(0)
    expect(requests.every(({ unref }) => unref)).toBe(true)
    expect(requests.some(({ ms }) => ms === 704)).toBe(true)
    requests.length = 0
    await stage.clock.run(app.shutdown())
    expect(requests.length).toBeGreaterThan(0)
    expect(requests.some(({ unref }) => unref)).toBe(false)
  })

  const program = fileURLToPath(new URL('../fixtures/idle-process.mjs', import.meta.url))
  test.each([
    ['running with a check', 'running', 'running'],
    ['stopped', 'stopped', 'stopped'],
    ['whose start hangs, until its timeout', 'hanging', 'failed'],
  ])('D8 a process with a kernel %s ends by itself', async (_, mode, state) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: state })
  })
})

/** A full collection, also where node was not started with --expose-gc. */
async function collectGarbage(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0))
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
