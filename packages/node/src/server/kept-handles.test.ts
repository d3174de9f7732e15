import type { Server } from 'node:net'
import type { KernelState, KernelView } from '@keelson/kernel'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { keepHandle as KeepHandle, resumeHandle as ResumeHandle } from './kept-handles.js'

let keepHandle: typeof KeepHandle
let resumeHandle: typeof ResumeHandle

beforeEach(async () => {
  // Faked before the import: it keeps the timers that it found.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.resetModules()
  ;({ keepHandle, resumeHandle } = await import('./kept-handles.js'))
})
afterEach(() => void vi.useRealTimers())

function kernelOf(state: KernelState) {
  const listeners = new Set<() => void>()
  const kernel = {
    state,
    on: (_: string, listener: () => void) => listeners.add(listener),
    off: (_: string, l: () => void) => listeners.delete(l),
  }
  const moved = (to: KernelState) => {
    kernel.state = to
    for (const listener of [...listeners]) listener()
  }
  return { kernel: kernel as unknown as KernelView, moved, listeners }
}

interface Handle {
  onconnection(status: number, client?: object): void
  close(callback?: () => void): void
}

function kept(state: KernelState = 'running') {
  let closed = 0
  // As that of Node, `close` is not its own.
  const handle = Object.assign(Object.create({ close: () => void closed++ }), { onconnection: () => {} }) as Handle
  const host = kernelOf(state)
  keepHandle({ _handle: handle } as unknown as Server, 3, host.kernel)
  handle.close()
  let dropped = 0
  const connect = () => handle.onconnection(0, { close: () => void dropped++ })
  return { ...host, handle, connect, closed: () => closed, dropped: () => dropped }
}

it('N6 a handle that is closed while the kernel runs is kept, and what connects meanwhile goes to its successor', () => {
  const { handle, connect, closed, dropped, listeners } = kept()
  connect()
  connect()
  expect(closed()).toBe(0)
  const taken: unknown[] = []
  class Successor {
    _handle: unknown
    _listen2() {
      expect(this._handle).toBe(handle)
      handle.onconnection = (_status, client) => void taken.push(client)
    }
  }
  const server = new Successor()
  resumeHandle(server as unknown as Server, 3)
  server._listen2()
  expect(taken).toHaveLength(0)
  vi.runAllTimers()
  expect(taken).toHaveLength(2)
  expect(dropped()).toBe(0)
  expect(listeners.size).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(Object.hasOwn(server, '_listen2')).toBe(false)
})

it('N6 it is closed with the kernel, and so is what waits', () => {
  const { moved, connect, closed, dropped, listeners } = kept()
  connect()
  moved('draining')
  expect([closed(), dropped(), listeners.size, vi.getTimerCount()]).toEqual([1, 1, 0, 0])
})

it.each(['draining', 'stopping', 'failed'] as const)('N6 it is closed at once when the kernel is %s', (state) => {
  const { closed, listeners } = kept(state)
  expect([closed(), listeners.size, vi.getTimerCount()]).toEqual([1, 0, 0])
})

it('N6 nobody waits for longer than 30 s, nor more than 511', () => {
  const { connect, dropped, closed } = kept()
  for (let i = 0; i < 512; i++) connect()
  expect(dropped()).toBe(1)
  vi.advanceTimersByTime(29_999)
  expect(dropped()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(dropped()).toBe(512)
  expect(closed()).toBe(0)
  connect()
  vi.runAllTimers()
  expect(dropped()).toBe(513)
})
