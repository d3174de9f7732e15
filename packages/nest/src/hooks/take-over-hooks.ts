import { bringUp, type StartContext } from '@keelson/kernel'
import type { INestApplicationContext } from '@nestjs/common'
import { closesOnce } from './closes-once.js'
import { define, followHooks, methodOf } from './follow-hooks.js'
import { hookRuns } from './hook-runs.js'
import { modulesOf } from './nest-modules.js'
import { type HookOrder, providerGraph } from './provider-graph.js'
import { providerResources } from './provider-resources.js'

/**
 * Sees to the hooks of an app: those of providers that become resources are left to the kernel, all others are called by Nest, and
 * followed. Closes the app at the end: before its parts stop, also when its start fails. `bounded`: whether its start has a limit of its own.
 */
export function takeOverHooks(app: INestApplicationContext, order: HookOrder, bounded: boolean, ctx: StartContext): void {
  const parts = new Set<unknown>()
  const run = hookRuns(ctx)
  const close = closesOnce(app, ctx)
  ctx.defer(close)
  followHooks(app, run, (instance) => !parts.has(instance))
  const init = methodOf(app, 'callInitHook')
  define(app, 'callInitHook', async function (this: unknown) {
    const nodes = providerGraph(modulesOf(app), order)
    if (nodes.length > 0) {
      for (const { instance } of nodes) parts.add(instance)
      const { resources, startMs } = providerResources(nodes)
      if (!bounded) ctx.extend(startMs)
      await bringUp(ctx, resources)
      // What stops the parts of a start that fails was deferred meanwhile: the app comes before it.
      ctx.defer(close)
    }
    await init.call(this)
  })
}
