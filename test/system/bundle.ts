import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Makes one file of the service under fixtures/ and what it imports, for a place that has no node_modules; returns its name. */
export async function bundleService(folder: string): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('./fixtures/service.mjs', import.meta.url))],
    outfile: join(folder, 'service.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['node-unix-socket'],
    logLevel: 'error',
  })
  return 'service.mjs'
}
