// Runs the attacks, counts them, and compares the counts with the tables of docs/reliability.md, which say what is attacked.
// `node scripts/hostile.mjs [--write] [file for the counts]`; --write puts the counts of this run there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FUZZED_LIVES, SIMULATED_RUNS } from './reliability.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, 'docs', 'reliability.md')
const report = join(root, '.cache', 'hostile.json')

/** Where the page has counts. */
const TABLE = /<!-- attacks -->[\s\S]*?<!-- end -->/
const RUNS = /(<!-- runs -->)[\d,]*/g
const LIVES = /(<!-- lives -->)[\d,]*/g

mkdirSync(dirname(report), { recursive: true })
rmSync(report, { force: true })
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
spawnSync(process.execPath, [vitest, 'run', '--project', 'hostile*', ...reporters], { cwd: root, stdio: 'inherit' })
const files = JSON.parse(readFileSync(report, 'utf8')).testResults.map(({ name, status, assertionResults }) => ({
  file: relative(root, name).replaceAll('\\', '/'),
  title: assertionResults[0]?.fullName ?? '',
  broken: status !== 'passed' || assertionResults.length === 0,
  // A test that makes many attacks says how many in its meta; one that says nothing is one attack.
  made: sum(assertionResults.map(({ meta }) => meta.attacks ?? 1)),
  held: sum(assertionResults.map(({ meta, status }) => (status === 'passed' ? (meta.attacks ?? 1) : 0))),
}))
files.sort((a, b) => (a.file < b.file ? -1 : 1))

const total = { file: 'in all', made: sum(files.map(({ made }) => made)), held: sum(files.map(({ held }) => held)) }
console.log()
for (const { file, made, held } of [...files, total]) console.log(`${`${held}`.padStart(7)} of ${`${made}`.padEnd(7)} ${file}`)

const failed = total.made - total.held + files.filter(({ broken, made, held }) => broken && made === held).length
const differs = compare()
if (differs) console.error('\ndocs/reliability.md does not say what this run has shown; run: node scripts/hostile.mjs --write')
const counts = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
if (counts !== undefined) writeFileSync(counts, JSON.stringify({ passed: total.held, failed: failed + (differs ? 1 : 0) }))
process.exitCode = failed === 0 && !differs ? 0 : 1

/** Whether the page has to be written anew; with --write it is. */
function compare() {
  const before = readFileSync(page, 'utf8')
  if (![TABLE, RUNS, LIVES].every((place) => before.search(place) >= 0))
    throw new Error('docs/reliability.md has lost the marks of its counts')
  const rows = files.map((each) => `| ${subjectOf(each)} | [${shortOf(each.file)}](../${each.file}) | ${words(each.made)} |`)
  const table = ['| attacked | by | attacks |', '|---|---|---:|', ...rows, `| **in all** | | **${words(total.made)}** |`]
  const after = before
    .replace(TABLE, `<!-- attacks -->\n\n${table.join('\n')}\n\n<!-- end -->`)
    .replace(RUNS, (_, begin) => begin + words(SIMULATED_RUNS))
    .replace(LIVES, (_, begin) => begin + words(FUZZED_LIVES))
  if (after === before) return false
  if (!process.argv.includes('--write') || failed > 0) return true
  writeFileSync(page, after)
  return false
}

/** What a file attacks: the line `// Attacked: …` with which it begins, else the title of its first test. */
function subjectOf({ file, title }) {
  const [, subject = title] = readFileSync(join(root, file), 'utf8').match(/^\/\/ Attacked: (.+)\n/) ?? []
  return subject.replaceAll('|', '\\|')
}

function shortOf(file) {
  return file
    .replace(/^packages\/([^/]+)\/src\//, '$1/')
    .replace(/\.?hostile\.test\.ts$/, '')
    .replace(/\/$/, '')
}

function words(count) {
  return count.toLocaleString('en-US')
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
