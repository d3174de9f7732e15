// Packs every public package as it would be published and uses the tarballs: publint, the types as resolvers see them,
// `import` and `require` of every entry point in an empty project, what each imports against what it declares, what an installation of
// it brings along and runs, and the sizes of the kernel and of the inspector's page.
// `node scripts/check-packages.mjs [file for the counts]`
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { BUNDLED } from './bundled.mjs'
import { differing } from './exports.mjs'
import { pageTexts } from './page.mjs'
import { pack, publicPackages } from './public-packages.mjs'
import { treeOf } from './sbom.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const work = mkdtempSync(join(tmpdir(), 'keelson-packages-'))
const counts = { passed: 0, failed: 0 }

function record(ok, what, detail = '') {
  if (ok) counts.passed++
  else counts.failed++
  console.log(`${ok ? '  ok  ' : '  FAIL'} ${what}${ok || !detail ? '' : `\n${detail}`}`)
}

function command(name, args, cwd) {
  const { status, stdout, stderr } = spawnSync(name, args, { cwd, encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}` }
}

const packages = publicPackages()
const wrong = differing().map(({ file }) => file)
record(
  wrong.length === 0,
  'every manifest has the exports of its entry points',
  `node scripts/exports.mjs --write\n${wrong.join('\n')}`,
)
const packed = new Map()

for (const { folder, manifest } of packages) {
  manifest.tarball = pack({ folder }, work)
  record(manifest.tarball !== undefined, `${manifest.name} packs`)
  if (manifest.tarball === undefined) continue
  packed.set(manifest.name, { folder, manifest, tarball: manifest.tarball })
  const publint = command(process.execPath, [bin('publint'), 'run', manifest.tarball, '--strict'], root)
  record(publint.ok, `${manifest.name} is a well-formed package`, publint.output)
  const attw = command(process.execPath, [bin('@arethetypeswrong/cli', 'attw'), manifest.tarball], root)
  record(attw.ok, `${manifest.name} has the types that resolvers find`, attw.output)
}

const project = join(work, 'project')
mkdirSync(project)
const peers = Object.assign({}, ...packages.map(({ manifest }) => versionsOfPeers(manifest)))
const dependencies = Object.fromEntries(packages.map(({ manifest }) => [manifest.name, `file:${manifest.tarball}`]))
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({ private: true, dependencies: { ...peers, ...dependencies } }, null, 2),
)
const install = command('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], project)
record(install.ok, 'the tarballs install into an empty project', install.output)

for (const { manifest } of packages) {
  for (const entry of Object.keys(manifest.exports).filter((key) => key !== './package.json')) {
    const specifier = manifest.name + entry.slice(1)
    const before = manifest.name === '@keelson/decorators' ? "import 'reflect-metadata';" : ''
    const imported = command(process.execPath, ['--input-type=module', '-e', `${before}await import('${specifier}')`], project)
    record(imported.ok, `import ${specifier}`, imported.output)
    const script = `${before ? "require('reflect-metadata');" : ''}require('${specifier}')`
    const required = command(process.execPath, ['--input-type=commonjs', '-e', script], project)
    record(required.ok, `require ${specifier}`, required.output)
  }
}

for (const { folder, manifest } of packages) {
  const undeclared = undeclaredImports(manifest)
  record(undeclared.length === 0, `${manifest.name} declares what it imports, in code and types`, undeclared.join('\n'))
  for (const name of BUNDLED[basename(folder)] ?? []) checkBundled(folder, manifest, name)
}
for (const each of packed.values()) checkSupply(each)
checkWorkflows()
checkAlone(packages.find(({ manifest }) => manifest.name === '@keelson/kernel').manifest)
await checkKernelSize()
await checkEarly()
await checkPage()
rmSync(work, { recursive: true, force: true })
console.log(`packages: ${counts.passed} passed, ${counts.failed} failed`)
if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify(counts))
process.exitCode = counts.failed === 0 ? 0 : 1

/** The executable of a development dependency. */
function bin(name, executable = name) {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[executable]
  return join(root, 'node_modules', name, path)
}

/** Peers are installed in the version that the package itself is tested with. */
function versionsOfPeers({ peerDependencies = {}, devDependencies = {} }) {
  return Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, devDependencies[name] ?? peerDependencies[name]]))
}

/** Specifiers in the installed JavaScript and declarations that neither Node nor what the package declares can answer. */
function undeclaredImports({ name, dependencies, peerDependencies }) {
  const dist = join(project, 'node_modules', name, 'dist')
  const declared = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })])
  const files = readdirSync(dist, { recursive: true }).filter((file) => /\.([cm]?js|d\.ts)$/.test(file))
  return files.flatMap((file) =>
    ts
      .preProcessFile(readFileSync(join(dist, file), 'utf8'), true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((specifier) => !/^(\.|node:)/.test(specifier) && !declared.has(packageOf(specifier)))
      .map((specifier) => `${file} imports ${specifier}`),
  )
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What is compiled into a package is not installed with it, and its licence is delivered. */
function checkBundled(folder, manifest, name) {
  const installed = join(folder, 'node_modules', name)
  const licenceFile = readdirSync(installed).find((file) => /^licen[cs]e/i.test(file))
  const licence = readFileSync(join(installed, licenceFile), 'utf8').trim()
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const file = join(project, 'node_modules', manifest.name, 'LICENSES', 'third-party.txt')
  const delivered = existsSync(file) ? readFileSync(file, 'utf8') : ''
  record(
    delivered.includes(licence) && delivered.includes(`${name} ${version}\n`),
    `${manifest.name} delivers the licence of ${name} ${version}`,
    'LICENSES/third-party.txt must have its name, its version and its licence, word by word',
  )
}

/** A package that brings nothing along. */
function checkAlone({ name, tarball }) {
  const alone = join(work, 'alone')
  mkdirSync(alone)
  writeFileSync(join(alone, 'package.json'), JSON.stringify({ private: true, dependencies: { [name]: `file:${tarball}` } }))
  const install = command('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], alone)
  const { packages: installed = {} } = install.ok ? JSON.parse(readFileSync(join(alone, 'package-lock.json'), 'utf8')) : {}
  const others = Object.keys(installed).filter((path) => path !== '' && path !== `node_modules/${name}`)
  record(install.ok && others.length === 0, `${name} installs nothing but itself`, install.output + others.join('\n'))
}

/** What publishing and installing a package do besides. */
function checkSupply({ folder, manifest, tarball }) {
  const { name, dependencies = {}, publishConfig } = manifest
  const fixed = Object.entries(dependencies).filter(([, range]) => !/^(workspace:)?\^/.test(range))
  record(fixed.length === 0, `${name} takes its dependencies in ranges`, fixed.map((entry) => entry.join(' ')).join('\n'))
  const { access, provenance } = publishConfig ?? {}
  record(
    access === 'public' && provenance === true,
    `[Z2] ${name} is published with provenance`,
    'see publishConfig of the others',
  )
  const { output } = command('tar', ['-tzf', tarball], root)
  const stray = output.split('\n').filter((file) => /\.tsbuildinfo$|\.test\.|test-support|fixtures/.test(file))
  record(
    output.includes('package/dist/') && stray.length === 0,
    `[Z4] ${name} has only what is used in its tarball`,
    stray.join('\n'),
  )
  try {
    const { lock, bill } = treeOf({ folder, manifest }, packed, work)
    const scripts = Object.entries(lock.packages).filter(([, { hasInstallScript, peer }]) => hasInstallScript && !peer)
    record(scripts.length === 0, `[Z1] ${name} runs no install script`, scripts.map(([path]) => path).join('\n'))
    const listed = new Set(bill.components.map(({ group, name }) => [group, name].filter(Boolean).join('/')))
    const missing = [...Object.keys(dependencies), ...(BUNDLED[basename(folder)] ?? [])].filter((each) => !listed.has(each))
    record(missing.length === 0, `${name} has a bill of materials`, `which lacks ${missing.join(', ')}`)
  } catch (error) {
    record(false, `${name} has a bill of materials`, error.message)
  }
}

/** A tag can be moved to another commit, a commit cannot. */
function checkWorkflows() {
  const folder = join(root, '.github', 'workflows')
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8')
    const loose = [...text.matchAll(/uses:\s*(\S+)/g)]
      .map(([, action]) => action)
      .filter((action) => !/@[0-9a-f]{40}$/.test(action))
    record(loose.length === 0, `[Z3] actions of ${file} are named by commit`, loose.join('\n'))
    record(/^permissions:/m.test(text), `[Z3] ${file} says what it may do`)
  }
  const release = readFileSync(join(folder, 'release.yml'), 'utf8')
  const trusted = /id-token: write/.test(release) && !/secrets\./.test(release)
  record(trusted, '[Z2] releases are made by a workflow that holds no token')
  record(/release\.mjs/.test(release) && /\.cdx\.json/.test(release), '[Z2] a release has bills of materials')
}

async function checkKernelSize() {
  // docs/decisions/009-size-of-the-kernel.md
  const limit = 41 * 1024
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@keelson/kernel'", resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  })
  const { gzipSync } = await import('node:zlib')
  const size = gzipSync(outputFiles[0].contents).length
  record(
    size <= limit,
    `@keelson/kernel is ${(size / 1024).toFixed(1)} KiB, minified and compressed, with what is compiled into it (at most ${limit / 1024})`,
  )
}

/** The first import of an application is for its effect alone, which bundlers must not take away, and waits for nothing else. */
async function checkEarly() {
  const { outputFiles } = await build({
    stdin: { contents: "import '@keelson/node/early'", resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    write: false,
  })
  const { text, contents } = outputFiles[0]
  const { gzipSync } = await import('node:zlib')
  const size = gzipSync(contents).length
  record(
    text.includes('SIGTERM') && size <= 512,
    `@keelson/node/early is kept by bundlers, and has ${size} bytes (at most 512)`,
    text,
  )
}

/** The inspector's page loads at once, wherever from. */
async function checkPage() {
  const limit = 100 * 1024
  const { gzipSync } = await import('node:zlib')
  const size = Object.values(await pageTexts()).reduce((sum, text) => sum + gzipSync(text).length, 0)
  record(size <= limit, `the page of the inspector is ${(size / 1024).toFixed(1)} KiB, compressed (at most ${limit / 1024})`)
}
