import type { Dependency } from '@keelson/kernel'
import { classCycle, uninjectable } from '../errors.js'
import { type Class, declaredBy, fieldIn, type Parameter, parametersOf } from './parameters.js'
import { type Provider, problemOf, providerOf, providersOf } from './provider.js'
import type { DependencyContainer } from './tsyringe.js'
import { type Wanted, wantedResource } from './wanted.js'

/**
 * Adds the resources that a service depends on through its constructor: directly, and through the classes between that are
 * no resources themselves. Constructs nothing.
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

/** Needs no look at a container. */
function isDirect(parameter: Parameter): parameter is Parameter & { readonly wanted: Wanted } {
  return parameter.wanted !== undefined && parameter.transform === undefined
}

/** The same for what a container was told to use in the place of the service. */
export function edgesOfProvider(provider: Provider, type: Class, container: DependencyContainer, dependsOn: Edges): void {
  const walk = new Walk(container, type, [])
  walk.provider(provider, [type])
  walk.addTo(dependsOn)
}

/** The resources below a class that is none itself. */
export function wantedBelow(type: Class, container: DependencyContainer): Iterable<Wanted> {
  const walk = new Walk(container, type, [])
  walk.class(type, [])
  return walk.found.values()
}

type Edges = Record<string, Dependency>

class Walk {
  /** By field. */
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

  /** `path` holds the classes above; from the index `constructing` on, each is constructed while the one before it is. */
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
        for (const provider of providersOf(parameter, this.#container)) this.provider(provider, path, constructing)
      } else if (!parameter.hasDefault) {
        const type = path.at(-1)!
        const signature = parametersOf(type).map(shown)
        throw uninjectable({ path: names(path), index, problem, base: declaredBy(type).name, signature })
      }
    } else this.#resource(parameter.wanted, path)
    if (parameter.transform !== undefined)
      this.provider(providerOf(parameter.transform.token, this.#container), path, constructing)
  }

  #resource(wanted: Wanted, path: readonly Class[]): void {
    if (wanted.resource === this.#start?.resource) throw classCycle([...names(path), wanted.resource.name])
    let field = fieldIn(this.#parameters, wanted) ?? wanted.field
    // Another resource of the same name: the kernel refuses it, once it sees both.
    while ((this.found.get(field)?.resource ?? wanted.resource) !== wanted.resource) field += "'"
    this.found.set(field, wanted)
  }
}

function names(path: readonly Class[]): string[] {
  return path.map((type) => type.name)
}

/** A parameter in a message. */
function shown({ token, wanted, missing }: Parameter): string {
  if (missing !== undefined) return '?'
  if (wanted !== undefined) return wanted.resource.name
  return typeof token === 'string' ? `"${token}"` : typeof token === 'function' ? token.name : String(token)
}
