import { type DependencyContainer, Lifecycle } from './tsyringe.js'

/** A registration of tsyringe. */
export interface Registration {
  readonly provider: {
    readonly useValue?: unknown
    readonly useFactory?: (container: DependencyContainer) => unknown
    readonly useToken?: unknown
    readonly useClass?: unknown
  }
  readonly options: { readonly lifecycle: Lifecycle }
  /** The instance that the container keeps, once it was resolved. */
  readonly instance?: unknown
}

/** tsyringe has no public way to ask which provider a token has without running it. */
interface Readable {
  getRegistration(token: unknown): Registration | null
  getAllRegistrations(token: unknown): readonly Registration[] | null
}

interface Resolving {
  resolveRegistration(registration: Registration, context: unknown): unknown
}

/**
 * Makes a container ask `share` for the instance of a class of which it would keep one: tsyringe keeps a `@singleton()` in the
 * container where it is registered, that is, for all kernels.
 */
export function shareBy(
  container: DependencyContainer,
  share: (registration: Registration, construct: () => object) => object,
): void {
  const resolving = container as unknown as Resolving
  const resolve = resolving.resolveRegistration
  resolving.resolveRegistration = (registration, context) => {
    if (!isShared(registration)) return resolve.call(container, registration, context)
    const { provider, options } = registration
    return share(registration, () => resolve.call(container, { provider, options }, context) as object)
  }
}

/** The last registration of a token, in the container or else in its parents. */
export function registrationOf(token: unknown, container: DependencyContainer): Registration | undefined {
  return (container as unknown as Readable).getRegistration(token) ?? undefined
}

export function registrationsOf(token: unknown, container: DependencyContainer): readonly Registration[] {
  return (container as unknown as Readable).getAllRegistrations(token) ?? []
}

/** Whether a kernel has one instance, as a container would: `@singleton()` and `@scoped(Lifecycle.ContainerScoped)`. */
export function isShared({ options }: Registration): boolean {
  return options.lifecycle === Lifecycle.Singleton || options.lifecycle === Lifecycle.ContainerScoped
}

/** Whether one service that starts has one instance: `@scoped(Lifecycle.ResolutionScoped)`. */
export function isSharedByResolution({ options }: Registration): boolean {
  return options.lifecycle === Lifecycle.ResolutionScoped
}
