import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const tsc = path('../../../../node_modules/typescript-native/bin/tsc')
const folder = mkdtempSync(join(tmpdir(), 'keelson-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Compiles files as a strict program of somebody who uses the kernel. */
function compile(name: string, files: readonly string[]): { diagnostics: string[]; checkSeconds: number } {
  const config = join(folder, `${name}.json`)
  const own = {
    extends: path('../../../../tsconfig.base.json'),
    compilerOptions: { noEmit: true },
    files: [...files, path('../../globals.d.ts')],
  }
  writeFileSync(config, JSON.stringify(own))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false', '--extendedDiagnostics'], {
    encoding: 'utf8',
  })
  const checkSeconds = Number(/Check time:\s+([\d.]+)s/.exec(stdout)?.[1])
  return { diagnostics: stdout.split('\n').filter((line) => line.includes('error TS')), checkSeconds }
}

function generate(name: string, source: string): string {
  const file = join(folder, `${name}.mts`)
  writeFileSync(file, `import { createKernel, resource } from '${path('../index.js')}'\n${source}`)
  return file
}

/** Resources that each depend on up to three before them. */
function chain(length: number): string {
  const lines = Array.from({ length }, (_, i) => {
    const below = [1, 2, 3]
      .map((back) => i - back)
      .filter((j) => j >= 0)
      .map((j) => `r${j}`)
    const sum = [...below.map((name) => `${name}.depth`), '1'].join(' + ')
    return `const r${i} = resource('r${i}', { dependsOn: { ${below.join(', ')} }, start: ({ ${below.join(', ')} }) => ({ depth: ${sum} }), stop: (value) => value.depth })`
  })
  return `${lines.join('\n')}\nexport const depth: number = createKernel([r${length - 1}]).get(r${length - 1}).depth\n`
}

test('what must compile does, and what must not does not', { timeout: 60_000 }, () => {
  const { diagnostics } = compile('assertions', [path('./types.test-d.ts')])
  expect(diagnostics).toEqual([])
})

test('a mistake is found at the place where it was made', { timeout: 60_000 }, () => {
  const file = generate(
    'mistakes',
    `const db = resource('db', { start: () => ({ query: (sql: string) => sql }) })
export const a = resource('a', { dependsOn: { db }, start: ({ bd }) => 1 })
export const b = resource('b', { dependsOn: { db }, start: ({ db }) => db.qurey('') })
export const c = resource('c', { stop: () => 1 })
export const fine = resource('fine', { dependsOn: { db }, start: ({ db }) => db.query('') })
`,
  )
  const { diagnostics } = compile('mistakes', [file])
  const found = diagnostics.map((line) => /\((\d+),\d+\): error TS\d+: (.*)/.exec(line)!.slice(1))
  expect(found).toEqual([
    ['3', expect.stringContaining("Property 'bd' does not exist")],
    ['4', expect.stringContaining("Property 'qurey' does not exist")],
    ['5', expect.stringContaining("Property 'start' is missing")],
  ])
})

test('a chain of 400 resources type-checks quickly, and in proportion', { timeout: 60_000 }, () => {
  const short = compile('short', [generate('short', chain(100))])
  const long = compile('long', [generate('long', chain(400))])
  expect([...short.diagnostics, ...long.diagnostics]).toEqual([])
  expect(long.checkSeconds).toBeGreaterThan(0)
  expect(long.checkSeconds).toBeLessThan(5)
  expect(long.checkSeconds / Math.max(short.checkSeconds, 0.05), 'four times the resources').toBeLessThan(16)
})
