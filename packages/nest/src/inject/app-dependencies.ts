import type { Dependencies, Dependency } from '@keelson/kernel'
import { foundDependencies } from './found-dependencies.js'
import { resourceToken } from './resource-token.js'

/** What an app depends on: what its options say, and what its modules ask for, each under a key of its own. */
export function appDependencies(given: Dependencies, entry: unknown): Dependencies {
  const all: Record<string, Dependency> = { ...given }
  const known = new Set(Object.values(given).map(resourceToken))
  for (const dependency of foundDependencies(entry)) {
    const token = resourceToken(dependency)
    if (known.has(token)) continue
    known.add(token)
    all[freeKey(all, dependency)] = dependency
  }
  return all
}

function freeKey(taken: object, dependency: Dependency): string {
  const { name } = ('resource' in dependency ? dependency.resource : dependency) as { name?: unknown }
  let key = String(name)
  for (let i = 2; Object.hasOwn(taken, key); i++) key = `${String(name)} ${i}`
  return key
}
