import 'reflect-metadata'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKernel, type Resource } from '@keelson/kernel'
import { transform as swc } from '@swc/core'
import { transform as esbuild } from 'esbuild'
import ts from 'typescript'
import { build, type Plugin } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Dialect = 'legacy' | 'standard'
/** Compiles one file of the fixtures. */
type Compile = (code: string, file: string, dialect: Dialect) => Promise<string>

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url))
// Below the package, so that what is compiled there finds the package's own imports.
const compiled = fileURLToPath(new URL(`../.cache/compiled-${process.pid}`, import.meta.url))
beforeAll(() => void mkdirSync(compiled, { recursive: true }))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

const tsc: Compile = async (code, fileName, dialect) => {
  const legacy = dialect === 'legacy'
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    experimentalDecorators: legacy,
    emitDecoratorMetadata: legacy,
  }
  return ts.transpileModule(code, { fileName, compilerOptions }).outputText
}

const withSwc: Compile = async (code, filename, dialect) => {
  const legacy = dialect === 'legacy'
  const transform = legacy
    ? { legacyDecorator: true, decoratorMetadata: true }
    : { decoratorVersion: '2023-11' as string as '2022-03' }
  const options = { parser: { syntax: 'typescript', decorators: true }, target: 'es2022', transform } as const
  return (await swc(code, { filename, swcrc: false, configFile: false, jsc: options })).code
}

const withEsbuild: Compile = async (code, sourcefile, dialect) => {
  const tsconfigRaw = readFileSync(join(fixtures, dialect, 'tsconfig.json'), 'utf8')
  return (await esbuild(code, { loader: 'ts', sourcefile, tsconfigRaw, target: 'es2022' })).code
}

type Shop = {
  Orders: new (...args: never[]) => { repository: { database: object }; limiter: object }
  Database: new (...args: never[]) => object
  limiter: Resource<object>
  log: string[]
}

/** Compiles a folder file by file and imports one of them. */
async function compileAndImport(name: string, compile: Compile, dialect: Dialect, entry: string): Promise<Shop> {
  const out = join(compiled, `${name}-${dialect}`)
  mkdirSync(out, { recursive: true })
  for (const file of readdirSync(join(fixtures, dialect)).filter((file) => file.endsWith('.ts'))) {
    const code = await compile(readFileSync(join(fixtures, dialect, file), 'utf8'), file, dialect)
    expect(code).not.toMatch(/^\s*@\w+\(/m)
    writeFileSync(join(out, `${basename(file, '.ts')}.js`), code)
  }
  return import(join(out, `${entry}.js`)) as Promise<Shop>
}

/** Builds with Vite as an application would, and imports the bundle. */
async function buildAndImport(dialect: Dialect, entry: string, plugins: Plugin[] = []): Promise<Shop> {
  const outDir = join(compiled, `vite-${dialect}-${entry}`)
  await build({
    configFile: false,
    root: join(fixtures, dialect),
    logLevel: 'silent',
    plugins,
    build: { ssr: `${entry}.ts`, outDir, emptyOutDir: true, minify: false, rolldownOptions: { external: /^@keelson\// } },
  })
  const [file] = readdirSync(outDir).filter((name) => name.startsWith(entry))
  return import(join(outDir, file!)) as Promise<Shop>
}

async function expectToWork({ Orders, Database, limiter, log }: Shop, order: string[]): Promise<void> {
  log.length = 0
  const kernel = createKernel([Orders])
  expect(kernel.plan().order).toEqual(order)
  await kernel.start()
  const orders = kernel.get(Orders)
  expect(orders.repository.database).toBe(kernel.get(Database))
  expect(orders.limiter).toBe(kernel.get(limiter))
  await kernel.shutdown()
  expect(log).toEqual(['prepare', 'open Database', 'close'])
}

const LOOKED_THROUGH = ['Database', 'limiter', 'Orders']
const LISTED = ['Database', 'Repository', 'limiter', 'Orders']

describe('legacy decorators with metadata', () => {
  test('tsc', async () => expectToWork(await compileAndImport('tsc', tsc, 'legacy', 'metadata'), LOOKED_THROUGH))
  test('swc', async () => expectToWork(await compileAndImport('swc', withSwc, 'legacy', 'metadata'), LOOKED_THROUGH))
  test('vite 8', async () => expectToWork(await buildAndImport('legacy', 'metadata'), LOOKED_THROUGH))
  test('esbuild emits none: the error names the class, the parameter and both remedies', async () => {
    const { Orders } = await compileAndImport('esbuild', withEsbuild, 'legacy', 'metadata')
    expect(() => createKernel([Orders])).toThrow(
      /class Orders: parameter 0 of new Orders\(\?, limiter\) .*esbuild.*@Use\(resource\).*@Service\(\{ inject: \[…\] \}\)/,
    )
  })
})

describe('legacy decorators with a list', () => {
  test('tsc', async () => expectToWork(await compileAndImport('tsc', tsc, 'legacy', 'listed'), LISTED))
  test('swc', async () => expectToWork(await compileAndImport('swc', withSwc, 'legacy', 'listed'), LISTED))
  test('vite 8', async () => expectToWork(await buildAndImport('legacy', 'listed'), LISTED))
  test('esbuild', async () => expectToWork(await compileAndImport('esbuild', withEsbuild, 'legacy', 'listed'), LISTED))
})

describe('standard decorators', () => {
  test('tsc', async () => expectToWork(await compileAndImport('tsc', tsc, 'standard', 'listed'), LISTED))
  test('swc', async () => expectToWork(await compileAndImport('swc', withSwc, 'standard', 'listed'), LISTED))
  test('esbuild', async () => expectToWork(await compileAndImport('esbuild', withEsbuild, 'standard', 'listed'), LISTED))
  test('vite 8 with swc for TypeScript', async () => {
    const plugin: Plugin = {
      name: 'swc',
      enforce: 'pre',
      transform: (code, id) => (id.endsWith('.ts') ? withSwc(code, id, 'standard') : undefined),
    }
    await expectToWork(await buildAndImport('standard', 'listed', [plugin]), LISTED)
  })
})
