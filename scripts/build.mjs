// Builds every package, or those that are named: tsup makes the JavaScript, the native TypeScript compiler the declarations
// (`--js` leaves those out).
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { BUNDLED } from './bundled.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const started = performance.now()

/** Entry points are read from the manifest, so that `exports` and the build cannot disagree. */
function entriesOf(folder) {
  const { exports = {}, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const targets = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)]
  const names = targets.filter((target) => target?.endsWith('.js')).map((target) => target.slice('./dist/'.length, -'.js'.length))
  return Object.fromEntries(names.map((name) => [name, join(folder, 'src', `${name}.ts`)]))
}

/** Without comments and indentation, a start reads and parses a third less; names stay, and source maps have the rest. */
function compact(options) {
  options.minifyWhitespace = true
  options.lineLimit = 160
}

/** Takes away what earlier builds wrote and this one does not: their chunks, and declarations of sources that are gone. */
function removeLeftovers(folder, begun) {
  const dist = join(folder, 'dist')
  for (const file of readdirSync(dist, { recursive: true })) {
    const isOldScript = /\.js(\.map)?$/.test(file) && statSync(join(dist, file)).mtimeMs < begun - 1_000
    const isOrphan = file.endsWith('.d.ts') && !existsSync(join(folder, 'src', file.replace(/\.d\.ts$/, '.ts')))
    if (isOldScript || isOrphan) rmSync(join(dist, file))
  }
}

const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const folders = readdirSync(join(root, 'packages'))
  .filter((name) => named.length === 0 || named.includes(name))
  .map((name) => join(root, 'packages', name))
  .filter((folder) => existsSync(join(folder, 'package.json')))

for (const folder of folders) {
  const begun = Date.now()
  await build({
    config: false,
    entry: entriesOf(folder),
    outDir: join(folder, 'dist'),
    tsconfig: join(folder, 'tsconfig.json'),
    format: ['esm'],
    target: 'node20',
    skipNodeModulesBundle: true,
    noExternal: BUNDLED[basename(folder)] ?? [],
    removeNodeProtocol: false,
    sourcemap: true,
    splitting: true,
    silent: true,
    esbuildOptions: compact,
  })
  removeLeftovers(folder, begun)
}

if (!process.argv.includes('--js')) {
  const tsc = join(root, 'node_modules', 'typescript-native', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '--build', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
console.log(`keelson: built ${folders.length} packages in ${((performance.now() - started) / 1000).toFixed(1)} s`)
