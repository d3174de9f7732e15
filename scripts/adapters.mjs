// Makes docs/adapters.md of what conformance runs have left in .cache/conformance (packages/test-servers/src/conformance-record.ts).
//
//   node scripts/adapters.mjs                 runs them all, one file at a time, and writes the page when every case has passed
//   node scripts/adapters.mjs --write         writes the page of what was run last
//   node scripts/adapters.mjs --check [file]  compares the page with what `npm test` and `npm run test:system` have left, and writes the
//                                             counts to a file
//
// A check leaves out what was not run, and says so; in CI all of it must have been.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const INTRODUCTION = `# What the adapters do, case by case

Written by \`node scripts/adapters.mjs\` from runs of [\`@keelson/kernel/conformance\`](writing-a-resource.md) over every adapter, against the server that is
named, through a proxy that wedges, cuts and refuses. Each case is one of the [rules](rules.md#resources-of-real-servers). A cell is empty where there is
nothing to ask: no password, no TLS, no databases, no pool to exhaust.`

const FIGURES = [
  ['tells at once that its server is gone, and that it is back', 'unreadyMs', 'not ready after its sockets died'],
  ['tells at once that its server is gone, and that it is back', 'readyMs', 'ready after its server was back'],
  ['says why when there is no server', 'startMs', 'a start of 2 s at most without a server'],
  ['leaves nothing behind after 100 restarts', 'restartMs', 'one of 100 restarts'],
  ['stops without waiting for a server that is away', 'stopMs', 'a stop without a server'],
  ['stops in time when its server answers nothing', 'stopMs', 'a stop with a server that answers nothing'],
]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, 'docs', 'adapters.md')
const folder = join(root, '.cache', 'conformance')
const checking = process.argv[2] === '--check'
const required = !checking || process.env.CI !== undefined

if (process.argv[2] === undefined) runAll()
const cases = await allCases()
const runs = resultsOf(folder)
const problems = runs.flatMap(problemsOf)
let passed = 0
if (!checking) {
  if (runs.length === 0) problems.push('nothing was run')
  if (problems.length === 0) writeFileSync(page, markdown())
} else compare(columnsOf(existsSync(page) ? readFileSync(page, 'utf8') : ''))
for (const problem of problems) console.error(problem)
console.log(`${runs.length} adapters: ${passed} cases as docs/adapters.md says, ${problems.length} not`)
if (checking && process.argv[3]) writeFileSync(process.argv[3], JSON.stringify({ passed, failed: problems.length }))
process.exitCode = problems.length > 0 ? 1 : 0

/** Every test that records its run, itself or by what it imports. */
function runAll() {
  rmSync(folder, { recursive: true, force: true })
  const tests = spawnSync('git', ['ls-files', 'packages/*.test.ts', 'test/*.test.ts'], { cwd: root, encoding: 'utf8' })
  const files = tests.stdout
    .trim()
    .split('\n')
    .filter((file) => records(join(root, file), new Set()))
  const projects = ['unit', 'unit alone', 'cross', 'cross alone', 'system'].flatMap((name) => ['--project', name])
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  spawnSync(process.execPath, [vitest, 'run', ...projects, '--no-file-parallelism', ...files], { cwd: root, stdio: 'inherit' })
}

