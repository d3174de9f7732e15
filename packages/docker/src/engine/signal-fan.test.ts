import { expect, test } from 'vitest'
import { SignalFan } from './signal-fan.js'

test('all that is under way aborts with the source, and what begins later has aborted already', async () => {
  const source = new AbortController()
  const fan = new SignalFan(source.signal)
  const under = (signal: AbortSignal) =>
    new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))
  const reasons = [fan.during(under), fan.during(under)]
  let over: AbortSignal | undefined
  await fan.during(async (signal) => {
    over = signal
  })
  source.abort('the end')
  expect(await Promise.all(reasons)).toEqual(['the end', 'the end'])
  expect(over?.aborted).toBe(false)
  expect(await fan.during(async (signal) => signal.reason)).toBe('the end')
})

test('however many are under way, the source has one listener', async () => {
  const source = new AbortController()
  let added = 0
  source.signal.addEventListener = new Proxy(source.signal.addEventListener, {
    apply: (target, self, args) => {
      added++
      return Reflect.apply(target, self, args)
    },
  })
  const fan = new SignalFan(source.signal)
  await Promise.all(Array.from({ length: 100 }, () => fan.during(async () => {})))
  expect(added).toBe(1)
})
