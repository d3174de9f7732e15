import type { Dependency } from '@keelson/kernel'
import { misused } from '../errors.js'
import type { Delayed } from '../inject/inject-list.js'
import { announce } from '../inject/kernel-scope.js'
import { inject } from '../inject/tsyringe.js'
import { useToken } from '../inject/wanted.js'

/** A decorator of constructor parameters, with `experimentalDecorators`: standard decorators have none. */
export type ParameterDecorator = (type: object, method: string | symbol | undefined, index: number) => void

/**
 * Injects a resource, a service, or `optional()` or `ref()` of one into a constructor parameter. TypeScript cannot compare
 * it with the type of the parameter; `@Service({ inject })` is compared.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is undefined, as a class before its definition is: write `delay(() => TheClass)`.
 *
 * @example
 * constructor(@Use(db) db: MongoClient, @Use(optional(Cache)) cache: Cache | undefined) {}
 */
export function Use(dependency: Dependency | Delayed<unknown>): ParameterDecorator {
  return (type, method, index) => {
    if (method !== undefined || typeof type !== 'function') {
      throw misused('Use', `a parameter of ${String(method)}()`, 'only constructors are injected', 'move it to the constructor')
    }
    if ((dependency as unknown) === undefined) {
      throw misused('Use', `parameter ${index} of ${type.name}`, 'its resource is undefined', 'write @Use(delay(() => TheClass))')
    }
    const token = useToken(dependency)
    announce(token)
    inject(token)(type, undefined, index)
  }
}
