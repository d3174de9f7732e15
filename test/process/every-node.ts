import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The versions of Node that npm has installed beside these tests (for Linux on x64), and the one that runs them. */
export const everyNode: readonly { readonly name: string; readonly node: string }[] = [
  { name: `Node ${process.versions.node}`, node: process.execPath },
  ...[20, 22, 24, 26]
    .filter((version) => !process.versions.node.startsWith(`${version}.`))
    .map((version) => ({
      name: `Node ${version}`,
      node: fileURLToPath(new URL(`../node_modules/node${version}/bin/node`, import.meta.url)),
    }))
    .filter(({ node }) => existsSync(node)),
]
