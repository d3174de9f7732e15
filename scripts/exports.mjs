// Writes what a manifest says of its entry points: `exports`, `main`, `types` and `typesVersions`, of every package alike. The keys of
// `exports` are the entry points, and `./name` is built from `src/name.ts`; what they lead to is written here.
// `node scripts/exports.mjs --write | --check`; docs/decisions/053 says why it is like this.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The names of a package's entry points: `index` is the package itself. */
export function entriesOf({ exports = {} }) {
  return Object.keys(exports)
    .filter((key) => !key.endsWith('.json'))
    .map((key) => (key === '.' ? 'index' : key.slice('./'.length)))
}

/** A manifest with what it should say of its entry points; all else, and the order of its keys, stays. */
export function withEntries(manifest) {
  const entries = entriesOf(manifest)
  const kept = Object.entries(manifest.exports).filter(([key]) => key.endsWith('.json'))
  const conditions = manifest.private ? esmOnly : both
  const exports = Object.fromEntries([
    ...entries.map((entry) => [entry === 'index' ? '.' : `./${entry}`, conditions(entry)]),
    ...kept,
  ])
  if (manifest.private) return { ...manifest, exports }
  const sub = entries.filter((entry) => entry !== 'index')
  const typesVersions = { '*': Object.fromEntries(sub.map((entry) => [entry, [`./dist/cjs/${entry}.d.ts`]])) }
  const legacy = {
    main: './dist/cjs/index.js',
    types: './dist/cjs/index.d.ts',
    ...(sub.length > 0 && { typesVersions }),
  }
  const others = Object.entries(manifest).filter(([key]) => !['main', 'types', 'typesVersions'].includes(key))
  return Object.fromEntries(
    others.flatMap(([key, value]) => (key === 'exports' ? [['exports', exports], ...Object.entries(legacy)] : [[key, value]])),
  )
}

/**
 * `module-sync`: Node 20.19, 22.12 and newer load one copy, by `import` and by `require()`. `module`: bundlers do. What knows neither has
 * one copy, too, unless it mixes the two.
 */
function both(entry) {
  const esm = { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` }
  return {
    'module-sync': esm,
    module: esm,
    import: esm,
    require: { types: `./dist/cjs/${entry}.d.ts`, default: `./dist/cjs/${entry}.js` },
  }
}

/** Of a package that nobody installs. */
function esmOnly(entry) {
  return { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` }
}

/** The manifests that say something else, each with the text that it should have. */
export function differing() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'package.json'))
    .map((file) => ({ file: relative(root, file), before: readFileSync(file, 'utf8') }))
    .map(({ file, before }) => ({ file, before, after: `${JSON.stringify(withEntries(JSON.parse(before)), null, 2)}\n` }))
    .filter(({ before, after }) => before !== after)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const write = process.argv.includes('--write')
  for (const { file, after } of differing()) {
    if (write) writeFileSync(join(root, file), after)
    else console.error(`${file} differs from what its entry points should be; run: node scripts/exports.mjs --write`)
    process.exitCode = write ? 0 : 1
  }
}
