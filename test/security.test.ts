import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}SECURITY.md`, 'utf8')
const [, promised = ''] = page.split('\n## What is promised\n')
const promises = promised
  .split('\n## ')[0]!
  .split(/\n(?=- )/)
  .filter((item) => item.startsWith('- '))
  .map((item) => item.split('\n\n')[0]!)

/** Files in which a promise can be proven: tests, and what looks at the packages as they are published. */
const FILES = [
  ...readdirSync(`${root}packages`).flatMap((name) => filesOf(`packages/${name}/src`)),
  ...filesOf('test').filter((file) => !file.startsWith('test/node_modules/')),
  'scripts/check-packages.mjs',
]

/** Ids by the titles of tests and checks that name them in brackets. */
const proofs = new Map<string, string[]>()
for (const file of FILES) {
  if (file === 'test/security.test.ts') continue
  for (const line of readFileSync(root + file, 'utf8').split('\n')) {
    for (const [, , title = ''] of line.matchAll(/(['"`])((?:(?!\1).)*\[[A-Z]\d+\](?:(?!\1).)*)\1/g)) {
      for (const [, id = ''] of title.matchAll(/\[([A-Z]\d+)\]/g))
        proofs.set(id, [...(proofs.get(id) ?? []), `${file}: ${line.trim()}`])
    }
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.test\.ts$/.test(file) && !/(^|\/)node_modules\//.test(file))
    .map((file) => `${folder}/${file}`)
}

const idOf = (promise: string) => promise.match(/^- \[([A-Z]\d+)\] /)?.[1]

describe('SECURITY.md', () => {
  test('promises something, each with an id of its own', () => {
    expect(promises.length).toBeGreaterThan(20)
    expect(promises.filter((promise) => idOf(promise) === undefined)).toEqual([])
    expect(new Set(promises.map(idOf)).size).toBe(promises.length)
  })

  test.each(promises.map((promise) => [idOf(promise) ?? promise, promise] as const))(
    '%s is proven by a test that names it',
    (id) => {
      expect(proofs.get(id) ?? []).not.toEqual([])
      expect((proofs.get(id) ?? []).filter((proof) => /\.(skip|todo|fails|runIf)\b/.test(proof))).toEqual([])
    },
  )

  test('no test proves a promise that is not made', () => {
    const made = new Set(promises.map(idOf))
    expect([...proofs].filter(([id]) => !made.has(id))).toEqual([])
  })
})
