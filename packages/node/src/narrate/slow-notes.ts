import type { Kernel, KernelEventOf, KernelState } from '@keelson/kernel'
import { duration, some } from './duration.js'
import type { Say } from './log.js'

const DOING: Partial<Record<KernelState, { readonly what: string; readonly states: readonly string[] }>> = {
  starting: { what: 'starting', states: ['starting'] },
  stopping: { what: 'stopping', states: ['draining', 'stopping', 'starting'] },
}

/** A start or a shutdown that takes longer than `after` ms says what it waits for, once. Returns a function that ends this. */
export function noteSlowness(kernel: Kernel, say: Say, after = 5_000): () => void {
  let timer: NodeJS.Timeout | undefined

  const onState = ({ to }: KernelEventOf<'kernel:state'>) => {
    clearTimeout(timer)
    const doing = DOING[to]
    if (doing === undefined) return
    timer = setTimeout(() => {
      const waiting = kernel.inspect().resources.filter(({ state }) => doing.states.includes(state))
      const names = waiting.map(({ name }) => name)
      const message = `${kernel.name} is still ${doing.what} after ${duration(after)}: waiting for ${some(names)}`
      say({
        level: 'warn',
        message,
        fields: { event: 'slow', kernel: kernel.name, doing: doing.what, waitingFor: names.slice(0, 20) },
      })
    }, after)
    timer.unref()
  }

  kernel.on('kernel:state', onState)
  return () => {
    clearTimeout(timer)
    kernel.off('kernel:state', onState)
  }
}
