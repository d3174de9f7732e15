import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkMermaid } from './mermaid-parser.js'

const docs = new URL('../../../../docs/', import.meta.url)
const diagrams = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const found = readFileSync(new URL(name, docs), 'utf8').matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)
    return [...found].map(([, text]) => [name, text!] as const)
  })

it('every diagram of docs/ is one that Mermaid can draw', async () => {
  expect(diagrams.map(([name]) => name)).toEqual(expect.arrayContaining(['kubernetes.md', 'shutdown-sequence.md']))
  for (const [name, text] of diagrams) await checkMermaid(text).catch((error) => expect(`${name}: ${error}`).toBe(''))
  // A semicolon ends a statement, also within a message.
  await expect(checkMermaid('sequenceDiagram\n  A->>B: one; two\n')).rejects.toThrow('Parse error')
})
