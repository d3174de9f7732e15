// The members of the workspace, and what they need of each other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Every member but the root, as pnpm-workspace.yaml lists them: its folder, below the root, and its manifest. */
export function members() {
  const [, list] = /^packages:\n((?: {2}- .*\n)+)/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
  const patterns = [...list.matchAll(/- "?([^"\n]+)"?/g)].map(([, pattern]) => pattern)
  return patterns
    .flatMap((pattern) => {
      const folder = pattern.replace(/\/\*$/, '')
      return folder === pattern ? [folder] : readdirSync(join(root, folder)).map((name) => join(folder, name))
    })
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }))
}

/** The folders in `packages` of those that a member runs on, those of its packages included. */
export function packagesFor(name) {
  const byName = new Map(members().map((member) => [member.manifest.name, member]))
  if (!byName.has(name)) throw new Error(`the workspace has no ${name}`)
  const found = new Set()
  const collect = (each) => {
    for (const next of Object.keys(byName.get(each).manifest.dependencies ?? {})) {
      if (!byName.has(next) || found.has(next)) continue
      found.add(next)
      collect(next)
    }
  }
  collect(name)
  return [...found].map((each) => basename(byName.get(each).folder))
}
