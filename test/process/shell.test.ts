import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Group, later, runInGroup } from './child.js'

const program = `'${process.execPath}' '${fileURLToPath(new URL('./fixtures/in-shell.mjs', import.meta.url))}'`
const shell = (command: string) => runInGroup('sh', ['-c', command])
const linux = process.platform === 'linux'

/** The process id of the program once it runs. */
const up = async (group: Group) => Number((await group.said(/up (\d+)\n/))[1])

/** A zombie that nobody reaps does not live. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe.runIf(linux)('X11 a process in a shell', () => {
  it('stops when the shell that waits for it has ended, with the request in flight', async () => {
    const group = shell(`${program}; true`)
    await up(group)
    group.kill('SIGTERM')
    const { signal, output } = await group.ended
    expect(signal).toBe('SIGTERM')
    expect(output).toContain('"msg":"its shell has ended: draining')
    expect(output).toContain('db was stopped')
    expect(output).toMatch(/shop stopped in .*exit code 0/)
    expect(output).not.toContain('process:shell')
  })

  it('goes on when it was started in the background', async () => {
    const group = shell(`${program} & while ! test -e "$0"; do sleep 0.05; done`.replace('$0', mark()))
    const pid = await up(group)
    writeFileSync(marks.at(-1)!, '')
    await group.exited
    await later(2_500)
    expect(lives(pid)).toBe(true)
    process.kill(pid, 'SIGTERM')
    expect((await group.ended).output).toContain('"msg":"SIGTERM: draining')
  })
})

describe.runIf(linux)('X11 a process of an npm script', () => {
  it.each([
    ['in a shell is told what to write, and stops when npm is told to end', '', true],
    ['that begins with exec hears of the signal itself', 'exec ', false],
  ])('%s', async (_name, exec, told) => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-npm-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ scripts: { start: `${exec}${program}${exec === '' ? '; true' : ''}` } }),
    )
    const group = runInGroup('npm', ['--prefix', folder, 'start', '--no-update-notifier'], { cwd: folder })
    await up(group)
    group.kill('SIGTERM')
    const { output } = await group.ended
    const line = output.split('\n').find((line) => line.includes('"event":"process:shell"'))
    expect(line !== undefined).toBe(told)
    if (told) expect(JSON.parse(line!)).toMatchObject({ behind: 'npm', remedy: expect.stringContaining('exec in front of') })
    expect(output).toContain(told ? 'its shell has ended: draining' : 'SIGTERM: draining')
    expect(output).toContain('db was stopped')
  })
})

const marks: string[] = []

function mark(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-mark-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  marks.push(join(folder, 'go'))
  return marks.at(-1)!
}
