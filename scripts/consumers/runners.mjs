// Runs the packages under one tool that runs or tests programs: `node runners.mjs <name> <folder of projects>`; prints a JSON line for
// each check. Without a name, it is a list of them.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = fileURLToPath(import.meta.url)
const root = dirname(dirname(dirname(here)))
const fixtures = join(root, 'test', 'consumers', 'fixtures')

const NODES = ['node20', 'node22', 'node24', 'node26'].map((name) => join(root, 'test', 'node_modules', name, 'bin', 'node'))

/** What of the Nest 11 starter's configuration has to do with modules. */
const NEST = {
  'module commonjs': { module: 'commonjs' },
  'module nodenext': { module: 'nodenext', moduleResolution: 'nodenext', resolvePackageJsonExports: true, isolatedModules: true },
}

/** Each returns its checks: `{ what, ok, detail }`. */
export const RUNNERS = {
  'Jest, CommonJS': ({ copy, node, bin }) => node('tests', copy('jest-commonjs'), [bin('jest'), '--ci']),
  'Jest, ESM': ({ copy, node, bin }) =>
    node('tests', copy('jest-esm'), ['--experimental-vm-modules', '--no-warnings', bin('jest'), '--ci']),
  'ts-jest': ({ copy, node, bin }) => node('tests', copy('ts-jest'), [bin('jest'), '--ci']),
  '@swc/jest': ({ copy, node, bin }) => node('tests', copy('swc-jest'), [bin('jest'), '--ci']),
  vitest: ({ copy, node, bin }) => node('tests', copy('vitest'), [bin('vitest'), 'run', '--globals=false']),
  'node:test': ({ copy, node }) => {
    const folder = copy('node-test')
    const found = NODES.filter((file) => existsSync(file))
    return (found.length > 0 ? found : [process.execPath]).flatMap((file) => {
      const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
      return node(`tests with Node ${stdout.trim()}`, folder, ['--test', 'required.test.cjs', 'imported.test.mjs'], file)
    })
  },
  'ts-node': ({ copy, node }) => {
    const folder = program(copy, 'ts-node', 'commonjs', { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true })
    // ts-node does not take a name that ends with .js for a source.
    const app = join(folder, 'app.ts')
    writeFileSync(app, readFileSync(app, 'utf8').replace("'./same.js'", "'./same'"))
    return node('app.ts', folder, ['--require', 'ts-node/register', 'app.ts'])
  },
  tsx: ({ copy, node }) =>
    ['commonjs', 'module'].flatMap((type) =>
      node(`app.ts in a ${type} package`, program(copy, `tsx-${type}`, type, {}), ['--import', 'tsx', 'app.ts']),
    ),
  esbuild: ({ copy, node, load }) =>
    ['esm', 'cjs'].flatMap((format) => {
      const folder = program(copy, `esbuild-${format}`, format === 'esm' ? 'module' : 'commonjs', {})
      load('esbuild').buildSync({
        entryPoints: [join(folder, 'app.ts')],
        outfile: join(folder, 'bundle.js'),
        bundle: true,
        platform: 'node',
        target: 'node20',
        format,
        // Of a peer that brings native code: it cannot be in a file of JavaScript.
        external: ['node-unix-socket'],
        // What brings CommonJS along needs a require() in an ESM bundle.
        banner:
          format === 'esm'
            ? { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }
            : {},
      })
      return node(`app.ts as one ${format} file`, folder, ['bundle.js'])
    }),
  quickstart: async ({ copy, node, bin, load }) => {
    const init = (folder, ...args) => spawnSync('npm', args, { cwd: folder, encoding: 'utf8' }).status === 0
    const plain = copy('quickstart', 'plain')
    const typed = copy('quickstart', 'typed')
    const made = init(plain, 'init', '-y') && init(typed, 'init', '-y') && init(typed, 'pkg', 'set', 'type=module')
    const { type = 'commonjs' } = made ? load(join(plain, 'package.json')) : {}
    return [
      { what: 'quickstart: npm init -y makes a CommonJS package', ok: made && type === 'commonjs', detail: type },
      await serves('quickstart: service.js', plain, ['service.js']),
      await serves('quickstart: service.ts with tsx', typed, ['--import', 'tsx', 'service.ts']),
      ...node('keelson verify service.js', plain, [bin('keelson'), 'verify', 'service.js']),
      ...node('keelson verify service.ts', typed, [bin('keelson'), 'verify', 'service.ts']),
      ...node('tsc', typed, [bin('typescript', 'tsc')]),
      await serves('quickstart: service.ts, compiled', typed, ['dist/service.js']),
    ]
  },
  'Nest 11': ({ copy, node, bin }) =>
    Object.entries(NEST).flatMap(([what, options]) => {
      const folder = copy('nest', what.replace(/\W/g, '-'))
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
      const compilerOptions = {
        ...options,
        esModuleInterop: true,
        declaration: true,
        removeComments: true,
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        allowSyntheticDefaultImports: true,
        target: 'ES2023',
        sourceMap: true,
        outDir: './dist',
        strictNullChecks: true,
        types: ['node'],
        // The starter has true; without it, the declarations are checked as well.
        skipLibCheck: true,
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
      const compiled = node(`starter, ${what}, compiles`, folder, [bin('typescript', 'tsc'), '--project', '.'])
      if (!compiled[0].ok) return compiled
      const planned = node(`keelson plan of its TypeScript, ${what}`, folder, [bin('keelson'), 'plan', 'main.ts'])
      return [...compiled, ...node(`starter, ${what}, runs`, folder, ['dist/main.js']), ...planned]
    }),
}

/** Starts a program that says on which URL its API is, asks that twice, and ends it as a platform does. */
async function serves(what, cwd, args) {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, PORT: '0' } })
  let out = ''
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)))
  const url = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        out += text
        const [, found] = /"api":"(http[^"]+)"/.exec(out) ?? []
        if (found) resolve(found)
      })
    }
  })
  const from = await Promise.race([url, ended.then(() => undefined)])
  const ask = async () => (await fetch(`${from}/rope`)).text()
  const answers = from === undefined ? '' : (await ask()) + (await ask())
  child.kill('SIGTERM')
  const code = await ended
  return { what, ok: answers === '/rope: 1\n/rope: 2\n' && code === 0, detail: `${answers}exit code ${code}\n${out}` }
}

