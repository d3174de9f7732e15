// Runs the tests as the README says, then every other check, and counts both. Fails when anything failed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SIMULATED_RUNS } from './reliability.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, '.cache')
mkdirSync(cache, { recursive: true })

let passed = 0
let failed = 0
/** What failed, to be told once more below all that was printed. */
const failures = []

function step(title, command, args) {
  console.log(`\n── ${title}: ${command} ${args.join(' ')}`)
  const began = performance.now()
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  console.log(
    `── ${title}: ${status === 0 ? 'ok' : `FAILED (${status})`} in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  )
  return status === 0
}

/** A step that is one check. */
function check(title, command, args) {
  if (step(title, command, args)) passed++
  else {
    failed++
    failures.push(title)
  }
}

/** A step that writes its own counts; one that fails without having counted a failure is a failure. */
function counted(title, command, args, file, counts) {
  rmSync(file, { force: true })
  const ok = step(title, command, args)
  let result = { passed: 0, failed: 0 }
  try {
    result = counts(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`── ${title}: its counts could not be read: ${error.message}`)
    result.failed = 1
  }
  passed += result.passed
  const broken = result.failed || (ok ? 0 : 1)
  failed += broken
  if (broken > 0)
    failures.push(...(result.failures?.length ? result.failures : [`${broken} of its checks`]).map((what) => `${title}: ${what}`))
}

/** A script of vitest, counted by its JSON reporter. */
function tested(title, script) {
  const file = join(cache, `${title}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  counted(title, 'npm', [...script, '--', ...reporters], file, (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
  }))
}

/** The tests of a file that did not pass, each with the first line of why; the file itself where it could not be run. */
function failuresOf({ name, status, message, assertionResults }) {
  const broken = assertionResults.filter((test) => test.status !== 'passed')
  const said = (text = '') => text.split('\n', 1)[0].slice(0, 200)
  const where = relative(root, name)
  if (broken.length === 0) return status === 'passed' ? [] : [`${where}: ${said(message)}`]
  return broken.map((test) => `${where} > ${test.fullName}: ${said(test.failureMessages[0] ?? test.status)}`)
}

tested('tests', ['test'])
if (process.env.CI || step('system setup', 'node', ['scripts/system-setup.mjs'])) tested('system', ['run', 'test:system'])
else {
  console.log('── system: LEFT OUT, this machine has not what it needs (see above); with CI set this is a failure')
  tested('long', ['run', 'test:long'])
}
const hostile = join(cache, 'attacks.json')
counted('attacks', 'npm', ['run', '--silent', 'test:hostile', '--', hostile], hostile, (counts) => counts)
const matrix = join(cache, 'matrix.json')
counted('drain matrix', 'node', ['scripts/drain-matrix.mjs', '--check', matrix], matrix, (counts) => counts)
const adapters = join(cache, 'adapters.json')
counted('adapters', 'node', ['scripts/adapters.mjs', '--check', adapters], adapters, (counts) => counts)
check('simulation', 'npm', ['run', '--silent', 'simulate', '--', `${SIMULATED_RUNS}`])
check('build', 'npm', ['run', '--silent', 'build'])
check('types', 'npm', ['run', '--silent', 'typecheck'])
check('lint', 'npm', ['run', '--silent', 'lint'])
check('unused', 'npm', ['run', '--silent', 'knip'])
const packages = join(cache, 'packages.json')
counted('packages', 'node', ['scripts/check-packages.mjs', packages], packages, (counts) => counts)
const consumers = join(cache, 'consumers.json')
counted('consumers', 'node', ['scripts/check-consumers.mjs', consumers], consumers, (counts) => counts)

for (const what of failures) console.log(`\nFAILED ${what}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
