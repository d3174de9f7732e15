import type { HookContext, StartContext, StopContext } from '@keelson/kernel'
import { misused } from '../errors.js'
import { METADATA } from './metadata.js'

/**
 * Runs the method while its service starts: the instance is made and its dependencies run. It receives the `StartContext`
 * and the values of `@Service({ dependsOn })`. What it returns is awaited; throwing fails the start.
 */
export const OnStart = hook<(ctx: StartContext, deps: never) => unknown>('OnStart', 'start')

/** Runs the method as a check of the service: healthy when it resolves to anything but `false`. */
export const OnCheck = hook<(ctx: HookContext) => unknown>('OnCheck', 'check')

/** Runs the method when the service is drained: it stops taking new work and finishes what was accepted. */
export const OnDrain = hook<(ctx: StopContext) => unknown>('OnDrain', 'drain')

/** Runs the method when the service stops. Without one, its `Symbol.asyncDispose` or `Symbol.dispose` is called, if it has one. */
export const OnStop = hook<(ctx: StopContext) => unknown>('OnStop', 'stop')

type HookKind = 'start' | 'check' | 'drain' | 'stop'

/** A method decorator: a standard one, and one for `experimentalDecorators`. */
interface HookDecorator<M> {
  (method: M, context: ClassMethodDecoratorContext): void
  <T extends M>(prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>): void
}

/** Finds the method of an instance that a hook runs. */
export type Hook = (instance: object) => (...args: unknown[]) => unknown

/** In the order in which they run. */
export type Hooks = Readonly<Record<HookKind, readonly Hook[]>>

interface DeclaredHook {
  /** For messages: `@OnStop close()`. */
  readonly text: string
  readonly hook: Hook
}

/** The hooks that are declared on one class, by the name of the method; private methods by their accessor. */
type Declared = Record<HookKind, Map<unknown, DeclaredHook>>

/** Keyed by what is known of the class while its methods are decorated: its prototype, or with standard decorators its metadata. */
const declarations = new WeakMap<object, Declared>()

/**
 * The hooks of a class and of those that it extends. A base starts before what extends it, and drains and stops after it. A
 * method that overrides a hook is that hook, decorated again or not.
 */
export function hooksOf(type: { readonly prototype: unknown }): Hooks {
  let hooks = known.get(type)
  if (hooks === undefined) {
    hooks = collect(type)
    known.set(type, hooks)
  }
  return hooks
}

const known = new WeakMap<object, Hooks>()

/** The hooks of a class as they are written, for messages: `@OnStop close()`. */
export function textsOfHooks(type: { readonly prototype: unknown }): readonly string[] {
  const all = declaredIn(type)
  return KINDS.flatMap((kind) => [...all[kind].values()].map(({ text }) => text))
}

function collect(type: { readonly prototype: unknown }): Hooks {
  const all = declaredIn(type)
  const of = (kind: HookKind) => [...all[kind].values()].map(({ hook }) => hook)
  return { start: of('start'), check: of('check'), drain: of('drain').reverse(), stop: of('stop').reverse() }
}

/** Those of the base first. */
function declaredIn(type: { readonly prototype: unknown }): Declared {
  const all = noHooks()
  for (const level of levels(type.prototype as object)) {
    for (const declared of [declarations.get(level), declarations.get(metadataOf(level) ?? NOTHING)]) {
      for (const kind of KINDS) declared?.[kind].forEach((hook, key) => void all[kind].set(key, hook))
    }
  }
  return all
}

export const NO_HOOKS: Hooks = { start: [], check: [], drain: [], stop: [] }

const KINDS = ['start', 'check', 'drain', 'stop'] as const
const NOTHING = {}

function noHooks(): Declared {
  return { start: new Map(), check: new Map(), drain: new Map(), stop: new Map() }
}

/** The prototypes of a class, the base first. */
function levels(prototype: object): object[] {
  const found: object[] = []
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) found.unshift(level)
  return found
}

function metadataOf(prototype: object): object | undefined {
  const type: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  return typeof type === 'function' && Object.hasOwn(type, METADATA) ? (type as never)[METADATA] : undefined
}

function hook<M>(decorator: string, kind: HookKind): () => HookDecorator<M> {
  return (...misuse: readonly unknown[]) => {
    if (misuse.length > 0) throw misused(decorator, 'a method', 'it is not called', `write @${decorator}()`)
    return (target: unknown, key: unknown, descriptor?: TypedPropertyDescriptor<unknown>) => {
      if (typeof key === 'object') declareStandard(decorator, kind, key as ClassMethodDecoratorContext)
      else declareLegacy(decorator, kind, target as object, key as string | symbol, descriptor)
    }
  }
}

function declareLegacy(decorator: string, kind: HookKind, target: object, key: PropertyKey, descriptor: unknown): void {
  const value = (descriptor as TypedPropertyDescriptor<unknown> | undefined)?.value
  if (typeof target === 'function') throw onlyMethods(decorator, key, 'is static')
  if (typeof value !== 'function') throw onlyMethods(decorator, key, 'is not a method')
  declare(target, key, kind, { text: shown(decorator, key), hook: byName(key) })
}

function declareStandard(decorator: string, kind: HookKind, context: ClassMethodDecoratorContext): void {
  const { name, metadata, access } = context
  if (context.static) throw onlyMethods(decorator, name, 'is static')
  if (context.kind !== 'method') throw onlyMethods(decorator, name, 'is not a method')
  if (metadata === undefined) {
    throw misused(
      decorator,
      String(name),
      'the compiler provides no context.metadata',
      'update it, or use experimentalDecorators',
    )
  }
  const text = shown(decorator, name)
  if (context.private) declare(metadata, access, kind, { text, hook: access.get as Hook })
  else declare(metadata, name, kind, { text, hook: byName(name) })
}

function declare(where: object, key: unknown, kind: HookKind, hook: DeclaredHook): void {
  const declared = declarations.get(where) ?? noHooks()
  declarations.set(where, declared)
  declared[kind].set(key, hook)
}

function shown(decorator: string, method: PropertyKey): string {
  return `@${decorator} ${String(method)}()`
}

function byName(name: PropertyKey): Hook {
  return (instance) => (instance as Record<PropertyKey, ReturnType<Hook>>)[name]!
}

function onlyMethods(decorator: string, key: PropertyKey, problem: string) {
  return misused(decorator, String(key), `it ${problem}`, 'decorate a method of the instance')
}
