import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
// @ts-expect-error: a script, without types
import { differing } from '../scripts/exports.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifests = ['package.json', ...readdirSync(`${root}examples`).map((name) => `examples/${name}/package.json`)]
const starts = manifests.flatMap((path) => {
  const { scripts } = JSON.parse(readFileSync(root + path, 'utf8')) as { scripts?: { start?: string } }
  return scripts?.start === undefined ? [] : [[path, scripts.start] as const]
})

it.each(starts)('X11 %s starts its program in place of the shell, and where there is no exec, all the same', (_path, start) => {
  // cmd.exe knows no exec, and goes on behind ||; no other shell gets there.
  expect(start).toMatch(/^exec (node .+) \|\| \1$/)
})

it('has some to look at', () => {
  expect(starts.map(([path]) => path)).toEqual(expect.arrayContaining(['package.json', 'examples/quickstart/package.json']))
})

it('every manifest has the exports of its entry points; node scripts/exports.mjs --write makes it so', () => {
  expect(differing().map(({ file }: { file: string }) => file)).toEqual([])
})
