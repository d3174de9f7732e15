import { KeelsonError, type Resource, resource } from '@keelson/kernel'
import { hooksOf } from './hooks.js'
import { checkIsObject, type Lifecycle, withHooks } from './lifecycle.js'
import type { Link } from './link.js'

// biome-ignore lint/complexity/noBannedTypes: it depends on its original alone.
export type DuplicateOptions<C> = Omit<Lifecycle<C, {}>, 'dependsOn'>

/** Defines a client that is made of another one's options by `duplicate`, when both start. */
export function duplicateResource<C extends object>(
  args: readonly unknown[],
  duplicate: (original: C) => { client: C; link: Link },
): Resource<C> {
  const [name, original, options = {}] = named(args)
  checkIsObject(name, options)
  if (typeof original !== 'object' || original === null) throw noOriginal(name)
  const make = async ({ original }: { original: C }) => duplicate(original)
  // Its original knows whether a replica will do.
  const hooks = hooksOf<C, { original: Resource<C> }>(make as never, { timeouts: options.timeouts, replica: true })
  return resource(name, { ...withHooks<C, { original: Resource<C> }>(name, options, [], hooks), dependsOn: { original } })
}

/** What was given, with the name that was left out. */
function named<C>(args: readonly unknown[]): [string, Resource<C>, DuplicateOptions<C> | undefined] {
  const all = typeof args[0] === 'string' ? args : [`${(args[0] as Resource<C> | undefined)?.name}-duplicate`, ...args]
  return all as unknown as [string, Resource<C>, DuplicateOptions<C> | undefined]
}

function noOriginal(name: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": what it duplicates is no resource; pass what redis() returned`, {
    resource: name,
    details: { option: 'original' },
  })
}
