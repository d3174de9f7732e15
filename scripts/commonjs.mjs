// CommonJS, made of the ESM that a build has written: file by file, so that both have the same chunks and each module exists once.
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** The URL of the ESM that it was made of, for a module that locates a file beside itself. */
const URL_OF_MODULE = `
  const { basename, dirname, join } = require('node:path')
  export const urlOfModule = require('node:url').pathToFileURL(join(dirname(__dirname), basename(__filename))).href`

/**
 * Writes `cjs/name.js` for each `name.js` of a `dist`.
 *
 * `import()` becomes `require()`, in a promise as before: Jest has no `import()` without a flag of Node.
 *
 * @throws Error when a module cannot be CommonJS: it awaits at its top level.
 */
export async function buildCommonJs(dist, entries, format) {
  const scripts = readdirSync(dist).filter((file) => file.endsWith('.js') && isModule(file, entries))
  await build({
    entryPoints: scripts.map((file) => join(dist, file)),
    outdir: join(dist, 'cjs'),
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    bundle: true,
    sourcemap: true,
    sourcesContent: false,
    define: { 'import.meta.url': 'urlOfModule' },
    plugins: [fileByFile, urlOfModule],
    inject: ['url-of-module'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'error' },
    ...format,
  })
  writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
}

/** Commands are run, not imported. */
function isModule(file, entries) {
  return file.startsWith('chunk-') || entries.includes(basename(file, '.js'))
}

/** Every import stays one. */
const fileByFile = {
  name: 'file-by-file',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'entry-point' || path === 'url-of-module' ? undefined : { path, external: true },
    )
  },
}

const urlOfModule = {
  name: 'url-of-module',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^url-of-module$/ }, () => ({ path: 'url-of-module', namespace: 'url-of-module', sideEffects: false }))
    onLoad({ filter: /.*/, namespace: 'url-of-module' }, () => ({ contents: URL_OF_MODULE, loader: 'js' }))
  },
}
