import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Group, later, runInGroup } from './child.js'

const require = createRequire(import.meta.url)
const beside = (manifest: string, path: string) => join(dirname(manifest), path)

const WATCHERS = {
  'tsx watch': [beside(require.resolve('tsx/package.json'), 'dist/cli.mjs'), 'watch', '--clear-screen=false'],
  'node --watch': ['--watch', '--watch-preserve-output'],
  'nodemon --signal SIGTERM': [
    beside(require.resolve('nodemon/package.json'), 'bin/nodemon.js'),
    '--quiet',
    '--signal',
    'SIGTERM',
  ],
} as const

/** A program in a folder of its own, so that it can be changed. */
function watched(watcher: keyof typeof WATCHERS): Group & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-watch-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'main.mjs')
  writeFileSync(file, `import '${new URL('./fixtures/in-shell.mjs', import.meta.url)}'\n`)
  return { ...runInGroup(process.execPath, [...WATCHERS[watcher], file], { cwd: folder }), file }
}

describe.each(Object.keys(WATCHERS) as (keyof typeof WATCHERS)[])('X1 under %s', (watcher) => {
  it('a change of a file stops everything before it is started anew', async () => {
    const { file, said, killGroup, ended } = watched(watcher)
    await said(/up (\d+)\n/)
    const restarted = said(/SIGTERM: draining.*db was stopped.*shop stopped in .*exit code 0.*up \d+\n/s)
    let over = false
    void restarted.finally(() => {
      over = true
    })
    // It may not watch yet.
    for (let tries = 0; !over && tries < 20; tries++) {
      appendFileSync(file, '\n')
      await Promise.race([restarted, later(3_000)])
    }
    const [text] = await restarted
    expect(text.match(/db was stopped/g)).toHaveLength(text.match(/up \d+\n/g)!.length)
    killGroup('SIGKILL')
    await ended
  })

  it('the end of the watcher ends the process in order', async () => {
    const group = watched(watcher)
    await group.said(/up \d+\n/)
    group.kill('SIGTERM')
    const { output } = await group.ended
    expect(output).toMatch(/SIGTERM: draining.*db was stopped\n/s)
  })
})
