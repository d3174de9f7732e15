import { afterEach, expect, test, vi } from 'vitest'
import { hold, listen, othersOf } from './signal-gate.js'

const SIGNAL = 'SIGUSR2'
const emit = () => process.emit(SIGNAL, SIGNAL)
const before = Object.getOwnPropertyDescriptor(process, 'emit')

afterEach(() => {
  expect(process.listenerCount(SIGNAL)).toBe(0)
  expect(Object.getOwnPropertyDescriptor(process, 'emit')).toEqual(before)
})

test('X6 only the listeners of run() are called while a signal is held, whoever listened first', () => {
  const calls: string[] = []
  const first = () => calls.push('first')
  const last = () => calls.push('last')
  process.on(SIGNAL, first)
  const held = hold([SIGNAL])
  const quit = listen(SIGNAL, () => calls.push('run'))
  process.on(SIGNAL, last)
  process.prependListener(SIGNAL, last)
  emit()
  emit()
  expect(calls).toEqual(['run', 'run'])
  expect(held.over()).toEqual([{ event: SIGNAL, args: [SIGNAL] }])
  held.release()
  emit()
  expect(calls).toEqual(['run', 'run', 'last', 'first', 'run', 'last'])
  quit()
  process.removeAllListeners(SIGNAL)
})

test('X6 the lists of listeners are those of Node meanwhile', () => {
  const listener = () => {}
  const once = vi.fn()
  process.on(SIGNAL, listener)
  const held = hold([SIGNAL])
  process.once(SIGNAL, once)
  expect(process.listeners(SIGNAL)).toEqual([listener, once])
  expect(process.listenerCount(SIGNAL)).toBe(2)
  process.off(SIGNAL, listener)
  expect(othersOf(SIGNAL)).toHaveLength(1)
  process.off(SIGNAL, once)
  expect(process.listenerCount(SIGNAL)).toBe(0)
  process.once(SIGNAL, once)
  held.release()
  emit()
  emit()
  expect(once).toHaveBeenCalledTimes(1)
})

test('X6 a package that takes all listeners away takes none of run()', () => {
  const held = hold([SIGNAL])
  const listener = vi.fn()
  const theirs = vi.fn()
  const quit = listen(SIGNAL, listener)
  process.removeAllListeners(SIGNAL).once(SIGNAL, theirs)
  emit()
  expect(listener).toHaveBeenCalledTimes(1)
  expect(theirs).not.toHaveBeenCalled()
  quit()
  emit()
  expect(listener).toHaveBeenCalledTimes(1)
  held.release()
  process.off(SIGNAL, theirs)
})

test('X6 of several runs the last one hands over what came', () => {
  const one = hold([SIGNAL])
  const other = hold([SIGNAL, 'beforeExit'])
  emit()
  expect(one.over()).toEqual([])
  one.release()
  emit()
  expect(other.over()).toEqual([{ event: SIGNAL, args: [SIGNAL] }])
  other.release()
})

test('X6 what comes while the others have their turn, or to a run that ended at once, is handed to none later', () => {
  const handing = hold([SIGNAL])
  emit()
  expect(handing.over()).toHaveLength(1)
  emit()
  handing.release()
  const hurried = hold([SIGNAL])
  emit()
  hurried.release()
  const next = hold([SIGNAL])
  expect(next.over()).toEqual([])
  next.release()
})

test('X6 other events, and other signals, are nobody else’s business', () => {
  const listener = vi.fn()
  process.on('SIGHUP', listener)
  const held = hold([SIGNAL])
  process.emit('SIGHUP', 'SIGHUP')
  expect(listener).toHaveBeenCalledWith('SIGHUP')
  expect(held.over()).toEqual([])
  held.release()
  process.off('SIGHUP', listener)
})

test('X6 whoever put an emit() of theirs in front meanwhile keeps it', () => {
  const held = hold([SIGNAL])
  const gate = process.emit
  const theirs = ((...args: Parameters<typeof process.emit>) => Reflect.apply(gate, process, args)) as typeof process.emit
  process.emit = theirs
  held.release()
  expect(process.emit).toBe(theirs)
  const listener = vi.fn()
  process.once(SIGNAL, listener)
  emit()
  expect(listener).toHaveBeenCalledTimes(1)
  if (before === undefined) Reflect.deleteProperty(process, 'emit')
  else Object.defineProperty(process, 'emit', before)
})