function records(file, seen) {
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  const code = readFileSync(file, 'utf8')
  if (/recordConformance\(import/.test(code)) return true
  const imports = [...code.matchAll(/from '(\.[^']+)\.js'/g)]
  return imports.some(([, path]) => records(join(dirname(file), `${path}.ts`), seen))
}

/** All that there are, in their order: those of a subject that shows everything. */
async function allCases() {
  const { conformance } = await import(pathToFileURL(join(root, 'packages', 'kernel', 'dist', 'conformance.js')))
  const refusal = { make: () => {}, says: /./ }
  return conformance({
    name: 'all',
    server: { port: 0 },
    make: () => {},
    use: () => {},
    exhaust: () => {},
    secrets: ['all of them'],
    refused: { credentials: refusal, withoutTls: refusal, database: refusal },
  })
}

function resultsOf(folder) {
  if (!existsSync(folder)) return []
  const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map(read)
    .map((run) => ({ ...run, column: `${run.adapter}<br>${run.driver} ${run.version}` }))
    .sort((a, b) => (a.column < b.column ? -1 : 1))
}

function problemsOf({ column, results }) {
  const of = (name) => results.find((result) => result.case === name)
  return cases.flatMap(({ name }) => {
    if (of(name) === undefined) return [`${column}: "${name}" was not run`]
    return of(name).outcome === 'failed' ? [`${column}: "${name}" failed: ${of(name).why}`] : []
  })
}

/** What the page says of each case, by column. */
function cellsOf({ results }) {
  const cell = ({ outcome, why }) => (outcome === 'left out' ? why : outcome === 'not asked' ? '' : '✓')
  return new Map(cases.map(({ name }) => [name, cell(results.find((result) => result.case === name))]))
}

function compare(written) {
  for (const run of runs) {
    const cells = written.get(run.column)
    if (cells === undefined) problems.push(`docs/adapters.md lacks ${run.column}: run node scripts/adapters.mjs`)
    for (const [name, cell] of cells === undefined ? [] : cellsOf(run)) {
      if (cells.get(name) === cell) passed++
      else problems.push(`docs/adapters.md, ${run.column}, "${name}" says ${cells.get(name)}, and the run ${cell}`)
    }
  }
  const left = [...written.keys()].filter((column) => !runs.some((run) => run.column === column))
  if (left.length > 0) console.log(`NOT RUN: ${left.join(', ')}${required ? '' : '; left out'}`)
  if (required) problems.push(...left.map((column) => `${column} was not run`))
}

/** The page, read back. */
function columnsOf(text) {
  const cellsOfLine = (line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim())
  const table = (header) => {
    const lines = text.split('\n')
    const start = lines.findIndex((line) => line.startsWith(header))
    if (start < 0) return []
    const end = lines.findIndex((line, n) => n > start && !line.startsWith('|'))
    return [lines[start], ...lines.slice(start + 2, end < 0 ? undefined : end)].map(cellsOfLine)
  }
  const [header = [], ...rows] = table('| rule | case |')
  const reasons = new Map(table('| left out by |').map(([column, name, why]) => [`${column} ${name}`, why]))
  const columns = header.slice(2)
  return new Map(
    columns.map((column, n) => [
      column,
      new Map(rows.map(([, name, ...cells]) => [name, cells[n] === '–' ? reasons.get(`${column} ${name}`) : cells[n]])),
    ]),
  )
}

function markdown() {
  const row = (cells) => `| ${cells.join(' | ')} |`
  const cells = runs.map((run) => [run, cellsOf(run)])
  const left = cells.flatMap(([{ column }, of]) =>
    [...of].filter(([, cell]) => cell !== '✓' && cell !== '').map(([name, why]) => [column, name, why]),
  )
  const figure = ({ results }, name, key) => results.find((result) => result.case === name)?.figures[key]
  const lines = [
    INTRODUCTION,
    '',
    row(['rule', 'case', ...runs.map(({ column }) => column)]),
    row(['---', '---', ...runs.map(() => ':-:')]),
    ...cases.map(({ rule, name }) =>
      row([rule, name, ...cells.map(([, of]) => (['✓', ''].includes(of.get(name)) ? of.get(name) : '–'))]),
    ),
    '',
    'Against:',
    '',
    ...runs.map(({ column, server }) => `- ${column.replace('<br>', ' on ')}: ${server}`),
    '',
    '## What was left out, and why',
    '',
    row(['left out by', 'case', 'why']),
    row(['---', '---', '---']),
    ...left.map(row),
    '',
    '## What was measured',
    '',
    'In ms, once, on one machine; nothing is compared with these.',
    '',
    row(['', ...runs.map(({ column }) => column)]),
    row(['---', ...runs.map(() => '--:')]),
    ...FIGURES.map(([name, key, title]) =>
      row([
        title,
        ...runs
          .map((run) => figure(run, name, key))
          .map((ms) => (ms === undefined ? '' : ms < 10 ? ms.toFixed(1) : Math.round(ms))),
      ]),
    ),
  ]
  return `${lines.join('\n')}\n`
}
