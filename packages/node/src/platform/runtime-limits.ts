import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { drainsInFull } from '../drain/plain-drainer.js'
import { serversOf } from '../drain/running-servers.js'
import type { Line, Say } from '../narrate/log.js'

/** Says, whenever the kernel runs, which servers this runtime can close but not drain; on Node there are none. */
export function tellLimits(kernel: Kernel, say: Say): () => void {
  const onState = ({ to }: Pick<KernelEventOf<'kernel:state'>, 'to'>) => {
    const limited = serversOf(kernel).filter(({ server }) => !drainsInFull(server))
    if (to === 'running' && limited.length > 0) say(drainLimited(limited.map(({ resource }) => resource)))
  }
  kernel.on('kernel:state', onState)
  onState({ to: kernel.state })
  return () => kernel.off('kernel:state', onState)
}

export function drainLimited(resources: readonly string[]): Line {
  const message =
    `${resources.join(', ')}: this runtime does not tell of the connections of its HTTP servers; they are closed, not drained: ` +
    'requests in flight are answered, one that comes late on an idle connection may be lost'
  return { level: 'warn', message, fields: { event: 'process:drain-limited', resources } }
}
