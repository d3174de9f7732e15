import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'

interface Parsed {
  /** By id. */
  readonly labels: ReadonlyMap<string, string>
  readonly edges: readonly { readonly start: string; readonly end: string; readonly text: string; readonly stroke: string }[]
}

interface Db {
  getVertices(): ReadonlyMap<string, { readonly text: string }>
  getEdges(): Parsed['edges']
}

const require = createRequire(import.meta.url)

/** Mermaid's own parser, of its bundle for browsers, in as much of a browser as it asks for. */
const mermaid = (() => {
  const file = require.resolve('@mermaid-js/tiny/dist/mermaid.tiny.js')
  class Element {
    cloneNode() {}
    remove() {}
  }
  class Other {}
  const document = { nodeType: 9, implementation: {}, currentScript: null, addEventListener() {}, createElement: () => ({}) }
  const types = {
    Node: Other,
    HTMLTemplateElement: Other,
    NodeFilter: {},
    NamedNodeMap: Other,
    HTMLFormElement: Other,
    DOMParser: Other,
  }
  const window = { document, Element, ...types, addEventListener() {} }
  const context = { window, document, console, setTimeout, clearTimeout, structuredClone, URL, TextEncoder, TextDecoder }
  return runInNewContext(`${readFileSync(file, 'utf8')};globalThis.mermaid`, context) as {
    parse(text: string): Promise<unknown>
    readonly mermaidAPI: { getDiagramFromText(text: string): Promise<{ readonly db: Db }> }
  }
})()

/** @throws Error of Mermaid when the text is no diagram of any kind. */
export async function checkMermaid(text: string): Promise<void> {
  await mermaid.parse(text)
}

/** @throws Error of Mermaid when the text is no flowchart. */
export async function parseMermaid(text: string): Promise<Parsed> {
  await checkMermaid(text)
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text)
  const labels = [...db.getVertices()].map(([id, vertex]) => [id, decoded(vertex.text)] as const)
  return { labels: new Map(labels), edges: db.getEdges() }
}

/** What Mermaid makes of `#35;` until it draws. */
function decoded(text: string): string {
  return text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)))
}
