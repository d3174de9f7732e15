import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { handOver, keepFromExit } from './hand-over.js'

const SIGNAL = 'SIGUSR2'
const held = [{ event: SIGNAL, args: [SIGNAL, 12] }]
const soon = () => new Promise((resolve) => setTimeout(resolve, 1))

afterEach(() => expect(process.listenerCount(SIGNAL)).toBe(0))

function guests(...listeners: ((...args: never[]) => unknown)[]): void {
  for (const listener of listeners) process.on(SIGNAL, listener as () => void)
  onTestFinished(() => void process.removeAllListeners(SIGNAL))
}

function noExit() {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  onTestFinished(() => {
    exit.mockRestore()
    kill.mockRestore()
  })
  return { exit, kill }
}

test('X6 the listeners have their turn in their order, with what Node passes, and a promise is awaited', async () => {
  const log: unknown[] = []
  guests(
    async (...args) => {
      log.push(args)
      await soon()
      log.push('flushed')
    },
    () => log.push('second'),
  )
  process.once(SIGNAL, () => log.push('once'))
  const handed = await handOver(held, () => 1_000)
  expect(log).toEqual([[SIGNAL, 12], 'flushed', 'second', 'once'])
  expect(handed.map(({ turn }) => turn)).toEqual(['done', 'detached', 'detached'])
  expect(process.listenerCount(SIGNAL)).toBe(2)
  process.removeAllListeners(SIGNAL)
})

test('X6 a listener that one before it took away has no turn, nor has one that came meanwhile', async () => {
  const second = vi.fn()
  const late = vi.fn()
  guests(() => {
    process.off(SIGNAL, second)
    process.on(SIGNAL, late)
  }, second)
  await handOver(held, () => 1_000)
  expect(second).not.toHaveBeenCalled()
  expect(late).not.toHaveBeenCalled()
  process.removeAllListeners(SIGNAL)
})

test('X6 one that fails, or does not end in time, keeps none from its turn', async () => {
  const last = vi.fn()
  guests(
    () => {
      throw new Error('no collector')
    },
    () => Promise.reject(new Error('no collector')),
    () => new Promise(() => {}),
    last,
  )
  const handed = await handOver(held, () => 5)
  expect(handed.map(({ turn }) => turn)).toEqual(['failed', 'failed', 'late', 'detached'])
  expect(handed[1]?.error).toMatchObject({ message: 'no collector' })
  expect(last).toHaveBeenCalled()
  process.removeAllListeners(SIGNAL)
})

test('X6 without time left each is called, and none waited for', async () => {
  const called = vi.fn(() => new Promise(() => {}))
  guests(called, called)
  const handed = await handOver(held, () => -1_000)
  expect(called).toHaveBeenCalledTimes(2)
  expect(handed.map(({ turn }) => turn)).toEqual(['late', 'late'])
  process.removeAllListeners(SIGNAL)
})

test('X6 whoever ends the process in its turn, or later because of it, does not, and the next has its turn', async () => {
  const { exit, kill } = noExit()
  const asked = vi.fn()
  const release = keepFromExit(asked)
  const last = vi.fn()
  guests(
    () => process.exit(143),
    async () => {
      await soon()
      process.kill(process.pid, 'SIGTERM')
      await new Promise(() => {})
    },
    () => void setTimeout(() => process.exit(7), 1),
    () => process.kill(process.pid, SIGNAL),
    last,
  )
  const handed = await handOver(held, () => 60_000)
  expect(handed.map(({ turn }) => turn)).toEqual(['exit', 'exit', 'detached', 'exit', 'detached'])
  expect(last).toHaveBeenCalled()
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(4))
  expect(exit).not.toHaveBeenCalled()
  expect(kill).not.toHaveBeenCalled()
  // What the application does is its own affair, and so are signals to others.
  process.exit(3)
  process.kill(process.pid, 0)
  expect(exit).toHaveBeenCalledWith(3)
  expect(kill).toHaveBeenCalledWith(process.pid, 0)
  release()
  expect(process.exit).toBe(exit)
  expect(process.kill).toBe(kill)
  process.removeAllListeners(SIGNAL)
})
