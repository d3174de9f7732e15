import type { INestApplicationContext } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'

/** The hooks of providers in Nest. */
export type HookName =
  | 'onModuleInit'
  | 'onApplicationBootstrap'
  | 'onModuleDestroy'
  | 'beforeApplicationShutdown'
  | 'onApplicationShutdown'

export const HOOKS: readonly HookName[] = [
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]

/** A provider, as far as its hooks are concerned. */
export type Hooked = Partial<Record<HookName, (signal?: string) => unknown>>

/** The parts of Nest's own record of a provider that are used; the same in Nest 11 and 12. */
export interface Wrapper {
  readonly name: unknown
  readonly token: unknown
  readonly instance: unknown
  readonly isAlias: boolean
  readonly isTransient: boolean
  isDependencyTreeStatic(): boolean
  getStaticTransientInstances(): readonly ({ readonly instance: unknown } | undefined)[]
  getCtorMetadata(): readonly (Wrapper | undefined)[] | undefined
  getPropertiesMetadata(): readonly { readonly wrapper: Wrapper }[] | undefined
}

type Wrappers = Iterable<readonly [token: unknown, wrapper: Wrapper]>

/** The parts of Nest's record of a module that are used; the same in Nest 11 and 12. */
export interface NestModuleRecord {
  readonly metatype: unknown
  readonly imports: ReadonlySet<NestModuleRecord>
  readonly controllers: Wrappers
  readonly injectables: Wrappers
  readonly middlewares: Wrappers
  getNonAliasProviders(): [token: unknown, wrapper: Wrapper][]
}

/** All modules of an app. */
export function modulesOf(app: INestApplicationContext): Iterable<NestModuleRecord> {
  return app.get(ModulesContainer).values() as unknown as Iterable<NestModuleRecord>
}

/** The hooks that an instance has, in the order in which they run. */
export function hooksOf(instance: unknown): readonly HookName[] {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return []
  return HOOKS.filter((name) => typeof (instance as Hooked)[name] === 'function')
}

/** What a provider is called in messages. */
export function nameOf({ name, instance }: Pick<Wrapper, 'name' | 'instance'>): string {
  if (typeof name === 'function') return name.name
  if (typeof name === 'string' && name !== '') return name
  if (typeof name === 'symbol') return name.description ?? 'symbol'
  return (Object(instance) as { constructor?: { name?: string } }).constructor?.name ?? 'provider'
}
