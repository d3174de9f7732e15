import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('the README shows what the commands print', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['scripts/cli-readme.mjs', '--check'], { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
