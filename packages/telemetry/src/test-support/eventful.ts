import { createKernel, type Kernel, ref, resource } from '@keelson/kernel'

/** A kernel to which everything happens that is measured, once it is played. */
export function eventful(): { kernel: Kernel; play: () => Promise<void>; finish: () => void } {
  let finish = () => {}
  const work = new Promise<void>((resolve) => {
    finish = resolve
  })
  let tries = 0
  let checks = 0
  let crash: (error: Error) => void = () => {}
  const flaky = resource('flaky', {
    retry: { delay: 1 },
    restart: { attempts: 1, within: Infinity, delay: 1 },
    impact: 'degraded',
    start(_, ctx) {
      if (++tries === 1) throw new Error('password=hunter2hunter2')
      crash = ctx.crashed
    },
    check: () => ++checks !== 3,
    drain: () => {},
    stop: () => {},
  })
  const key = resource('key', { start: () => {} })
  const api = resource('api', {
    dependsOn: { key: ref(key) },
    start(_, ctx) {
      ctx.counters(() => ({ admitted: 12, refused: 3 }))
      void ctx.track('GET /', work)
    },
  })
  const kernel = createKernel([flaky, api], { name: 'shop', shutdown: { timeout: 20_000 } })
  const heard = (type: 'restart:done' | 'restart:exhausted' | 'resource:regained') =>
    new Promise<void>((resolve) => kernel.once(type, () => resolve()))
  return {
    kernel,
    finish,
    async play() {
      const regained = heard('resource:regained')
      await kernel.start()
      await regained
      await kernel.restart(flaky)
      const back = heard('restart:done')
      crash(new Error('gone'))
      await back
      await kernel.rotate(key)
      for (let i = 0; i < 4; i++) await kernel.check(flaky)
      const exhausted = heard('restart:exhausted')
      crash(new Error('gone again'))
      await exhausted
    },
  }
}
