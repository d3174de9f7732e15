import { KeelsonError } from '@keelson/kernel'
import { holdsResources } from '../inject/keelson-module.js'
import { type Declared, declaredOf, type ProviderToken } from './depends-on.js'
import { type Hooked, hooksOf, type NestModuleRecord, nameOf, type Wrapper } from './nest-modules.js'

/** A provider with hooks, in its place among the others. */
export interface ProviderNode {
  readonly name: string
  readonly instance: Hooked
  readonly declared: Declared | undefined
  /** What is injected into it and what it declares: it cannot do without. */
  readonly needs: readonly ProviderNode[]
  /** What modules put below it. */
  readonly after: readonly ProviderNode[]
}

/** Which providers become resources: those that are declared, with all below them, or all that have hooks. */
export type HookOrder = 'nest' | 'graph'

interface Draft extends ProviderNode {
  readonly wrapper: Wrapper
  readonly module: NestModuleRecord
  readonly needs: Draft[]
  readonly after: Draft[]
}

/**
 * The providers of an app that become resources, each after all that it depends on. An edge that would close a circle, as `forwardRef()`
 * makes them, is left out.
 */
export function providerGraph(modules: Iterable<NestModuleRecord>, order: HookOrder): readonly ProviderNode[] {
  const own = [...modules].filter(({ metatype }) => !holdsResources(metatype))
  const drafts = new Drafts(own)
  const roots = drafts.all.filter(({ declared }) => order === 'graph' || declared !== undefined)
  const placed: ProviderNode[] = []
  const state = new Map<Draft, 'open' | 'placed'>()

  function place(draft: Draft): boolean {
    const known = state.get(draft)
    if (known !== undefined) return known === 'placed'
    state.set(draft, 'open')
    draft.needs.push(...drafts.needsOf(draft).filter(place))
    draft.after.push(...drafts.below(draft).filter((it) => !draft.needs.includes(it) && place(it)))
    state.set(draft, 'placed')
    placed.push(draft)
    return true
  }

  roots.forEach(place)
  return placed
}

class Drafts {
  readonly all: readonly Draft[]
  readonly #modules: readonly NestModuleRecord[]
  readonly #byInstance = new Map<unknown, Draft>()
  readonly #byModule = new Map<NestModuleRecord, Draft[]>()

  constructor(modules: readonly NestModuleRecord[]) {
    this.#modules = modules
    for (const module of modules) {
      const found: Draft[] = []
      for (const [, wrapper] of wrappersOf(module)) {
        const { instance } = wrapper
        if (wrapper.isTransient || hooksOf(instance).length === 0 || !wrapper.isDependencyTreeStatic()) continue
        if (this.#byInstance.has(instance)) continue
        const declared = declaredOf(instance as object)
        const draft: Draft = {
          name: nameOf(wrapper),
          instance: instance as Hooked,
          declared,
          needs: [],
          after: [],
          wrapper,
          module,
        }
        this.#byInstance.set(instance, draft)
        found.push(draft)
      }
      this.#byModule.set(module, found)
    }
    this.all = [...this.#byModule.values()].flat()
  }

  /** What is injected, and what is declared; through providers without hooks. */
  needsOf({ wrapper, declared, module, name }: Draft): readonly Draft[] {
    const found = new Set<Draft>()
    const seen = new Set<Wrapper>([wrapper])
    const open = [...injectedInto(wrapper)]
    for (const token of declared?.dependsOn ?? []) open.push(this.#provider(token, module, name))
    // What is found on the way is added at the end.
    for (const next of open) {
      if (seen.has(next)) continue
      seen.add(next)
      const draft = this.#byInstance.get(next.instance)
      if (draft === undefined) open.push(...injectedInto(next))
      else if (draft.wrapper !== wrapper) found.add(draft)
    }
    return [...found]
  }

  /** What the module imports, through modules without hooks; of the class of a module, its own providers, too. */
  below({ module, instance, wrapper }: Draft): readonly Draft[] {
    const found = new Set<Draft>()
    const seen = new Set<NestModuleRecord>([module])
    const open = [...module.imports]
    for (const next of open) {
      if (seen.has(next)) continue
      seen.add(next)
      const drafts = this.#byModule.get(next) ?? []
      if (drafts.length === 0) open.push(...next.imports)
      for (const draft of drafts) found.add(draft)
    }
    if (wrapper.token === module.metatype) {
      for (const draft of this.#byModule.get(module)!) if (draft.instance !== instance) found.add(draft)
    }
    return [...found]
  }

  #provider(token: ProviderToken, from: NestModuleRecord, owner: string): Wrapper {
    for (const module of [from, ...this.#modules]) {
      for (const [known, wrapper] of wrappersOf(module)) if (known === token) return wrapper
    }
    const what = typeof token === 'function' ? token.name : String(token)
    throw new KeelsonError('INVALID_OPTION', `@DependsOn() of ${owner}: ${what} is no provider of this app`, {
      details: { provider: owner, option: 'DependsOn' },
    })
  }
}

function* wrappersOf(module: NestModuleRecord): Iterable<readonly [token: unknown, wrapper: Wrapper]> {
  yield* module.getNonAliasProviders()
  yield* module.controllers
  yield* module.injectables
  yield* module.middlewares
}

function injectedInto(wrapper: Wrapper): readonly Wrapper[] {
  const parameters = wrapper.getCtorMetadata() ?? []
  const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper)
  return [...parameters, ...properties].filter((it) => it !== undefined)
}
