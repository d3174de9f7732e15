import type { KernelView, Resource } from '@keelson/kernel'
import { notRunningYet, outsideKernel } from '../errors.js'
import { wantedBelow } from './edges.js'
import type { Class } from './parameters.js'
import { type Registration, shareBy } from './registration.js'
import { type DependencyContainer, container as everybody } from './tsyringe.js'
import { type Wanted, wantedResource } from './wanted.js'

/**
 * What the services of one kernel share from its start until it has stopped: a child container, and one instance of each class that
 * a container would keep one of. tsyringe's own disposal is never used: the kernel stops services.
 */
export class KernelScope {
  readonly container: DependencyContainer
  readonly #shared = new Map<Registration, Shared>()
  /** The values that factories may ask for: running services, and the values of `@Service({ dependsOn })`. */
  readonly #running = new Map<Resource<unknown>, unknown>()
  #construction: ConstructionLike | undefined
  #announced = 0
  readonly #begun = new Map<object, unknown>()
  /** The values that were read for the shared instance under construction. */
  #reads: Read[] | undefined

  constructor(parent: DependencyContainer) {
    this.container = parent.createChildContainer()
    scopes.set(this.container, this)
    shareBy(this.container, (registration, construct) => this.#shareAsked(registration, construct))
  }

  /** The first value given for a key, until the kernel has stopped. */
  begin<T>(key: object, value: T): T {
    if (!this.#begun.has(key)) this.#begun.set(key, value)
    return this.#begun.get(key) as T
  }

  runs(resource: Resource<unknown>, value: unknown): void {
    this.#running.set(resource, value)
  }

  /** Calls a factory of the container, which gets this kernel's values for resources. */
  ask(factory: (container: DependencyContainer) => unknown, construction: ConstructionLike): unknown {
    for (const { token, provider } of announced.slice(this.#announced)) this.container.register(token, provider)
    this.#announced = announced.length
    const outer = this.#construction
    this.#construction = construction
    try {
      return factory(this.container)
    } finally {
      this.#construction = outer
    }
  }

  /** The value of a resource that a factory asks the container for. */
  valueOf(wanted: Wanted): unknown {
    const value = this.#askedValue(wanted, this.#construction)
    if (value === undefined && wanted.kind === 'required') throw notRunningYet(wanted.resource.name)
    this.#reads?.push({ wanted, value, asked: true })
    return value
  }

  /** This kernel's instance of a shared class; constructed again after a resource below it was restarted. */
  share(registration: Registration, type: Class, construction: ConstructionLike): object {
    const kept = this.#kept(registration, construction)
    if (kept !== undefined) return kept
    const below = [...wantedBelow(type, this.container)]
    // The application has made it before it handed the container over, and no resource is below it: use it.
    if (below.length === 0 && registration.instance !== undefined) return registration.instance as object
    const reads = below.map((wanted) => ({ wanted, value: construction.given(wanted), asked: false }))
    return this.#make(registration, () => construction.construct(type), reads)
  }

  /** `share` for a class that a factory asks the container for. */
  #shareAsked(registration: Registration, construct: () => object): object {
    const kept = this.#kept(registration, this.#construction) ?? registration.instance
    return (kept as object | undefined) ?? this.#make(registration, construct, [])
  }

  #make(registration: Registration, construct: () => object, reads: Read[]): object {
    const outer = this.#reads
    this.#reads = reads
    try {
      const instance = construct()
      this.#shared.set(registration, { instance, reads })
      return instance
    } finally {
      this.#reads = outer
      outer?.push(...reads)
    }
  }

  #kept(registration: Registration, construction: ConstructionLike | undefined): object | undefined {
    const kept = this.#shared.get(registration)
    if (kept === undefined || !kept.reads.every((read) => this.#isCurrent(read, construction))) return undefined
    this.#reads?.push(...kept.reads)
    return kept.instance
  }

  /** Whether a value that was read is still the current one; a `ref()` always is. */
  #isCurrent({ wanted, value, asked }: Read, construction: ConstructionLike | undefined): boolean {
    if (wanted.kind === 'ref') return true
    const isGiven = construction !== undefined && !asked
    return value === (isGiven ? construction.given(wanted) : this.#askedValue(wanted, construction))
  }

  #askedValue(wanted: Wanted, construction: ConstructionLike | undefined): unknown {
    const given = construction?.given(wanted)
    if (given === undefined) return this.#running.get(wanted.resource)
    if (wanted.kind !== 'ref') this.runs(wanted.resource, given)
    return given
  }
}

/** What a scope needs of a `Construction`. */
interface ConstructionLike {
  construct(type: Class): object
  /** The kernel's value for a resource; undefined too if the service does not depend on it. */
  given(wanted: Wanted): unknown
}

interface Shared {
  readonly instance: object
  /** The values that it was constructed from. */
  readonly reads: readonly Read[]
}

interface Read {
  readonly wanted: Wanted
  readonly value: unknown
  /** Read by a factory, so not known before that runs. */
  readonly asked: boolean
}

const scopes = new WeakMap<DependencyContainer, KernelScope>()
const byKernel = new WeakMap<KernelView, Map<DependencyContainer, KernelScope>>()

/** The scope of one start of a kernel, for one parent container: a kernel has a new view at every start. */
export function scopeOf(kernel: KernelView, parent: DependencyContainer): KernelScope {
  let scopesOfKernel = byKernel.get(kernel)
  if (scopesOfKernel === undefined) {
    scopesOfKernel = new Map()
    byKernel.set(kernel, scopesOfKernel)
  }
  let scope = scopesOfKernel.get(parent)
  if (scope === undefined) {
    scope = new KernelScope(parent)
    scopesOfKernel.set(parent, scope)
  }
  return scope
}

/** A class or symbol by which containers are asked for a resource. */
type Token = symbol | (new (...args: never[]) => object)

const announced: { readonly token: never; readonly provider: { useFactory(container: DependencyContainer): unknown } }[] = []
const providers = new WeakSet<object>()

/** Registers the token of a resource: the container of a kernel gives that kernel's value, any other refuses. */
export function announce(token: Token): void {
  const provider = { useFactory: (container: DependencyContainer) => valueIn(container, wantedResource(token)!) }
  announced.push({ token: token as never, provider })
  providers.add(provider)
  everybody.register(token as never, provider)
}

/** Whether a registration is the one that `announce` made. */
export function isAnnounced({ provider }: Registration): boolean {
  return providers.has(provider)
}

function valueIn(container: DependencyContainer, wanted: Wanted): unknown {
  const scope = scopes.get(container)
  if (scope === undefined) throw outsideKernel(wanted.resource.name)
  return scope.valueOf(wanted)
}
