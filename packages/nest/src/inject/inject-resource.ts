import { type Dependency, KeelsonError, type Value } from '@keelson/kernel'
import { Inject } from '@nestjs/common'
import { resourceToken } from './resource-token.js'

/** What a parameter or a property that is injected with `D` is given: the value of a resource, or a `Ref` of it. */
export type Injected<D extends Dependency> = Value<D>

/** A decorator for constructor parameters and for properties. TypeScript compares it with the type of a public property. */
export interface ResourceDecorator<T> {
  (target: object, property: string | symbol | undefined, index: number): void
  <C extends object, K extends PropertyKey>(
    target: C,
    property: K & (K extends keyof C ? ([T] extends [C[K]] ? K : never) : K),
  ): void
}

/**
 * Injects the value of a resource into a provider or a controller of Nest. With `ref(x)` it is a `Ref`, which has the current instance
 * through restarts; without, a restart of the resource makes the app anew. `nestServer()` depends on every resource that it finds
 * injected this way in the modules of its app. TypeScript does not compare the types of parameters: write `Injected<typeof db>`.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is undefined, as in a circular import.
 *
 * @example
 * @Injectable()
 * class Orders {
 *   constructor(@InjectResource(db) private readonly db: Pool) {}
 * }
 */
export function InjectResource<const D extends Dependency>(dependency: D): ResourceDecorator<Value<D>> {
  if ((dependency as unknown) === undefined) {
    const problem = '@InjectResource(): its resource is undefined; it may be used before it is defined, as in a circular import'
    throw new KeelsonError('INVALID_OPTION', problem)
  }
  return Inject(resourceToken(dependency)) as ResourceDecorator<Value<D>>
}

/** Injects the kernel that runs the app, as far as providers may see it: `probe()`, `inspect()`, events. */
export function InjectKernel(): ParameterDecorator & PropertyDecorator {
  return Inject(KERNEL)
}

/** The token of the kernel's view in the container of Nest. */
export const KERNEL: symbol = Symbol('kernel, which nestServer() or KeelsonModule.forTesting() provides')
