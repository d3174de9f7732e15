import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runFixture, runFixtureOnTerminal } from './child.js'

const script = spawnSync('script', ['-qefc', 'true', '/dev/null']).status === 0

describe('output', () => {
  it('is lines of JSON where no terminal is', async () => {
    const { output } = await runFixture('job').ended
    const lines = output.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        level: 30,
        time: expect.any(Number),
        event: 'kernel:state',
        kernel: 'job',
        to: 'running',
        msg: expect.stringMatching(/^job is ready in/),
      }),
      expect.objectContaining({
        level: 30,
        event: 'kernel:state',
        to: 'draining',
        reason: 'all done',
        msg: 'all done: draining',
      }),
      expect.objectContaining({
        level: 30,
        event: 'kernel:state',
        to: 'stopped',
        ok: true,
        exitCode: 0,
        stopMs: { db: expect.any(Number) },
      }),
    ])
  })

  it.runIf(script)('is for people on a terminal', async () => {
    const { output } = await runFixtureOnTerminal('job').ended
    const text = output.replaceAll('\r', '')
    expect(text).toMatch(/^ keelson {2}job is ready in \d+ ms\n {3}db {8}\S+ +\d+ ms\n/)
    expect(text).toMatch(
      /\n keelson {2}all done: draining\n {3}db {8}stopped +\d+ ms\n keelson {2}job stopped in \d+ ms of \d+ s +exit code 0\n/,
    )
    expect(output).not.toContain('{"level"')
  })
})
