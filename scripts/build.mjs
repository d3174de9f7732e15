// Builds every package, or those that are named, or with `--for NAME` those that a member of the workspace runs on: esbuild makes the JavaScript and
// the CommonJS beside it, the native TypeScript compiler the declarations (`--js` leaves those out).
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { BUNDLED } from './bundled.mjs'
import { buildCommonJs } from './commonjs.mjs'
import { entriesOf } from './exports.mjs'
import { pagePlugin } from './page.mjs'
import { packagesFor } from './workspace.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const started = performance.now()

/** What is built is read from the manifest, so that it and the build cannot disagree. */
function sourcesOf(folder, { bin = {}, ...manifest }) {
  const commands = Object.values(bin).map((file) => basename(file, '.js'))
  return Object.fromEntries([...entriesOf(manifest), ...commands].map((name) => [name, join(folder, 'src', `${name}.ts`)]))
}

/** What is compiled into a package is found here where `npm start` installed no devDependencies. */
const FALLBACK = [join(root, 'scripts', 'node_modules')]

/** Without comments and indentation, a start reads and parses a third less; names stay, and source maps have the rest. */
const COMPACT = { minifyWhitespace: true, lineLimit: 160 }

/** What is imported from a package stays an import, but of those that are compiled in. */
function installed(bundled) {
  return {
    name: 'installed',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
        kind === 'entry-point' || bundled.includes(path) ? undefined : { path, external: true },
      )
    },
  }
}

/**
 * Where the compiler writes the declarations of a package. In `dist`, they are ESM, and `dist/cjs` has a copy of them, so that each sees
 * a driver's types as its reader does. In `dist/cjs` (the kernel, @keelson/node, and what has no such driver), there is one of each, which both kinds of modules may
 * import: a class of theirs is one class, whoever imports it.
 */
function hasOneOfEach(folder) {
  return JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8')).compilerOptions.outDir === 'dist/cjs'
}

/** What the declarations of other packages need of this one's before the compiler runs. */
function prepareDeclarations(folder, manifest) {
  const dist = join(folder, 'dist')
  const oneOfEach = hasOneOfEach(folder)
  // Without its output, the compiler must not believe that there is nothing to do.
  const lacks = !existsSync(join(dist, oneOfEach ? 'cjs' : '', 'index.d.ts'))
  if (lacks) rmSync(join(folder, '.tsbuildinfo'), { force: true })
  if (!oneOfEach) return
  for (const entry of entriesOf(manifest)) writeFileSync(join(dist, `${entry}.d.ts`), `export * from './cjs/${entry}.js'\n`)
}

function copyDeclarations(folder) {
  if (hasOneOfEach(folder) || !existsSync(join(folder, 'dist', 'cjs'))) return
  const dist = join(folder, 'dist')
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts') || file.startsWith('cjs/')) continue
    mkdirSync(dirname(join(dist, 'cjs', file)), { recursive: true })
    copyFileSync(join(dist, file), join(dist, 'cjs', file))
  }
}

/** Takes away what earlier builds wrote and this one does not: their chunks, and declarations of sources that are gone. */
function removeLeftovers(folder, manifest, begun) {
  const dist = join(folder, 'dist')
  const wrappers = hasOneOfEach(folder) ? entriesOf(manifest).map((entry) => `${entry}.d.ts`) : undefined
  for (const file of readdirSync(dist, { recursive: true })) {
    const inDist = join(dist, file)
    const isOldScript = /\.[cm]?js(\.map)?$/.test(file) && statSync(inDist).mtimeMs < begun - 1_000
    const source = join(folder, 'src', file.replace(/^cjs\//, '').replace(/\.d\.ts$/, '.ts'))
    const isOrphan = file.endsWith('.d.ts') && !existsSync(source)
    const isOfOther = file.endsWith('.d.ts') && wrappers !== undefined && !file.startsWith('cjs/') && !wrappers.includes(file)
    if (isOldScript || isOrphan || isOfOther) rmSync(inDist)
  }
  rmSync(join(dist, '.tsbuildinfo'), { force: true })
}

const args = process.argv.slice(2)
const forWhom = args.includes('--for') ? args.splice(args.indexOf('--for'), 2)[1] : undefined
const named = forWhom === undefined ? args.filter((argument) => !argument.startsWith('--')) : packagesFor(forWhom)
const all = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name))
  .filter((folder) => existsSync(join(folder, 'package.json')))
const folders = all.filter((folder) => named.length === 0 || named.includes(basename(folder)))

for (const folder of folders) {
  const begun = Date.now()
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  await build({
    entryPoints: sourcesOf(folder, manifest),
    outdir: join(folder, 'dist'),
    tsconfig: join(folder, 'tsconfig.json'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    nodePaths: FALLBACK,
    plugins: [...(basename(folder) === 'inspector' ? [pagePlugin] : []), installed(BUNDLED[basename(folder)] ?? [])],
    define: { KEELSON_VERSION: JSON.stringify(manifest.version) },
    sourcemap: true,
    // A manifest's `sideEffects` is for who imports the package, not for its own modules.
    ignoreAnnotations: true,
    logLevel: 'warning',
    ...COMPACT,
  })
  if (!manifest.private) await buildCommonJs(join(folder, 'dist'), entriesOf(manifest), COMPACT)
  removeLeftovers(folder, manifest, begun)
  prepareDeclarations(folder, manifest)
}

if (!args.includes('--js')) {
  const tsc = join(root, 'node_modules', 'typescript-native', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '--build', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  for (const folder of all) copyDeclarations(folder)
}
console.log(`keelson: built ${folders.length} packages in ${((performance.now() - started) / 1000).toFixed(1)} s`)
