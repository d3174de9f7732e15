import { RESOURCE, type ResourceCarrier } from '@keelson/kernel'
import { delay as delayOfTsyringe } from './tsyringe.js'
import { undelayed } from './wanted.js'

/**
 * Names a class that is defined further down, or comes from a circular import: in `inject` and `@Use`, and as a resource in
 * `dependsOn`, `after`, `ref()` and `optional()`. It is what `delay()` of tsyringe returns, too.
 *
 * @example
 * @Service({ inject: [ref(delay(() => Billing))] })
 */
export function delay<T>(type: () => new (...args: never[]) => T): ReturnType<typeof delayOfTsyringe<T>> & ResourceCarrier<T> {
  const delayed = delayOfTsyringe(type as Parameters<typeof delayOfTsyringe<T>>[0])
  Object.defineProperty(delayed, RESOURCE, {
    get: () => (undelayed(delayed) as Partial<ResourceCarrier<T>> | undefined)?.[RESOURCE],
  })
  return delayed as typeof delayed & ResourceCarrier<T>
}
