// The one place that knows how pnpm is started: through npx, at a fixed version, without npm's own settings in its environment.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PNPM = 'pnpm@12.21.0'

const KEPT = /^npm_config_(cache|registry|userconfig|globalconfig|(https?_)?proxy|https_proxy|no_?proxy|cafile)$/i

/** Runs pnpm with its output on this terminal and returns its exit code. */
export function runPnpm(args, { cwd = dirname(dirname(fileURLToPath(import.meta.url))), stdio = 'inherit' } = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_config_/i.test(key) || KEPT.test(key)))
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
  const result = spawnSync(npx, ['--yes', PNPM, ...args], { cwd, env, stdio, shell: process.platform === 'win32' })
  if (result.error) throw result.error
  return result.status ?? 1
}
