import { registeredTooLate } from '../errors.js'
import type { KernelScope } from './kernel-scope.js'
import { type Class, fieldIn, type Parameter, parametersOf } from './parameters.js'
import { type Provider, problemOf, providerOf, providersOf } from './provider.js'
import { isShared, isSharedByResolution, type Registration } from './registration.js'
import type { Wanted } from './wanted.js'

/** Constructs a service at its start, with the plain classes between it and the resources that it depends on. */
export class Construction {
  readonly #scope: KernelScope
  /** The kernel's values for what `edgesOf` added. */
  readonly #deps: Readonly<Record<string, unknown>>
  /** The instances of resolution-scoped classes. */
  #resolved: Map<Registration, object> | undefined
  /** The parameters of the service itself. */
  readonly #parameters: readonly Parameter[]

  constructor(scope: KernelScope, deps: Readonly<Record<string, unknown>>, service: Class | undefined) {
    this.#scope = scope
    this.#deps = deps
    this.#parameters = service === undefined ? [] : parametersOf(service)
  }

  construct(type: Class): object {
    const parameters = parametersOf(type)
    const args: unknown[] = []
    const ofService = parameters === this.#parameters
    for (let i = 0; i < parameters.length; i++) args.push(this.#argument(parameters[i]!, ofService))
    return new type(...(args as never[]))
  }

  provide(provider: Provider): unknown {
    switch (provider.kind) {
      case 'resource':
        return this.#value(provider.wanted)
      case 'class':
        return this.#instance(provider.type, provider.registration)
      case 'delayed':
        return provider.proxy(() => this.provide(providerOf(provider.type, this.#scope.container)))
      case 'value':
        return provider.value
      case 'factory':
        return this.#scope.ask(provider.factory, this)
      case 'nothing':
        return undefined
    }
  }

  /** The kernel's value for a resource; undefined too if the service does not depend on it. */
  given(wanted: Wanted): unknown {
    return this.#deps[this.#fieldOf(wanted)]
  }

  #value(wanted: Wanted): unknown {
    const field = this.#fieldOf(wanted)
    if (!Object.hasOwn(this.#deps, field)) throw registeredTooLate(wanted.resource.name)
    return this.#deps[field]
  }

  #fieldOf(wanted: Wanted): string {
    return fieldIn(this.#parameters, wanted) ?? wanted.field
  }

  #argument(parameter: Parameter, ofService: boolean): unknown {
    const { wanted, transform, field } = parameter
    const value = wanted === undefined ? this.#plain(parameter) : ofService ? this.#deps[field] : this.#value(wanted)
    if (transform === undefined) return value
    const transformer = this.provide(providerOf(transform.token, this.#scope.container)) as Transformer
    return transformer.transform(value, ...transform.args)
  }

  #plain(parameter: Parameter): unknown {
    const { container } = this.#scope
    if (parameter.hasDefault && problemOf(parameter, container) !== undefined) return undefined
    const values = providersOf(parameter, container).map((provider) => this.provide(provider))
    return parameter.multiple ? values : values[0]
  }

  #instance(type: Class, registration: Registration | undefined): object {
    if (registration === undefined) return this.construct(type)
    if (isShared(registration)) return this.#scope.share(registration, type, this)
    if (!isSharedByResolution(registration)) return this.construct(type)
    this.#resolved ??= new Map()
    let instance = this.#resolved.get(registration)
    if (instance === undefined) {
      instance = this.construct(type)
      this.#resolved.set(registration, instance)
    }
    return instance
  }
}

interface Transformer {
  transform(value: unknown, ...args: readonly unknown[]): unknown
}
