import { classCycle, uninjectable } from './errors.js'
import { type Class, type Parameter, parametersOf } from './parameters.js'
import { type Provider, problemOf, providerOf, providersOf } from './provider.js'
import type { DependencyContainer } from './tsyringe.js'
import { type Wanted, wantedResource } from './wanted.js'

/**
 * The resources that a class depends on through its constructor: directly, and through the classes between that are no
 * resources themselves. By the field under which the service depends on each. Constructs nothing.
 *
 * @throws KeelsonError `INVALID_OPTION` for a parameter that cannot be injected, `DEPENDENCY_CYCLE` for classes that need each other.
 */
export function edgesOf(type: Class, container: DependencyContainer): ReadonlyMap<string, Wanted> {
  const walk = new Walk(container, wantedResource(type))
  walk.class(type, [])
  return walk.edges
}

/** The same for what a container was told to use in the place of the class. */
export function edgesOfProvider(provider: Provider, type: Class, container: DependencyContainer): ReadonlyMap<string, Wanted> {
  const walk = new Walk(container, wantedResource(type))
  walk.provider(provider, [type])
  return walk.edges
}

class Walk {
  readonly edges = new Map<string, Wanted>()
  readonly #container: DependencyContainer
  readonly #start: Wanted | undefined
  readonly #visited = new Set<Class>()

  constructor(container: DependencyContainer, start: Wanted | undefined) {
    this.#container = container
    this.#start = start
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
        throw uninjectable({ path: names(path), index, problem, signature: parametersOf(path.at(-1)!).map(shown) })
      }
    } else this.#resource(parameter.wanted, path)
    if (parameter.transform !== undefined)
      this.provider(providerOf(parameter.transform.token, this.#container), path, constructing)
  }

  #resource(wanted: Wanted, path: readonly Class[]): void {
    if (wanted.resource === this.#start?.resource) throw classCycle([...names(path), wanted.resource.name])
    let { field } = wanted
    // Another resource of the same name: the kernel refuses it, once it sees both.
    while ((this.edges.get(field)?.resource ?? wanted.resource) !== wanted.resource) field += "'"
    this.edges.set(field, wanted)
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
