import { describe, expect, test } from 'vitest'
import { type Clock, createKernel, type Kernel, resource } from './index.js'
import { virtualClock } from './testing.js'

const METHODS = ['now', 'setTimeout', 'clearTimeout'] as const

/** A clock one of whose methods fails at its n-th call, once or from then on. */
function broken(clock: Clock, method: (typeof METHODS)[number], from: number, always: boolean): Clock {
  let calls = 0
  const failing = (...args: unknown[]) => {
    calls++
    if (always ? calls > from : calls === from + 1) throw new Error('the clock is broken')
    return (clock[method] as (...args: unknown[]) => unknown)(...args)
  }
  return { ...clock, [method]: failing }
}

describe.each(METHODS)('D9 a clock whose %s fails', (method) => {
  test.each([true, false])('leaves nobody waiting (always: %s)', async (always) => {
    for (let from = 0; from < 40; from++) {
      const clock = virtualClock()
      const delay = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
      const unhandled: unknown[] = []
      const note = (error: unknown) => unhandled.push(error)
      process.on('unhandledRejection', note)
      const a = resource('a', { start: () => delay(1), drain: () => delay(1), stop: () => delay(1), check: () => true })
      const b = resource('b', { dependsOn: { a }, start: () => delay(1), stop: () => delay(1) })
      let app: Kernel
      try {
        app = createKernel([b], { clock: broken(clock, method, from, always), shutdown: { delay: 5, timeout: 100 } })
      } catch {
        process.off('unhandledRejection', note)
        continue
      }
      let settled = 0
      const settle = () => settled++
      app.start().then(settle, settle)
      await clock.advance(50)
      app.shutdown().then(settle, settle)
      await clock.advance(500)
      process.off('unhandledRejection', note)
      expect({ from, settled, unhandled }).toEqual({ from, settled: 2, unhandled: [] })
    }
  })
})
