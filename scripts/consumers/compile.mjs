// Compiles and runs the programs of a reader with one version of TypeScript and each kind of modules that it knows; a process for each
// version, so that they run side by side. `node compile.mjs <alias of TypeScript> <folder of projects> <entry points as JSON>`; prints a
// JSON line for each check.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [alias, projects, list] = process.argv.slice(2)
const entries = JSON.parse(list)
const sources = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'test', 'consumers', 'fixtures', 'compile')
const require = createRequire(join(projects, 'index.js'))
const { version } = require(`${alias}/package.json`)
const [major, minor] = version.split('.').map(Number)

/**
 * `since` and `until` are versions of TypeScript that know the setting. With `all`, every declaration of every package is checked, of both
 * sides; elsewhere those that the program needs, and that all entry points are found.
 */
const SETTINGS = {
  'commonjs, node10': { type: 'commonjs', options: { module: 'commonjs', moduleResolution: 'node10' }, until: 6 },
  'commonjs, bundler': { type: 'commonjs', options: { module: 'commonjs', moduleResolution: 'bundler' }, since: 6 },
  'node16 in a CommonJS package': { type: 'commonjs', options: { module: 'node16', moduleResolution: 'node16' } },
  'node16 in an ESM package': { type: 'module', options: { module: 'node16', moduleResolution: 'node16' } },
  'nodenext in a CommonJS package': { type: 'commonjs', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  'nodenext in an ESM package': { type: 'module', options: { module: 'nodenext', moduleResolution: 'nodenext' }, all: true },
  'esnext, bundler': { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
  // The kernel is of no runtime: a browser's types will do.
  'the kernel alone, without the types of Node': {
    type: 'module',
    options: { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom'] },
    program: 'alone.ts',
  },
}

const SAME = `
function same(one: unknown, other: unknown, name: string) {
  if (one !== other) throw new Error('there are two of ' + name)
}
`

for (const [setting, { type, options, program = 'app.ts', all = false, since = 0, until = Infinity }] of Object.entries(
  SETTINGS,
)) {
  if (major < since || major > until) continue
  const folder = join(projects, `${alias} ${setting}`.replace(/\W+/g, '-'))
  write(folder, type, options, program, all)
  const problems = major >= 7 ? compileNative(folder) : compile(folder)
  tell(`TypeScript ${version}, ${setting}: compiles`, problems.length === 0, problems.slice(0, 20).join('\n'))
  const made = [program.replace('.ts', '.js'), ...(all ? ['mixed.mjs'] : [])]
  for (const file of made) run(`TypeScript ${version}, ${setting}: ${file} runs`, folder, file)
}

function write(folder, type, options, program, all) {
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type }))
  const deprecated = major === 6 && options.moduleResolution === 'node10' && { ignoreDeprecations: '6.0' }
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    ...options,
    ...deprecated,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    // Standard decorators have had metadata since 5.2.
    experimentalDecorators: major === 5 && minor < 2,
    rootDir: 'src',
    outDir: 'out',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
  for (const file of [program, 'same.ts', ...(all ? ['others.ts'] : [])])
    copyFileSync(join(sources, file), join(folder, 'src', file))
  if (!all) return
  // What is required is the same as what is imported: to the compiler, and in the process.
  const imports = entries.map((entry, i) => `import * as e${i} from '${entry}'\n`).join('')
  const names = entries.map((_, i) => `e${i}`).join(', ')
  writeFileSync(join(folder, 'src', 'required.cts'), `import 'reflect-metadata'\n${imports}export { ${names} }\n`)
  const same = entries.flatMap((entry, i) =>
    Object.keys(require(entry)).map(
      (name) =>
        `const e${i}_${name}: typeof e${i}.${name} = required.e${i}.${name}\nsame(e${i}.${name}, e${i}_${name}, '${name}')\n`,
    ),
  )
  const mixed = `import * as required from './required.cjs'\n${imports}${same.join('')}${SAME}console.log('ok')\n`
  writeFileSync(join(folder, 'src', 'mixed.mts'), mixed)
}

/** Of a driver that declares its classes twice, which is no matter of ours. */
function isOfDriver(text) {
  const paths = [...text.matchAll(/import\("([^"]+)"/g)].map(([, path]) => path)
  return text.startsWith('src/mixed.mts') && paths.length > 0 && !paths.at(-1).includes('/@keelson/')
}

/** Only what is ours is looked at: declarations of others may need a newer compiler. */
function isOurs(file) {
  return file.includes('/@keelson/') || !file.includes('/node_modules/')
}

function compile(folder) {
  const ts = require(alias)
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const program = ts.createProgram(fileNames, options)
  const files = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName))
  const diagnostics = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ]
  program.emit()
  const from = join(folder, 'src', 'same.ts')
  const mode = program.getSourceFile(from).impliedNodeFormat
  const lost = entries.filter((entry) => {
    const { resolvedModule } = ts.resolveModuleName(entry, from, options, ts.sys, undefined, undefined, mode)
    return resolvedModule?.extension !== '.d.ts'
  })
  const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => folder, getNewLine: () => '\n' }
  const texts = diagnostics.map((diagnostic) => ts.formatDiagnostic(diagnostic, host)).filter((text) => !isOfDriver(text))
  return [...texts, ...lost.map((entry) => `${entry} is not found`)]
}

/** TypeScript 7 has no API; it is asked for everything. */
function compileNative(folder) {
  const tsc = join(dirname(require.resolve(`${alias}/package.json`)), 'bin', 'tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '--project', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`
    .split(/\n(?! )/)
    .filter((text) => /error TS/.test(text) && isOurs(text.split('(')[0]) && !isOfDriver(text))
}

function run(what, folder, program) {
  const { stdout, stderr } = spawnSync(process.execPath, [join('out', program)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  tell(what, stdout.endsWith('ok\n'), stdout + stderr)
}

function tell(what, ok, detail) {
  console.log(JSON.stringify({ what, ok, detail: ok ? '' : detail }))
}
