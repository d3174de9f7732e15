// Installs the workspace's dependencies when the Node version, the lockfile or a manifest changed since the last time.
// Runs before `npm start` and `npm test`, with nothing but Node and npm on the machine. `--for NAME` installs what that member of the
// workspace runs on and what builds it, and no test tools, linters, benchmarks or other examples.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PNPM, runPnpm } from './pnpm.mjs'
import { members, packagesFor } from './workspace.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const forWhom = process.argv[process.argv.indexOf('--for') + 1 || process.argv.length]
const stampOf = (what) => join(root, 'node_modules', `.keelson-setup${what}`)
const stamp = stampOf(forWhom === undefined ? '' : `-${forWhom.replace(/\W+/g, '-')}`)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`keelson: Node ${process.versions.node} is too old; 20.19 or newer is needed.`)
  process.exit(1)
}

const manifests = members()
  .map(({ folder }) => join(folder, 'package.json'))
  .concat('package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml')
  .filter((file) => existsSync(join(root, file)))
  .sort()
const hash = createHash('sha256').update(process.version)
for (const file of manifests) hash.update(file).update(readFileSync(join(root, file)))
const wanted = hash.digest('hex')

const isDone = (stamp) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

if (!isDone(stampOf('')) && !isDone(stamp)) {
  const what =
    forWhom === undefined ? 'all that builds and tests it' : `what ${forWhom} runs on and what builds that, no test tools`
  console.log(`keelson: installing ${what}, with ${PNPM}; once, and when a manifest changes…`)
  const began = performance.now()
  const code = runPnpm(['install', '--frozen-lockfile', '--prefer-offline', ...(forWhom === undefined ? [] : partFor(forWhom))])
  if (code !== 0) {
    console.error(`keelson: the install failed with exit code ${code}; its output is above.`)
    process.exit(code)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  console.log(`keelson: installed in ${((performance.now() - began) / 1000).toFixed(0)} s`)
}

/** Options that leave out the root's tools, which pnpm installs whatever it is asked for but without devDependencies. */
function partFor(name) {
  // A driver is a peer of its adapter, and among the devDependencies only there: it is found where the member's own are hoisted to.
  const drivers = packagesFor(name).flatMap((folder) => Object.keys(manifestOf(folder).peerDependencies ?? {}))
  return [
    '--prod',
    ...['--filter-prod', `${name}...`, '--filter', '@keelson/scripts'],
    ...drivers.map((driver) => `--public-hoist-pattern=${driver}`),
    // The lockfile came with the code that is about to run; the full install looks it up in the registry, line by line.
    '--trust-lockfile',
  ]
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
}
