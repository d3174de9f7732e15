// Runs test/drain-matrix on every supported Node, over the built packages, and writes docs/drain-matrix.md from what happened.
//
//   node scripts/drain-matrix.mjs                 runs one cell at a time, and writes the page when every one passed
//   node scripts/drain-matrix.mjs --check [file]  runs, compares the rows of the page, writes the counts to a file
//
// The other versions of Node come from npm, for Linux on x64 only. A check leaves out what is not installed, and says so; in CI on
// such a machine, and for the page, all of them must be there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSIONS = [20, 22, 24, 26]

const INTRODUCTION = `# What a drain does, case by case

Written by \`node scripts/drain-matrix.mjs\` from a run of [test/drain-matrix](../test/drain-matrix) over the built packages: real
sockets, clients that see the bytes, every supported Node. In each case the client sees what the row says, nothing is destroyed
unless the row says so, and nobody listens afterwards. A figure is the time in ms from the last work (the last answer, the last
byte read, or the start of a drain that finds none) to the end of the drain. It holds the quiet window of 150 ms where a
connection had nothing to do; none waits for the deadline, which is 10 s. A figure of 0 is a drain that ended before its client
had read everything. Of NestJS a figure is how many requests of 20 clients that go on asking were lost when the process got SIGTERM.
`

const TITLES = {
  http: 'HTTP/1.1',
  https: 'HTTP/1.1 over TLS',
  h2: 'HTTP/2 over TLS',
  h2c: 'HTTP/2 without TLS',
  nest: 'NestJS under load',
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const program = join(root, 'test', 'drain-matrix', 'run.mjs')
const page = join(root, 'docs', 'drain-matrix.md')
const checking = process.argv[2] === '--check'
const required = !checking || (process.env.CI && process.platform === 'linux' && process.arch === 'x64')

const rows = records(spawnSync(process.execPath, [program, '--list'], { encoding: 'utf8' }).stdout)
const runs = VERSIONS.map(run)
const ran = runs.filter(({ cells }) => cells.length > 0)
const cells = ran.flatMap(({ cells }) => cells)
let passed = cells.filter(({ ok }) => ok).length
let failed = cells.length - passed + (required ? runs.length - ran.length : 0)
console.log(`${passed} of ${cells.length} cells passed`)

const written = markdown()
if (!checking) {
  if (failed === 0) writeFileSync(page, written)
} else if (rowsOf(existsSync(page) ? readFileSync(page, 'utf8') : '') === rowsOf(written)) passed++
else {
  console.error('docs/drain-matrix.md has other rows than the matrix: run node scripts/drain-matrix.mjs')
  failed++
}
if (checking && process.argv[3]) writeFileSync(process.argv[3], JSON.stringify({ passed, failed }))
process.exitCode = failed > 0 ? 1 : 0

function run(version) {
  const node = binary(version)
  if (node === undefined) {
    console.log(`Node ${version}: NOT INSTALLED, ${required ? 'but it must be' : 'left out'}`)
    return { version, cells: [] }
  }
  const name = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  const { stdout, stderr, status } = spawnSync(node, checking ? [program] : [program, '--alone'], {
    encoding: 'utf8',
    timeout: 300_000,
  })
  const cells = records(stdout)
  const missing = rows.filter((row) => !cells.some((cell) => cell.protocol === row.protocol && cell.case === row.case))
  if (missing.length > 0) console.error(`${name}: the run ended with ${status}, ${missing.length} cells are missing: ${stderr}`)
  for (const { protocol, case: it, ok, skipped, error } of cells) {
    if (!ok) console.error(`${name}, ${protocol}, ${it}: ${error}`)
    else if (skipped) console.log(`${name}, ${protocol}, ${it}: LEFT OUT, ${skipped}`)
  }
  console.log(`${name}: ${cells.filter(({ ok }) => ok).length} of ${rows.length} cells passed`)
  return { version, name, cells: [...cells, ...missing] }
}

function binary(version) {
  const installed = join(root, 'test', 'node_modules', `node${version}`, 'bin', 'node')
  if (existsSync(installed)) return installed
  return process.versions.node.startsWith(`${version}.`) ? process.execPath : undefined
}

function records(lines) {
  return lines.split('\n').filter(Boolean).map(JSON.parse)
}

function markdown() {
  const tables = Object.entries(TITLES).map(([protocol, title]) =>
    [
      `## ${title}\n`,
      `| case | the client sees | ${ran.map(({ version }) => `Node ${version}`).join(' | ')} |`,
      `|---|---|${ran.map(() => '--:|').join('')}`,
      ...rows
        .filter((row) => row.protocol === protocol)
        .map((row) => `| ${row.case} | ${row.sees} | ${ran.map((run) => reading(run, row)).join(' | ')} |`),
    ].join('\n'),
  )
  return `${INTRODUCTION}\nMeasured on Node ${ran.map(({ name }) => name).join(', ')}.\n\n${tables.join('\n\n')}\n`
}

function reading({ cells }, row) {
  const { ok, skipped, ms } = cells.find((cell) => cell.protocol === row.protocol && cell.case === row.case)
  return ok ? (skipped ?? ms) : 'FAILED'
}

/** What a page says without its figures. */
function rowsOf(text) {
  return text.replace(/^Measured on .*$/m, '').replace(/^(\|[^|]*\|[^|]*\|).*$/gm, '$1')
}
