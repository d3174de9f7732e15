import type { KernelEventOf, StartContext } from '@keelson/kernel'
import type { INestApplicationContext } from '@nestjs/common'
import { modulesOf } from '../hooks/nest-modules.js'
import { whenStopping } from '../messages/in-flight.js'

/** A worker of BullMQ. */
interface Worker {
  readonly name: string
  pause(doNotWaitActive?: boolean): Promise<unknown>
  /** Resolves when the jobs that it works on are done; called again it is the same promise. */
  close(): Promise<void>
}

/**
 * Workers of `@nestjs/bullmq`, which closes them after all providers are destroyed: they take no new job from the first instant of a shutdown,
 * and the drain of the app waits for the jobs that they work on.
 */
export function followWorkers(app: INestApplicationContext, ctx: StartContext): void {
  const onState = ({ to }: KernelEventOf<'kernel:state'>) => {
    if (to === 'draining') for (const worker of workersOf(app)) worker.pause(true).catch(() => {})
  }
  ctx.kernel.on('kernel:state', onState)
  ctx.defer(() => void ctx.kernel.off('kernel:state', onState))
  ctx.stopping.addEventListener('abort', () => {
    for (const worker of workersOf(app)) whenStopping(ctx, `jobs of queue ${worker.name}`, () => worker.close())
  })
}

/** Of all processors, once Nest has registered them. */
function workersOf(app: INestApplicationContext): readonly Worker[] {
  const found = new Set<Worker>()
  for (const module of modulesOf(app)) {
    for (const [, { instance }] of module.getNonAliasProviders()) {
      if (typeof instance !== 'object' || instance === null || !Object.hasOwn(instance, '_worker')) continue
      const { _worker: worker } = instance as { _worker?: Partial<Worker> }
      if (typeof worker?.close === 'function' && typeof worker.pause === 'function') found.add(worker as Worker)
    }
  }
  return [...found]
}
