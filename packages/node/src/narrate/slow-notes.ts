import type { Kernel, KernelEventOf, KernelState } from '@keelson/kernel'
import { clearTimeout, setTimeout } from '../time.js'
import { duration } from '../words/duration.js'
import type { Line, Say } from './log.js'
import type { Troubles } from './troubles.js'
import { reasonsIn, waitingRows, waitingText, waitsOf } from './waits.js'

/** In ms: when it is said for the first time what a start or a shutdown waits for, and how often then. */
const FIRST = 5_000
const AGAIN = 10_000

/** A log line names no more resources than this. */
const MOST = 20

/**
 * A start or a shutdown that takes long says what it waits for and why: after `first` ms, and every `again` ms from then on. Returns
 * a function that ends this.
 */
export function noteSlowness(kernel: Kernel, troubles: Troubles, say: Say, first = FIRST, again = AGAIN): () => void {
  let timer: NodeJS.Timeout | undefined

  function wait(doing: Doing, ms: number, passed: number): void {
    timer = setTimeout(() => {
      say(slowLine(kernel, troubles, doing, passed + ms))
      wait(doing, again, passed + ms)
    }, ms)
    timer.unref()
  }

  const onState = ({ to }: Pick<KernelEventOf<'kernel:state'>, 'to'>) => {
    clearTimeout(timer)
    if (to === 'starting' || to === 'stopping') wait(to, first, 0)
  }

  onState({ to: kernel.state })
  kernel.on('kernel:state', onState)
  return () => {
    clearTimeout(timer)
    kernel.off('kernel:state', onState)
  }
}

type Doing = Extract<KernelState, 'starting' | 'stopping'>

function slowLine(kernel: Kernel, troubles: Troubles, doing: Doing, passed: number): Line {
  const waits = waitsOf(kernel, troubles)
  const head = `${kernel.name} is still ${doing} after ${duration(passed)}`
  const message = waits.length === 0 ? head : `${head}: waiting for ${waitingText(waits)}`
  return {
    level: 'warn',
    message,
    lines: waits.length <= 1 ? [message] : [`${head}, waiting for`, ...waitingRows(waits)],
    fields: {
      event: 'kernel:slow',
      state: doing,
      durationMs: passed,
      waitingFor: waits.slice(0, MOST).map(({ resource }) => resource),
      reasons: reasonsIn(waits),
    },
  }
}
