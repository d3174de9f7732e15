// Compiles and runs small programs with the packages as they are published: versions of TypeScript and kinds of modules, test runners,
// versions of Node, and processes that mix `import` with `require()`. Everything is installed once, into one empty project.
// `node scripts/check-consumers.mjs [file for the counts]`; `--only WORD` runs those whose name has it, `--keep` leaves the project.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RUNNERS } from './consumers/runners.mjs'
import { entriesOf } from './exports.mjs'
import { packAll, publicPackages } from './public-packages.mjs'

/** What a reader's project has, in the versions that are proven; the packages and their peers come on top. */
const TOOLS = {
  '@jest/globals': '30.5.2',
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@swc/core': '1.16.22',
  '@swc/jest': '0.2.39',
  '@types/jest': '30.0.0',
  '@types/node': '20.19.43',
  esbuild: '0.27.7',
  jest: '30.5.2',
  'ts-jest': '29.4.15',
  'ts-node': '10.9.2',
  tsx: '4.23.15',
  typescript: '5.9.3',
  typescript50: 'npm:typescript@5.0.4',
  typescript54: 'npm:typescript@5.4.5',
  typescript6: 'npm:typescript@6.0.3',
  typescript7: 'npm:typescript@7.0.2',
  vitest: '4.1.12',
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { only, keep, file } = argumentsOf(process.argv.slice(2))
const began = performance.now()
const work = mkdtempSync(join(tmpdir(), 'keelson-consumers-'))
const counts = { passed: 0, failed: 0 }
const packages = publicPackages()
const entries = packages.flatMap(({ manifest }) =>
  entriesOf(manifest).map((entry) => (entry === 'index' ? manifest.name : `${manifest.name}/${entry}`)),
)

install()
const projects = join(work, 'projects')
mkdirSync(projects)
writeFileSync(join(projects, 'entries.json'), JSON.stringify(entries))
await inTurns(jobs().filter(({ name }) => only === undefined || name.includes(only)))
if (keep) console.log(`left: ${work}`)
else rmSync(work, { recursive: true, force: true })
const seconds = ((performance.now() - began) / 1000).toFixed(0)
console.log(`consumers: ${counts.passed} passed, ${counts.failed} failed, in ${seconds} s`)
if (file !== undefined) writeFileSync(file, JSON.stringify(counts))
process.exitCode = counts.failed === 0 ? 0 : 1

function jobs() {
  const part = (name) => join(root, 'scripts', 'consumers', name)
  const compilers = ['typescript50', 'typescript54', 'typescript', 'typescript6', 'typescript7']
  return [
    ...compilers.map((alias) => ({ name: alias, args: [part('compile.mjs'), alias, projects, JSON.stringify(entries)] })),
    ...Object.keys(RUNNERS).map((name) => ({ name, args: [part('runners.mjs'), name, projects] })),
  ]
}

/** As many at once as there are cores. */
async function inTurns(waiting) {
  const next = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await lines(job)
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, next))
}

/** Each line that a job prints is a check, `{ what, ok, detail }`; a job that ends otherwise than by itself is a failed one. */
function lines({ name, args }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: work })
    let out = ''
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text
    })
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text
      const complete = out.split('\n')
      out = complete.pop()
      for (const line of complete) {
        const { what, ok, detail } = JSON.parse(line)
        record(ok, what, detail)
      }
    })
    child.on('close', (code) => {
      if (code !== 0) record(false, `${name} ran to its end`, err)
      resolve()
    })
  })
}

/** The tools and what the packages bring along by npm, as a reader would; the packages themselves from their tarballs. */
function install() {
  const tarballs = packAll(work)
  const outside = (ranges = {}) => Object.entries(ranges).filter(([name]) => !name.startsWith('@keelson/'))
  const needed = Object.fromEntries(packages.flatMap(({ manifest }) => outside(manifest.dependencies)))
  const peers = Object.fromEntries(
    packages.flatMap(({ manifest: { peerDependencies, devDependencies = {} } }) =>
      outside(peerDependencies).map(([name, range]) => [name, devDependencies[name] ?? range]),
    ),
  )
  // Of drivers that have no types of their own.
  const types = Object.fromEntries(
    packages.flatMap(({ manifest: { devDependencies = {} } }) =>
      Object.entries(devDependencies).filter(([name]) => name.startsWith('@types/')),
    ),
  )
  const dependencies = Object.fromEntries(packages.map(({ manifest: { name } }) => [name, `file:${tarballs.get(name)}`]))
  writeFileSync(
    join(work, 'package.json'),
    JSON.stringify({ private: true, dependencies: { ...needed, ...types, ...peers, ...TOOLS, ...dependencies } }, null, 2),
  )
  const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error']
  const { status, stdout, stderr } = spawnSync('npm', npm, { cwd: work, encoding: 'utf8' })
  record(status === 0, 'the packages and the tools of their readers install into one project', stdout + stderr)
  console.log(`  installed in ${((performance.now() - began) / 1000).toFixed(0)} s`)
}

function record(ok, what, detail = '') {
  if (ok) counts.passed++
  else counts.failed++
  console.log(`${ok ? '  ok  ' : '  FAIL'} ${what}${ok || !detail ? '' : `\n${detail}`}`)
}

function argumentsOf(args) {
  const at = args.indexOf('--only')
  const word = at === -1 ? undefined : args.splice(at, 2)[1]
  return { only: word, keep: args.includes('--keep'), file: args.find((argument) => !argument.startsWith('--')) }
}
