// Writes into the README of packages/cli what its commands print: each block behind `<!-- keelson … -->` is the output of that command, run here.
// `--check` only says whether they differ. It runs on the built packages.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'packages', 'cli', 'dist', 'keelson.js')
const file = join(root, 'packages', 'cli', 'README.md')
const BLOCK = /<!-- keelson (.+) -->\n```(\w+)\n(?:[\s\S]*?\n)??```/g

/** On one line after the other, as a terminal of no known width. */
function outputOf(args) {
  // With a database of its own, the shop has one resource less.
  const { NO_COLOR, FORCE_COLOR, MONGO_URL, REDIS_URL, ...env } = process.env
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...args.split(' ')], { cwd: root, env, encoding: 'utf8' })
  if (status === null || status > 1) throw new Error(`keelson ${args} ended with code ${status}: ${stderr}`)
  return stdout.trimEnd()
}

const before = readFileSync(file, 'utf8')
const after = before.replace(BLOCK, (_, args, kind) => {
  // What a reader would type.
  const typed = args.replaceAll('examples/shop/', '').replaceAll('test/cli/fixtures/', '')
  const shown = kind === 'text' ? `$ npx keelson ${typed}\n` : ''
  return `<!-- keelson ${args} -->\n\`\`\`${kind}\n${shown}${outputOf(args)}\n\`\`\``
})
if (after !== before && process.argv.includes('--check')) {
  console.error('packages/cli/README.md shows what its commands do not print; run: node scripts/cli-readme.mjs')
  process.exitCode = 1
} else if (after !== before) writeFileSync(file, after)
