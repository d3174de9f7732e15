// Type-checks packages, tests, examples and benchmarks, and the page of the inspector, with the native TypeScript compiler.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(root, 'node_modules', 'typescript-native', 'bin', 'tsc')
for (const args of [
  ['--build', 'tsconfig.build.json'],
  ['--project', 'tsconfig.json'],
  // It runs in browsers.
  ['--project', 'packages/inspector/src/page/tsconfig.json'],
]) {
  const { status } = spawnSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
