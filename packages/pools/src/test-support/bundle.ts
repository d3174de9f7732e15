import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A fixture with the sources of these packages in it, so that a process of its own runs what is tested; call `remove` in the end. */
export async function bundle(fixture: string): Promise<{ path: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-pools-'))
  const path = join(folder, 'program.mjs')
  await build({
    entryPoints: [source(`../fixtures/${fixture}.mjs`)],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@modelcontextprotocol/*'],
    alias: {
      '@keelson/pools': source('../index.ts'),
      '@keelson/kernel/redact': source('../../../kernel/src/redact.ts'),
      '@keelson/kernel': source('../../../kernel/src/index.ts'),
    },
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
  })
  return { path, remove: () => rmSync(folder, { recursive: true }) }
}
