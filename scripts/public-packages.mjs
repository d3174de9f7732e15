// The packages that are published, and the tarballs that are published of them.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runPnpm } from './pnpm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Every public package: its folder and its manifest, dependencies of others before those. */
export function publicPackages() {
  const found = readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => !manifest.private)
  const names = new Set(found.map(({ manifest }) => manifest.name))
  const depth = ({ manifest }) => {
    const own = found.filter(({ manifest: { name } }) => names.has(name) && manifest.dependencies?.[name] !== undefined)
    return own.length === 0 ? 0 : 1 + Math.max(...own.map(depth))
  }
  return found.sort((a, b) => depth(a) - depth(b))
}

/** Packs a package into a folder as it is published; returns the tarball, or undefined. */
export function pack({ folder }, to) {
  const before = new Set(readdirSync(to))
  const code = runPnpm(['pack', '--pack-destination', to], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = readdirSync(to).find((file) => !before.has(file))
  return code === 0 && tarball !== undefined ? join(to, tarball) : undefined
}
