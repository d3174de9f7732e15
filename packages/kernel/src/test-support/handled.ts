import type { Kernel, Resource, StartContext } from '../index.js'
import type { Scene, TracedOptions } from './scene.js'

/** A policy without a delay. */
export const ONCE = { attempts: 3, within: 60_000, delay: 0, jitter: 0 }

/** A traced resource whose contexts and instances are at hand: its value is `name#1`, then `name#2`. */
export function handled({ traced, log }: Scene, name: string, { start, ...options }: TracedOptions = {}) {
  const handle = {
    ctx: undefined as unknown as StartContext,
    contexts: [] as StartContext[],
    deps: {} as Readonly<Record<string, unknown>>,
    resource: undefined as unknown as Resource<string>,
    crash: (message = 'gone') => handle.ctx.crashed(new Error(message)),
  }
  handle.resource = traced(name, {
    ...options,
    start: (deps, ctx) => {
      handle.ctx = ctx
      handle.contexts.push(ctx)
      handle.deps = deps
      log.push(`deps ${name}: ${Object.values(deps).map(String).join(' ')}`)
      return start === undefined ? `${name}#${handle.contexts.length}` : start(deps, ctx)
    },
  })
  return handle
}

/** The log without the notes about dependencies. */
export const plain = (log: readonly string[]) => log.filter((line) => !line.startsWith('deps'))

export const stateOf = (app: Kernel, name: string) => app.inspect().resources.find((resource) => resource.name === name)!.state