/** The program that is compiled elsewhere, as it stands. */
function program(copy, name, type, compilerOptions) {
  const folder = copy('compile', name)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type }))
  const options = { target: 'es2022', types: ['node'], strict: true, ...compilerOptions }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }))
  return folder
}

if (pathToFileURL(process.argv[1]).href === import.meta.url) {
  const [name, projects] = process.argv.slice(2)
  const require = createRequire(join(projects, 'index.js'))
  const own = join(projects, name.replace(/\W+/g, '-'))
  mkdirSync(own, { recursive: true })
  const tools = {
    load: require,
    copy(fixture, as = fixture) {
      cpSync(join(fixtures, fixture), join(own, as), { recursive: true })
      return join(own, as)
    },
    bin(tool, executable = tool) {
      const manifest = require.resolve(`${tool}/package.json`)
      const { bin } = require(manifest)
      return join(dirname(manifest), typeof bin === 'string' ? bin : bin[executable])
    },
    node(what, folder, args, file = process.execPath) {
      const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
      const { status, stdout, stderr } = spawnSync(file, args, { cwd: folder, env, encoding: 'utf8', timeout: 120_000 })
      return [{ what: `${name}: ${what}`, ok: status === 0, detail: `${stdout}${stderr}`.slice(-4_000) }]
    },
  }
  for (const { what, ok, detail } of await RUNNERS[name](tools))
    console.log(JSON.stringify({ what, ok, detail: ok ? '' : detail }))
}
