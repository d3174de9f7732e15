import type { HookContext, StartContext, StopContext, TaskContext } from '@keelson/kernel'
import { misused } from '../errors.js'
import { type Decorator, declare, type Hook, type HookKind, type RunOptions } from './hooks.js'

/**
 * Runs the method while its service starts: the instance is made and its dependencies run. It receives the `StartContext`
 * and the values of `@Service({ dependsOn })`. What it returns is awaited; throwing fails the start.
 */
export const OnStart = hook<(ctx: StartContext, deps: never) => unknown>('OnStart', 'start')

/** Runs the method as a check of the service: healthy when it resolves to anything but `false`. */
export const OnCheck = hook<(ctx: HookContext) => unknown>('OnCheck', 'check')

/** Runs the method when everything runs that must, and again after a restart: the service begins to take work. Throwing fails the start. */
export const OnActivate = hook<(ctx: HookContext) => unknown>('OnActivate', 'activate')

/** Runs the method at the instant a shutdown begins, before anything drains: the service takes no new work. */
export const OnQuiesce = hook<(ctx: StopContext) => unknown>('OnQuiesce', 'quiesce')

/** Runs the method when the service is drained: it stops taking new work and finishes what was accepted. */
export const OnDrain = hook<(ctx: StopContext) => unknown>('OnDrain', 'drain')

/** Runs the method when the service stops. Without one, its `Symbol.asyncDispose` or `Symbol.dispose` is called, if it has one. */
export const OnStop = hook<(ctx: StopContext) => unknown>('OnStop', 'stop')

/** Runs the method when a stop ran out of time: what it holds is let go at once. */
export const OnKill = hook<() => unknown>('OnKill', 'kill')

/**
 * Makes the service a task: the method is its work, a loop that goes on until `ctx.stopping` aborts, or a job that is done at some time.
 * It begins when everything runs that must, and is waited for in the drain, within `timeouts.drain`, which is `Infinity` by default: what
 * the budget of the shutdown leaves. To fail is to crash. A class has one; one that overrides it is that one.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * @OnRun() async consume({ stopping, track }: TaskContext) {
 *   for await (const job of this.queue.jobs({ signal: stopping })) await track(`job ${job.id}`, () => this.handle(job))
 * }
 */
export function OnRun(options: RunOptions = {}): HookDecorator<(ctx: TaskContext, deps: never) => PromiseLike<unknown>> {
  if (typeof options !== 'object') throw misused('OnRun', 'a method', 'it is not called', 'write @OnRun()')
  for (const [option, value] of Object.entries(options)) {
    const values: readonly unknown[] | undefined = RUN_OPTIONS[option]
    if (values === undefined) throw misused('OnRun', 'a method', `${option} is not an option`, 'it takes onEnd and ready')
    if (value !== undefined && !values.includes(value))
      throw misused('OnRun', 'a method', `${option} has a value that it does not know`, `write one of ${values.join(', ')}`)
  }
  return decorator('OnRun', 'run', options)
}

const RUN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  onEnd: ['shutdown', 'restart', 'ignore'],
  ready: ['at-once', 'signalled'],
}

/** A method decorator: a standard one, and one for `experimentalDecorators`. */
interface HookDecorator<M> {
  (method: M, context: ClassMethodDecoratorContext): void
  <T extends M>(prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>): void
}

function hook<M>(name: string, kind: HookKind): () => HookDecorator<M> {
  return (...misuse: readonly unknown[]) => {
    if (misuse.length > 0) throw misused(name, 'a method', 'it is not called', `write @${name}()`)
    return decorator(name, kind)
  }
}

function decorator<M>(name: string, kind: HookKind, options?: RunOptions): HookDecorator<M> {
  return (target: unknown, key: unknown, descriptor?: TypedPropertyDescriptor<unknown>) => {
    const on = { name, kind, options }
    if (typeof key === 'object') declareStandard(on, key as ClassMethodDecoratorContext)
    else declareLegacy(on, target as object, key as string | symbol, descriptor)
  }
}

function declareLegacy(on: Decorator, target: object, key: PropertyKey, descriptor: unknown): void {
  const value = (descriptor as TypedPropertyDescriptor<unknown> | undefined)?.value
  if (typeof target === 'function') throw onlyMethods(on.name, key, 'is static')
  if (typeof value !== 'function') throw onlyMethods(on.name, key, 'is not a method')
  declare(on, target, key, key, byName(key))
}

function declareStandard(on: Decorator, context: ClassMethodDecoratorContext): void {
  const { name, metadata, access } = context
  if (context.static) throw onlyMethods(on.name, name, 'is static')
  if (context.kind !== 'method') throw onlyMethods(on.name, name, 'is not a method')
  if (metadata === undefined) {
    throw misused(on.name, String(name), 'the compiler provides no context.metadata', 'update it, or use experimentalDecorators')
  }
  if (context.private) declare(on, metadata, access, name, access.get as Hook)
  else declare(on, metadata, name, name, byName(name))
}

function byName(name: PropertyKey): Hook {
  return (instance) => (instance as Record<PropertyKey, ReturnType<Hook>>)[name]!
}

function onlyMethods(name: string, key: PropertyKey, problem: string) {
  return misused(name, String(key), `it ${problem}`, 'decorate a method of the instance')
}
