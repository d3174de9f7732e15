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

/** Packs every public package into a folder as it is published; returns the tarballs by the names of the packages. */
export function packAll(to) {
  const packages = publicPackages()
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const code = runPnpm(['--recursive', ...filters, 'pack', '--pack-destination', to], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (code !== 0) throw new Error(`pnpm pack ended with ${code}; its output is above`)
  return new Map(
    packages.map(({ manifest: { name, version } }) => [
      name,
      join(to, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    ]),
  )
}
