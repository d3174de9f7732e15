import type { Dependency } from '@keelson/kernel'
import { classCycle, hooksNeverRun, uninjectable } from '../errors.js'
import { textsOfHooks } from '../hooks/hooks.js'
import { type Class, declaredBy, fieldIn, type Parameter, parametersOf } from './parameters.js'
import { type Provider, problemOf, providerOf, providersOf } from './provider.js'
import type { DependencyContainer } from './tsyringe.js'
import { dependencyOf, isDelayed, isEdge, undelayed, type Wanted, wantedResource } from './wanted.js'

/**
 * Adds the resources that a service depends on through its constructor, directly and through plain classes in between. Constructs
 * nothing.
 *
 * @throws KeelsonError `INVALID_OPTION` for a parameter that cannot be injected, `DEPENDENCY_CYCLE` for classes that need each other.
 */
export function edgesOf(type: Class, container: DependencyContainer, dependsOn: Edges): void {
  const parameters = parametersOf(type)
  if (!parameters.every(isDirect)) {
    const walk = new Walk(container, type, parameters)
    walk.class(type, [])
    walk.addTo(dependsOn)
    return
  }
  for (const { field, wanted } of parameters) dependsOn[field] = wanted.dependency
}

/** Whether a parameter can be resolved without a container. */
function isDirect(parameter: Parameter): parameter is Parameter & { readonly wanted: Wanted } {
  return parameter.wanted !== undefined && parameter.transform === undefined
}

/** `edgesOf` for a provider that replaces the service. */
export function edgesOfProvider(provider: Provider, type: Class, container: DependencyContainer, dependsOn: Edges): void {
  const walk = new Walk(container, type, [])
  walk.provider(provider, [type])
  walk.addTo(dependsOn)
}

/** The resources below a plain class. */
export function wantedBelow(type: Class, container: DependencyContainer): Iterable<Wanted> {
  const walk = new Walk(container, type, [])
  walk.class(type, [])
  return walk.found.values()
}

type Edges = Record<string, Dependency>

class Walk {
  /** The resources found so far, by field. */
  readonly found = new Map<string, Wanted>()
  readonly #container: DependencyContainer
  readonly #start: Wanted | undefined
  readonly #parameters: readonly Parameter[]
  readonly #visited = new Set<Class>()

  constructor(container: DependencyContainer, start: Class, parameters: readonly Parameter[]) {
    this.#container = container
    this.#start = wantedResource(start)
    this.#parameters = parameters
  }

  addTo(dependsOn: Edges): void {
    for (const [field, { dependency }] of this.found) dependsOn[field] = dependency
  }

  /** `path` is the classes above it; from the index `constructing` on, each is constructed during the construction of the one before. */
  class(type: Class, path: readonly Class[], constructing = 0): void {
    const here = [...path, type]
    if (path.includes(type, constructing)) throw classCycle(names(here))
    if (this.#visited.has(type)) return
    this.#visited.add(type)
    parametersOf(type).forEach((parameter, index) => void this.#parameter(parameter, index, here, constructing))
  }

  provider(provider: Provider, path: readonly Class[], constructing = 0): void {
    if (provider.kind === 'resource') this.#resource(provider.wanted, path)
    else if (provider.kind === 'class') this.class(provider.type, path, constructing)
    else if (provider.kind === 'delayed') this.class(provider.type, path, path.length)
  }

  #parameter(parameter: Parameter, index: number, path: readonly Class[], constructing: number): void {
    if (parameter.wanted === undefined) {
      const problem = problemOf(parameter, this.#container)
      if (problem === undefined) {
        for (const provider of providersOf(parameter, this.#container)) this.#injected(provider, path, constructing)
      } else if (!parameter.hasDefault) {
        const type = path.at(-1)!
        const signature = parametersOf(type).map(shown)
        const lacking = lackingDecorator(parameter, this.#container)
        throw uninjectable({ path: names(path), index, problem, base: declaredBy(type).name, signature, ...lacking })
      }
    } else this.#resource(parameter.wanted, path)
    if (parameter.transform !== undefined)
      this.#injected(providerOf(parameter.transform.token, this.#container), path, constructing)
  }

  /** The class of a parameter is plain here (a service would be a resource), so nobody would run its hooks. */
  #injected(provider: Provider, path: readonly Class[], constructing: number): void {
    if (provider.kind === 'class' || provider.kind === 'delayed') {
      const hooks = textsOfHooks(provider.type)
      if (hooks.length > 0) throw hooksNeverRun([...names(path), provider.type.name], hooks)
    }
    this.provider(provider, path, constructing)
  }

  #resource(wanted: Wanted, path: readonly Class[]): void {
    if (wanted.resource === this.#start?.resource) throw classCycle([...names(path), wanted.resource.name])
    let field = fieldIn(this.#parameters, wanted) ?? wanted.field
    // Another resource of the same name: keep both, so that the kernel refuses them.
    while ((this.found.get(field)?.resource ?? wanted.resource) !== wanted.resource) field += "'"
    this.found.set(field, wanted)
  }
}

function names(path: readonly Class[]): string[] {
  return path.map((type) => type.name)
}

/** A parameter in a message. */
function shown(parameter: Parameter): string {
  const { token, wanted, missing } = parameter
  if (missing === 'no-resource') return givenText(token)
  if (missing !== undefined) return '?'
  if (wanted !== undefined) return wanted.resource.name
  if (isDelayed(token)) return nameOf(undelayed(token)) ?? 'delay'
  return typeof token === 'string' ? `"${token}"` : (nameOf(token) ?? String(token))
}

function nameOf(token: unknown): string | undefined {
  return typeof token === 'function' ? token.name : undefined
}

/** What `@Use`, `ref()` or `optional()` was given, for the message that it is no resource. */
function givenText(token: unknown): string {
  const dependency = dependencyOf(token)
  const of = isEdge(dependency) ? dependency.resource : dependency
  const what = nameOf(of) ?? (of === undefined ? 'undefined' : 'something')
  return isEdge(dependency) ? `${dependency.kind}(${what})` : what
}

/** The class that a parameter asks for and that would have to be decorated. */
function lackingDecorator({ token, missing }: Parameter, container: DependencyContainer): { lacking?: string } {
  const dependency = dependencyOf(token)
  const of = isEdge(dependency) ? dependency.resource : dependency
  if (missing === 'no-resource') return typeof of === 'function' ? { lacking: of.name } : {}
  const provider = missing === undefined ? providerOf(token, container) : undefined
  return provider?.kind === 'class' ? { lacking: provider.type.name } : {}
}
