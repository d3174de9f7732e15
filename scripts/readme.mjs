// Copies the programs that README files and guides show from where they are compiled and run. `--check` only says whether they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SHOWN = /<!-- ((?:examples|test)\/\S+) -->\n```(ts|js|json)\n[\s\S]*?```/g

const FILES = [
  'README.md',
  'docs/nest.md',
  'docs/recipes.md',
  'docs/typescript.md',
  'docs/writing-a-resource.md',
  'packages/grpc/README.md',
  'packages/socketio/README.md',
]

let differ = 0
for (const name of FILES) {
  const file = join(root, name)
  const before = readFileSync(file, 'utf8')
  const after = before.replace(
    SHOWN,
    (_, source, kind) => `<!-- ${source} -->\n\`\`\`${kind}\n${readFileSync(join(root, source), 'utf8')}\`\`\``,
  )
  if (after === before) continue
  if (process.argv.includes('--check')) {
    console.error(`${name} shows a program that differs from its source; run: node scripts/readme.mjs`)
    differ = 1
  } else writeFileSync(file, after)
}
process.exitCode = differ
