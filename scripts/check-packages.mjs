// Packs every public package as it would be published and uses the tarballs: publint, the types as resolvers see them,
// `import` and `require` of every entry point in an empty project, and the size and start-up cost of the kernel.
// `node scripts/check-packages.mjs [file for the counts]`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { runPnpm } from './pnpm.mjs'

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

const packages = readdirSync(join(root, 'packages'))
  .map((folder) => join(root, 'packages', folder))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
  .filter(({ manifest }) => !manifest.private)

for (const { folder, manifest } of packages) {
  const before = new Set(readdirSync(work))
  const code = runPnpm(['pack', '--pack-destination', work], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = readdirSync(work).find((file) => !before.has(file))
  record(code === 0 && tarball !== undefined, `${manifest.name} packs`)
  if (tarball === undefined) continue
  manifest.tarball = join(work, tarball)
  const publint = command(process.execPath, [bin('publint'), 'run', manifest.tarball, '--strict'], root)
  record(publint.ok, `${manifest.name} is a well-formed package`, publint.output)
  const attw = command(process.execPath, [bin('@arethetypeswrong/cli', 'attw'), manifest.tarball, '--profile', 'esm-only'], root)
  record(attw.ok, `${manifest.name} has the types that resolvers find`, attw.output)
}

const project = join(work, 'project')
spawnSync('mkdir', ['-p', project])
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

await checkKernelSize()
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

async function checkKernelSize() {
  // docs/decisions/009-size-of-the-kernel.md
  const limit = 20 * 1024
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
    `@keelson/kernel is ${(size / 1024).toFixed(1)} KiB, minified and compressed, with its dependencies (at most 20)`,
  )
}
