import type { StartContext } from '@keelson/kernel'
import type { Hook } from './hooks.js'

type Started<T> = T | Promise<T>

/** Runs start hooks one after the other; the first that fails ends it. Synchronous ones cost no promise. */
export function startAll<T extends object>(hooks: readonly Hook[], instance: T, ctx: StartContext, deps: object): Started<T> {
  const rest = inTurn(hooks, instance, [ctx, deps])
  return rest === undefined ? instance : rest.then(() => instance)
}

/** The same for those that run when everything does. */
export function activateAll(hooks: readonly Hook[], instance: object, ctx: unknown): Promise<void> | undefined {
  return inTurn(hooks, instance, [ctx])
}

function inTurn(hooks: readonly Hook[], instance: object, args: readonly unknown[]): Promise<void> | undefined {
  for (let i = 0; i < hooks.length; i++) {
    const result = hooks[i]!(instance).call(instance, ...args)
    if (isThenable(result)) return theRest(result, hooks.slice(i + 1), instance, args)
  }
  return undefined
}

async function theRest(first: PromiseLike<unknown>, rest: readonly Hook[], instance: object, args: readonly unknown[]) {
  await first
  for (const hook of rest) await hook(instance).call(instance, ...args)
}

/** Healthy when every hook is. */
export function checkAll(hooks: readonly Hook[], instance: object, ctx: unknown): unknown {
  return hooks.length === 1 ? hooks[0]!(instance).call(instance, ctx) : checkEach(hooks, instance, ctx)
}

async function checkEach(hooks: readonly Hook[], instance: object, ctx: unknown): Promise<boolean> {
  for (const hook of hooks) if ((await hook(instance).call(instance, ctx)) === false) return false
  return true
}

/** Runs each hook, also after one that failed. */
export function stopAll(hooks: readonly Hook[], instance: object, ctx: unknown): unknown {
  return hooks.length === 1 ? hooks[0]!(instance).call(instance, ctx) : stopEach(hooks, instance, ctx)
}

async function stopEach(hooks: readonly Hook[], instance: object, ctx: unknown): Promise<void> {
  const errors: unknown[] = []
  for (const hook of hooks) {
    try {
      await hook(instance).call(instance, ctx)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} hooks failed`)
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
