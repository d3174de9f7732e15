import type { Replacement } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import type { Class } from '../inject/parameters.js'
import type { DependencyContainer } from '../inject/tsyringe.js'
import { define, type ServiceClass } from './definition.js'

/**
 * Makes a kernel construct its services from a container of yours, instead of from tsyringe's global one: from what is
 * registered there when `createKernel()` is called. What is registered for a service class itself takes the place of the
 * service: it is used as it is, without the hooks, and the kernel does not dispose of it. The kernel works in a child of the
 * container and never disposes of the container.
 *
 * @example
 * const container = rootContainer.createChildContainer()
 * container.register('CONFIG', { useValue: config })
 * createKernel([Orders], { replace: services(container) })
 */
export function services(container: DependencyContainer): Replacement[] {
  return Array.from(servicesByClass.values(), (service) => replace(service.type, define(service, container)))
}

/** All classes with `@Service()` so far. */
export const servicesByClass = new Map<Class, ServiceClass>()
