import { type Resource, type Subgraph, type SubgraphOptions, subgraph } from '../index.js'
import type { Scene, TracedOptions } from './scene.js'

/** A subgraph of `pool` → `db`, whose db cannot be reached before `there` is set. */
export function unreachable(world: Scene, options: Partial<SubgraphOptions<Record<never, never>>> = {}, db: TracedOptions = {}) {
  const it = { there: false, made: 0, contexts: 0 }
  const tenant = subgraph('tenant', {
    resources: () => {
      it.made++
      const part = world.traced('db', {
        ...db,
        start: () => {
          it.contexts++
          if (!it.there) throw new Error('connect ECONNREFUSED')
          return `db#${it.contexts}`
        },
      })
      return [world.traced('other'), world.traced('pool', { dependsOn: { part } })]
    },
    ...options,
  })
  return { it, tenant: tenant as Resource<Subgraph> }
}

export const namesOf = (app: { inspect(): { resources: readonly { name: string }[] } }) =>
  app.inspect().resources.map(({ name }) => name)
