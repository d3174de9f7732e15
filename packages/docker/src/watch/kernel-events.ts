import type { KernelEventOf, KernelView } from '@keelson/kernel'
import type { WatchedContainer } from '../container/watched-container.js'
import type { ContainerCare } from './container-care.js'

/** Passes the kernel's events about containers on to their care, until the returned function is called. */
export function handOnKernelEvents(
  view: KernelView,
  find: (resource: string) => WatchedContainer | undefined,
  care: ContainerCare,
): () => void {
  const onState = ({ resource, to }: KernelEventOf<'resource:state'>) => {
    const container = to === 'running' ? find(resource) : undefined
    if (container !== undefined) care.running(container)
  }
  const onRestart = (event: KernelEventOf<'restart:scheduled'>) => {
    const container = find(event.resource)
    if (container !== undefined) care.restartScheduled(container, event)
  }
  const onExhausted = (event: KernelEventOf<'restart:exhausted'>) => {
    const container = find(event.resource)
    if (container !== undefined) care.giveUp(container, event)
  }
  view.on('resource:state', onState).on('restart:scheduled', onRestart).on('restart:exhausted', onExhausted)
  return () => {
    view.off('resource:state', onState).off('restart:scheduled', onRestart).off('restart:exhausted', onExhausted)
  }
}
