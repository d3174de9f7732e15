import { expect, onTestFinished, test, vi } from 'vitest'
import { type End, endingSignal, watchEnds } from './ends.js'

function spied() {
  const spies = [
    vi.spyOn(process, 'exit').mockReturnValue(undefined as never),
    vi.spyOn(process, 'kill').mockReturnValue(true),
    vi.spyOn(process, 'abort').mockReturnValue(undefined as never),
  ] as const
  const { exitCode } = process
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = exitCode
  })
  return { exit: spies[0], kill: spies[1], abort: spies[2] }
}

function watched(wait: boolean) {
  const told: [End, boolean][] = []
  const watch = watchEnds((end, kept) => told.push([end, kept]), wait)
  onTestFinished(() => watch.quit())
  return { watch, told }
}

const here = { at: expect.stringMatching(/ends\.test\.ts:\d+$/) }

test('X7 whoever kills or aborts the process in a shutdown is told of before it happens, once', () => {
  const { kill, abort } = spied()
  const { watch, told } = watched(false)
  process.kill(process.pid, 'SIGKILL')
  expect(told).toEqual([])
  watch.drain()
  watch.drain()
  kill.mockImplementationOnce(() => {
    expect(told).toHaveLength(1)
    return true
  })
  process.kill(process.pid, 'SIGKILL')
  process.abort()
  expect(told).toEqual([[{ call: 'process.kill', signal: 'SIGKILL', by: here }, false]])
  expect(kill).toHaveBeenLastCalledWith(process.pid, 'SIGKILL')
  expect(abort).toHaveBeenCalled()
  watch.quit()
  expect(process.kill).toBe(kill)
  expect(process.abort).toBe(abort)
})

test("X7 with exitDuringDrain 'wait' the first exit code is kept and told, SIGKILL is not held up", () => {
  const { exit, kill } = spied()
  const { watch, told } = watched(true)
  watch.drain()
  expect(watch.kept).toBe(false)
  process.exit(3)
  process.exit(4)
  process.kill(process.pid, 'SIGUSR2')
  expect(exit).not.toHaveBeenCalled()
  expect(kill).not.toHaveBeenCalled()
  expect(watch.kept).toBe(true)
  expect(process.exitCode).toBe(3)
  process.kill(process.pid, 'SIGKILL')
  expect(kill).toHaveBeenCalledTimes(1)
  expect(told.map(([end, kept]) => [end.call, end.exitCode, end.signal, kept])).toEqual([
    ['process.exit', 3, undefined, true],
    ['process.kill', undefined, 'SIGKILL', false],
  ])
  watch.quit()
  expect(process.exit).toBe(exit)
})

test("X7 with 'wait' a signal that the process sends to itself becomes its exit code", () => {
  const { kill } = spied()
  const { watch } = watched(true)
  watch.drain()
  expect(process.kill(process.pid, 'SIGUSR2')).toBe(true)
  expect(kill).not.toHaveBeenCalled()
  expect(process.exitCode).toBe(140)
})

test('X7 which calls of process.kill() end this process', () => {
  const { pid } = process
  expect(endingSignal(pid, 'SIGUSR2')).toBe('SIGUSR2')
  expect(endingSignal(pid, 9)).toBe('SIGKILL')
  expect(endingSignal(0, 'SIGKILL')).toBe('SIGKILL')
  expect(endingSignal(-pid, 'SIGKILL')).toBe('SIGKILL')
  for (const signal of [0, 'SIGCHLD', 'SIGWINCH', 'SIGUSR1', 'nonsense', null, 4_711]) {
    expect(endingSignal(pid, signal), String(signal)).toBeUndefined()
  }
  expect(endingSignal(pid + 1, 'SIGKILL')).toBeUndefined()
  const listener = () => {}
  process.on('SIGUSR2', listener)
  expect(endingSignal(pid, 'SIGUSR2')).toBeUndefined()
  process.off('SIGUSR2', listener)
})
