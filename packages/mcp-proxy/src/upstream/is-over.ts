import type { KernelState } from '@keelson/kernel'

/** Whether a kernel ends, or has ended. */
export function isOver(state: KernelState): boolean {
  return state !== 'starting' && state !== 'running'
}
