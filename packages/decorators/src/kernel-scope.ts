import type { KernelView, Resource } from '@keelson/kernel'
import type { Construction } from './construction.js'
import { wantedBelow } from './edges.js'
import { notRunningYet, outsideKernel } from './errors.js'
import type { Class } from './parameters.js'
import type { Registration } from './registration.js'
import { type DependencyContainer, container as everybody } from './tsyringe.js'
import { type Wanted, wantedResource } from './wanted.js'

/**
 * What the services of one kernel have in common, from its start until it has stopped: a child container of their own, and
 * one instance of each class that a container would keep. tsyringe's own disposal is never used: the kernel stops services.
 */
export class KernelScope {
  readonly container: DependencyContainer
  readonly #shared = new Map<Registration, Shared>()
  /** The values that factories may ask for: services that run, and what `dependsOn` of a service named. */
  readonly #running = new Map<Resource<unknown>, unknown>()
  #construction: Construction | undefined
  #announced = 0
  /** How often a value was replaced, and a factory asked. */
  #replaced = 0
  #asked = 0

  constructor(parent: DependencyContainer) {
    this.container = parent.createChildContainer()
    scopes.set(this.container, this)
  }

  runs(resource: Resource<unknown>, value: unknown): void {
    const before = this.#running.get(resource)
    if (before === value) return
    if (before !== undefined) this.#replaced++
    this.#running.set(resource, value)
  }

  /** Calls a factory of the container, in which every resource is what this kernel made. */
  ask(factory: (container: DependencyContainer) => unknown, construction: Construction): unknown {
    for (const { token, provider } of announced.slice(this.#announced)) this.container.register(token, provider)
    this.#announced = announced.length
    const outer = this.#construction
    this.#construction = construction
    this.#asked++
    try {
      return factory(this.container)
    } finally {
      this.#construction = outer
    }
  }

  /** The value of a resource that a factory asks the container for. */
  valueOf(wanted: Wanted): unknown {
    const { resource } = wanted
    const value = this.#construction?.given(wanted) ?? this.#running.get(resource)
    if (value === undefined && wanted.kind === 'required') throw notRunningYet(resource.name)
    return value
  }

  /** The one instance of a class in this kernel, made anew when something below it has been restarted. */
  share(registration: Registration, type: Class, construction: Construction): object {
    const kept = this.#shared.get(registration)
    if (kept !== undefined && this.#isCurrent(kept, construction)) return kept.instance
    const below = [...wantedBelow(type, this.container)]
    // Made by the application before it handed the container over: a value like any other, unless it hangs on a kernel.
    if (below.length === 0 && registration.instance !== undefined) return registration.instance as object
    const asked = this.#asked
    const instance = construction.construct(type)
    const reads = below.map((wanted) => ({ wanted, value: construction.given(wanted) }))
    this.#shared.set(registration, { instance, reads, replaced: this.#asked === asked ? undefined : this.#replaced })
    return instance
  }

  /** A `ref()` follows restarts by itself; what factories read is not known, so that any restart counts. */
  #isCurrent({ reads, replaced }: Shared, construction: Construction): boolean {
    if (replaced !== undefined && replaced !== this.#replaced) return false
    return reads.every(({ wanted, value }) => wanted.kind === 'ref' || construction.given(wanted) === value)
  }
}

interface Shared {
  readonly instance: object
  /** The values that it was made from. */
  readonly reads: readonly { readonly wanted: Wanted; readonly value: unknown }[]
  /** Where factories were asked: how often values had been replaced. */
  readonly replaced: number | undefined
}

const scopes = new WeakMap<DependencyContainer, KernelScope>()
const byKernel = new WeakMap<KernelView, Map<DependencyContainer, KernelScope>>()

/** The scope of one start of a kernel, below a container: hooks see a view that is new with every start. */
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

/** A class or name under which containers are asked for a resource. */
type Token = symbol | (new (...args: never[]) => object)

const announced: { readonly token: never; readonly provider: { useFactory(container: DependencyContainer): unknown } }[] = []
const providers = new WeakSet<object>()

/** Makes containers know a token of a resource: below a kernel they give what it made, elsewhere they refuse. */
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
