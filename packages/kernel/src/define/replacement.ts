import { fromCaller, invalidOption } from '../errors.js'
import { isA, propertyOf } from '../foreign.js'
import { carriedBy, definitionOf, named } from './definition-of.js'
import type { ResourceLike } from './dependency.js'
import { Definition } from './resource.js'

/** One resource that stands in for another, for `createKernel(…, { replace })`. */
export interface Replacement {
  readonly target: Definition
  readonly by: Definition
}

/** T, which is not inferred from here. TypeScript has `NoInfer` since 5.4 only. */
type NotInferred<T> = [T][T extends unknown ? 0 : never]

/**
 * Puts `by` in the place of `target`, under its name: another resource, whose own dependencies count instead, or a plain
 * value, which is used as it is and not disposed of.
 *
 * @example
 * createKernel([api], { replace: [replace(db, { find: async () => [] })] })
 */
export function replace<T>(target: ResourceLike<T>, by: ResourceLike<NotInferred<T>> | NotInferred<T>): Replacement {
  try {
    const original = definitionOf(target, undefined, 'the target of replace()')
    return { target: original, by: carriedBy(by) ?? constant(original.name, by) }
  } catch (error) {
    throw fromCaller(replace, error)
  }
}

/** By target, the last one for each. */
export function replacementsOf(list: Iterable<Replacement>): ReadonlyMap<Definition, Definition> {
  const replacements = new Map<Definition, Definition>()
  let i = 0
  for (const replacement of list) {
    const target = propertyOf(replacement, 'target')
    const by = propertyOf(replacement, 'by')
    if (!isA(target, Definition) || !isA(by, Definition)) {
      throw invalidOption(
        undefined,
        `replace[${i}]`,
        `is ${named(replacement)}, not a replacement`,
        'pass what replace() returned',
      )
    }
    replacements.set(target, by)
    i++
  }
  return replacements
}

function constant(name: string, value: unknown): Definition {
  const options = { start: () => value, stop: () => {} }
  return new Definition(name, options, options)
}
