import type { TaskOptions } from '@keelson/kernel'
import { twoRuns } from '../errors.js'
import { METADATA } from './metadata.js'

/** How `@OnRun` runs: as `onEnd` and `ready` of `task()` say. */
export type RunOptions = Pick<TaskOptions<never>, 'onEnd' | 'ready'>

/** Those of a base class come first, or last: what it holds is there as long as what extends it works. */
const ORDER = {
  start: 'base first',
  check: 'base first',
  activate: 'base first',
  run: 'base first',
  quiesce: 'base last',
  drain: 'base last',
  stop: 'base last',
  kill: 'base last',
} as const

export type HookKind = keyof typeof ORDER

const KINDS = Object.keys(ORDER) as readonly HookKind[]

/** Finds the method of an instance that a hook runs. */
export type Hook = (instance: object) => (...args: unknown[]) => unknown

/** The work of a class with `@OnRun`. */
export interface RunHook {
  readonly hook: Hook
  readonly options: RunOptions
}

/** In the order in which they run. */
export type Hooks = Readonly<Record<Exclude<HookKind, 'run'>, readonly Hook[]>> & { readonly run: RunHook | undefined }

interface DeclaredHook {
  /** For messages: `@OnStop close()`. */
  readonly text: string
  readonly hook: Hook
  /** Of `@OnRun`. */
  readonly options: RunOptions | undefined
}

/** The hooks that are declared on one class, by the name of the method; private methods by their accessor. */
type Declared = Record<HookKind, Map<unknown, DeclaredHook>>

/** Keyed by what is known of the class while its methods are decorated: its prototype, or with standard decorators its metadata. */
const declarations = new WeakMap<object, Declared>()

/**
 * The hooks of a class and of those that it extends. A base starts before what extends it, and drains and stops after it. A
 * method that overrides a hook is that hook, decorated again or not.
 *
 * @throws KeelsonError `INVALID_OPTION` for two `@OnRun`.
 */
export function hooksOf(type: HookedClass): Hooks {
  let hooks = known.get(type)
  if (hooks === undefined) {
    hooks = collect(type)
    known.set(type, hooks)
  }
  return hooks
}

interface HookedClass {
  readonly name: string
  readonly prototype: unknown
}

const known = new WeakMap<object, Hooks>()

/** The hooks of a class as they are written, for messages: `@OnStop close()`. */
export function textsOfHooks(type: HookedClass): readonly string[] {
  const all = declaredIn(type)
  return KINDS.flatMap((kind) => [...all[kind].values()].map(({ text }) => text))
}

function collect(type: HookedClass): Hooks {
  const { run, ...all } = declaredIn(type)
  const runs = [...run.values()]
  if (runs.length > 1)
    throw twoRuns(
      type.name,
      runs.map(({ text }) => text),
    )
  const hooks: Partial<Record<HookKind, readonly Hook[]>> = {}
  for (const [kind, declared] of Object.entries(all) as [HookKind, Map<unknown, DeclaredHook>][]) {
    const list = Array.from(declared.values(), ({ hook }) => hook)
    hooks[kind] = ORDER[kind] === 'base first' ? list : list.reverse()
  }
  const [one] = runs
  return { ...(hooks as Omit<Hooks, 'run'>), run: one && { hook: one.hook, options: one.options ?? {} } }
}

/** Those of the base first. */
function declaredIn(type: HookedClass): Declared {
  const all = noHooks()
  for (const level of levels(type.prototype as object)) {
    for (const declared of [declarations.get(level), declarations.get(metadataOf(level) ?? NOTHING)]) {
      for (const kind of KINDS) declared?.[kind].forEach((hook, key) => void all[kind].set(key, hook))
    }
  }
  return all
}

const NOTHING = {}

function noHooks(): Declared {
  return Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as Declared
}

/** Of a class that has none. */
export const NO_HOOKS: Hooks = collect(class {})

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

/** A decorator of hooks: `OnStop` is of the kind `stop`. */
export interface Decorator {
  readonly name: string
  readonly kind: HookKind
  readonly options: RunOptions | undefined
}

/** Remembers a decorated method: on the prototype of its class, or with standard decorators on its metadata. */
export function declare({ name, kind, options }: Decorator, where: object, key: unknown, method: PropertyKey, hook: Hook): void {
  const declared = declarations.get(where) ?? noHooks()
  declarations.set(where, declared)
  declared[kind].set(key, { text: `@${name} ${String(method)}()`, hook, options })
}
