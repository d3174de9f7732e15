import type { KernelView } from '@keelson/kernel'

/** Why a server is not fine; undefined while it is, or while there is none of that name. */
export function troubleOf(kernel: KernelView, server: string): string | undefined {
  return kernel.probe().reasons.find(({ resource }) => resource === server)?.message
}
