// Installs the workspace's dependencies when the Node version, the lockfile or a manifest changed since the last time.
// Runs before `npm start` and `npm test`, with nothing but Node and npm on the machine. `--without-tests` leaves out what only the
// tests that cross packages and the benchmarks need: four versions of Node, and the peers that are measured.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PNPM, runPnpm } from './pnpm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const withoutTests = process.argv.includes('--without-tests')
const stamps = { all: join(root, 'node_modules', '.keelson-setup'), some: join(root, 'node_modules', '.keelson-setup-some') }

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`keelson: Node ${process.versions.node} is too old; 20.19 or newer is needed.`)
  process.exit(1)
}

const manifests = ['packages', 'examples']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')))
  .concat('package.json', 'bench/package.json', 'test/package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml')
  .filter((file) => existsSync(join(root, file)))
  .sort()
const hash = createHash('sha256').update(process.version)
for (const file of manifests) hash.update(file).update(readFileSync(join(root, file)))
const wanted = hash.digest('hex')

const isDone = (stamp) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

if (!isDone(stamps.all) && !(withoutTests && isDone(stamps.some))) {
  console.log(`keelson: installing dependencies with ${PNPM} (first run, or a manifest changed); this takes a minute or two…`)
  const part = withoutTests ? ['--filter', '!@keelson/test', '--filter', '!@keelson/bench'] : []
  const code = runPnpm(['install', '--frozen-lockfile', '--prefer-offline', ...part])
  if (code !== 0) {
    console.error(`keelson: the install failed with exit code ${code}; its output is above.`)
    process.exit(code)
  }
  const stamp = withoutTests ? stamps.some : stamps.all
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}
