// Runs every benchmark, or those that are named, one after the other: `npm run bench -- graph probe`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bench = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bench')
const PARTS = ['graphs', 'graph-floor', 'cold-peers']
const all = readdirSync(bench)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))
  .filter((name) => !PARTS.includes(name))
const named = process.argv.slice(2)
const unknown = named.find((name) => !all.includes(name))
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; there are ${all.join(', ')}`)
  process.exit(1)
}

for (const name of named.length === 0 ? all : named) {
  console.log(`\n── bench/${name}.mjs`)
  const { status } = spawnSync(process.execPath, ['--expose-gc', join(bench, `${name}.mjs`)], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = status ?? 1
}
