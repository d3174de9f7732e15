import { createKernel, type Kernel, type KernelOptions, type ResourceLike } from '@keelson/kernel'
import { type VirtualClock, virtualClock } from '@keelson/kernel/testing'
import { expect, onTestFinished } from 'vitest'

/** A virtual clock whose time of day can be set, and goes on while its timers stand still. */
export interface DayClock extends VirtualClock {
  /** The machine sleeps for so many ms, or somebody sets the time: timers know nothing of it. */
  jump(ms: number): void
}

export function dayClock(at: string): DayClock {
  const clock = virtualClock({ now: Date.parse(at) })
  let offset = 0
  return Object.assign(clock, {
    wall: () => clock.now() + offset,
    jump(ms: number) {
      offset += ms
    },
  })
}

/** A kernel that runs, and is shut down when the test is over; no timer is left then. */
export async function started(
  clock: VirtualClock,
  resources: Iterable<ResourceLike>,
  options: KernelOptions = {},
): Promise<Kernel> {
  const kernel = createKernel(resources, { clock, ...options })
  onTestFinished(async () => {
    await clock.run(kernel.shutdown().catch(() => {}))
    expect(clock.pending).toBe(0)
  })
  await clock.run(kernel.start())
  return kernel
}

/** Work that ends when the test says so. */
export class Gate {
  open!: () => void
  fail!: (error: unknown) => void
  readonly passed = new Promise<void>((resolve, reject) => {
    this.open = resolve
    this.fail = reject
  })
}

export const iso = (date: Date | undefined): string | undefined => date?.toISOString()
