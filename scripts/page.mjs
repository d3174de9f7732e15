// Builds the page of the inspector: what it is written in becomes three texts, which are compiled into the package, so that nothing is read from
// files at run time, by whatever bundler or module system. Unit tests get the same from vitest.config.ts.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'packages', 'inspector', 'src', 'page')

/** What sources import it as; packages/inspector/src/serve/page-texts.d.ts declares it. */
const MODULE = 'virtual:inspector-page'

/** What is compiled into the page is found here where `npm start` installed no devDependencies. */
const FALLBACK = [join(root, 'scripts', 'node_modules')]

/** Those of May 2024 and later have all of it. */
const TARGET = ['es2022', 'chrome123', 'firefox120', 'safari17.5']

/** The page as `{ html, js, css }`. */
export async function pageTexts() {
  const main = ['main.tsx', 'main.ts'].map((file) => join(folder, file)).find((file) => existsSync(file))
  const { outputFiles } = await build({
    entryPoints: { js: main, css: join(folder, 'page.css') },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: TARGET,
    nodePaths: FALLBACK,
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  })
  const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trimEnd()
  return { html: readFileSync(join(folder, 'index.html'), 'utf8'), js: textOf('js.js'), css: textOf('css.css') }
}

/** The source of the module that sources import. */
async function moduleText() {
  const { html, js, css } = await pageTexts()
  return Object.entries({ html, js, css })
    .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}\n`)
    .join('')
}

/** For esbuild. */
export const pagePlugin = {
  name: 'inspector-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${MODULE}$`) }, () => ({ path: MODULE, namespace: 'inspector-page' }))
    onLoad({ filter: /.*/, namespace: 'inspector-page' }, async () => ({ contents: await moduleText() }))
  },
}

/** For vite, which runs the unit tests. */
export const pageVitePlugin = {
  name: 'inspector-page',
  resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
  load: (id) => (id === `\0${MODULE}` ? moduleText() : undefined),
}
