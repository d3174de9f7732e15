import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
// @ts-expect-error: a script, without types
import { BUNDLED } from '../scripts/bundled.mjs'
// @ts-expect-error: as above
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

it('what is compiled into a package is built from the same version by npm start', () => {
  const dependencies = JSON.parse(readFileSync(`${root}scripts/package.json`, 'utf8')).dependencies
  for (const [name, parts] of Object.entries(BUNDLED as Record<string, string[]>)) {
    const { devDependencies } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'))
    for (const part of parts) expect([part, dependencies[part]]).toEqual([part, devDependencies[part]])
  }
})

/** What a script imports, and what that imports beside it. */
function importsOf(script: string, seen = new Set<string>()): Set<string> {
  for (const [, name] of readFileSync(`${root}scripts/${script}`, 'utf8').matchAll(
    /^(?:import|export) (?:.* from )?'([^']+)'/gm,
  )) {
    const isNew = !seen.has(name!)
    seen.add(name!)
    if (isNew && name!.startsWith('./')) importsOf(name!.slice('./'.length), seen)
  }
  return seen
}

it.each(['setup.mjs', 'build.mjs', 'tsx.mjs'])('%s needs nothing that npm start does not install', (script) => {
  const { dependencies } = JSON.parse(readFileSync(`${root}scripts/package.json`, 'utf8'))
  const imported = [...importsOf(script)].filter((name) => !/^(node:|\.)/.test(name))
  // Before setup.mjs has run, there is nothing but Node.
  expect(script === 'setup.mjs' ? [] : Object.keys(dependencies)).toEqual(expect.arrayContaining(imported))
  expect(importsOf(script).size).toBeGreaterThan(0)
})
