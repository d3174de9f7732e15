import { Document, isMap, type Node, type Pair, type Scalar } from 'yaml'
import { isThere, plainOf, reasonOf } from './because.js'
import { wrap } from './wrap.js'

/** Columns of a page, indentation included, that a comment may take; never fewer than `NARROWEST`. */
const WIDEST = 110
const NARROWEST = 60

/** A manifest as YAML, with the reasons as comments above what they are about. `head` comes first. */
export function yamlText(tree: unknown, head?: string): string {
  // Strings that YAML 1.1 takes for something else are quoted: `no`, `on`, `1_000`.
  const document = new Document(plainOf(tree), { version: '1.1', aliasDuplicateObjects: false })
  comment(document.contents as Node, tree, 0)
  const text = document.toString({ lineWidth: 0, directives: false })
  const title = head === undefined ? [] : wrap(head, WIDEST).map((line) => `# ${line}`.trimEnd())
  return [...title, text].join('\n')
}

function comment(node: Node, tree: unknown, depth: number): void {
  const { value } = reasonOf(tree)
  const width = Math.max(NARROWEST, WIDEST - 2 * depth)
  if (isMap(node)) {
    const entries = Object.entries(value as object).filter(([, each]) => isThere(each))
    ;(node.items as Pair<Scalar, Node>[]).forEach((pair, i) => {
      const [, each] = entries[i]!
      const { why } = reasonOf(each)
      if (why !== undefined) pair.key.commentBefore = lines(why, width)
      if (pair.value !== null) comment(pair.value, each, depth + 1)
    })
  } else if (Array.isArray(value)) {
    const items = value.filter(isThere)
    ;(node as unknown as { items: Node[] }).items.forEach((item, i) => {
      const { why } = reasonOf(items[i])
      if (why !== undefined) item.commentBefore = lines(why, width)
      comment(item, items[i], depth + 1)
    })
  }
}

function lines(why: string, width: number): string {
  return wrap(why, width)
    .map((line) => ` ${line}`)
    .join('\n')
}
