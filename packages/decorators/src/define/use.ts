import type { Dependency } from '@keelson/kernel'
import { misused, propertiesInjected } from '../errors.js'
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
  return (type: unknown, member: unknown, index: unknown) => {
    if (typeof index !== 'number') throw onMember(member)
    if (member !== undefined || typeof type !== 'function') {
      throw misused('Use', `a parameter of ${String(member)}()`, 'only constructors are injected', 'move it to the constructor')
    }
    if ((dependency as unknown) === undefined) {
      throw misused('Use', `parameter ${index} of ${type.name}`, 'its resource is undefined', 'write @Use(delay(() => TheClass))')
    }
    const token = useToken(dependency)
    announce(token)
    inject(token)(type, undefined, index)
  }
}

/** Decorators of properties are called with the name of one, standard decorators with a context. */
function onMember(member: unknown): Error {
  const { kind, name } =
    typeof member === 'object' && member !== null ? (member as ClassMemberDecoratorContext) : { kind: 'field', name: member }
  if (kind === 'field' || kind === 'accessor') return propertiesInjected('@Use', [String(name)])
  return misused('Use', String(name), 'only parameters of constructors are injected', 'move it to the constructor')
}
