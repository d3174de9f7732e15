import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Systemd } from './systemd.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'keelson-manifests-'))

afterAll(() => rmSync(folder, { recursive: true }))

function keelson(...args: string[]): string {
  return execFileSync(process.execPath, ['packages/cli/dist/keelson.js', ...args], { cwd: root, encoding: 'utf8' })
}

/** The unit files that `keelson systemd` writes. */
function units(...args: string[]): { file: string; text: string }[] {
  return JSON.parse(keelson('systemd', ...args, '--json'))
}

/** What systemd has against a unit, of files that lie beside each other. */
function verified(files: readonly { file: string; text: string }[]): string {
  for (const { file, text } of files) writeFileSync(join(folder, file), text)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(folder, files.at(-1)!.file)], { encoding: 'utf8' })
  return status === 0 ? stderr : `${status}: ${stderr}`
}

describe('keelson systemd', () => {
  const node = ['--node', process.execPath, '--directory', tmpdir()]
  let service: ReturnType<typeof units>
  beforeAll(() => {
    service = units('examples/quickstart/src/main.ts', ...node)
  })

  it('writes units that systemd-analyze has nothing against', () => {
    const job = units('examples/job/src/main.ts', ...node, '--on-calendar', 'Mon *-*-* 03:00')
    expect(verified(service)).toBe('')
    expect(job.map(({ file }) => file)).toEqual(['totals.service', 'totals.timer'])
    expect(verified(job)).toBe('')
  })

  it.each([
    ['TimeoutStopSec=', 'TimeoutStopSecs=', "Unknown key 'TimeoutStopSecs'"],
    ['KillMode=mixed', 'KillMode=mixd', 'Failed to parse kill mode'],
    ['WatchdogSec=30', 'WatchdogSec=often', 'Failed to parse'],
    [`ExecStart=${process.execPath}`, 'ExecStart=node-that-is-not-there', 'not executable'],
  ])('would hear of %s written as %s', (right, wrong, complaint) => {
    const [{ file, text }] = service as [(typeof service)[0]]
    expect(text).toContain(right)
    expect(verified([{ file, text: text.replace(right, wrong) }])).toContain(complaint)
  })
})

describe('MF1 a unit that keelson systemd has written', () => {
  let systemd: Systemd
  beforeAll(async () => {
    systemd = new Systemd()
    await systemd.start()
  })
  afterAll(() => systemd?.end())

  it('runs under a real systemd, with all that is forbidden to it, until it is told to end', async () => {
    const port = await freePort()
    const variables = ['--env', `PORT=${port}`, '--env', 'TOLD=%n "and" $more']
    const place = ['--node', '/run/keelson/node', '--directory', '/run/keelson/with', '--main', 'service.mjs']
    const [service] = units('examples/quickstart/src/main.ts', ...place, ...variables)
    const [, lines = ''] = /^\[Service\]\n([\s\S]*?)\n*(?:\[Install\]|$(?![\s\S]))/m.exec(service!.text) ?? []
    systemd.define(
      'shop.service',
      lines.split('\n').filter((line) => /^\w/.test(line)),
    )
    expect(await systemd.systemctl('start', 'shop')).toMatchObject({ code: 0, stderr: '' })
    const running = await systemd.show('shop.service')
    expect(running).toMatchObject({ ActiveState: 'active', NoNewPrivileges: 'yes', ProtectSystem: 'strict', WatchdogUSec: '30s' })
    expect(running.StatusText).toMatch(/^ready/)
    expect(running.Environment).toContain('"TOLD=%n \\"and\\" \\$more"')
    expect(running.DynamicUser).toBe('yes')
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    expect((await systemd.systemctl('stop', 'shop')).code).toBe(0)
    expect(await systemd.show('shop.service')).toMatchObject({ ActiveState: 'inactive', Result: 'success', NRestarts: '0' })
  })
})

describe('keelson completion', () => {
  const script = (shell: string) => join(folder, `completion.${shell}`)
  beforeAll(() => {
    for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(script(shell), keelson('completion', shell))
  })
  const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: 60_000 })

  it.each([
    ['bash', '-n'],
    ['zsh', '-n'],
    ['fish', '--no-execute'],
  ])('is a script that %s can read', (shell, option) => {
    expect(run(shell, option, script(shell))).toMatchObject({ status: 0, stderr: '', stdout: '' })
  })

  it('completes in fish', () => {
    const offered = (line: string) => {
      const { stdout } = run('fish', '--no-config', '-c', `source ${script('fish')}; complete -C '${line}'`)
      return stdout.split('\n').flatMap((row) => (row === '' ? [] : [row.split('\t')[0]]))
    }
    expect(offered('keelson compl')).toEqual(['completion'])
    expect(offered('keelson k8s --kin')).toEqual(['--kind'])
    expect(offered('keelson k8s --kind ')).toEqual(['job', 'service'])
    expect(offered('keelson completion z')).toEqual(['zsh'])
    expect(offered('keelson k8s packages/cli/pack')).toEqual(['packages/cli/package.json'])
    expect(offered('keelson probe pack')).toEqual([])
  })

  it('completes in zsh', () => {
    const file = join(folder, 'completed')
    const lines = [
      'keelson compl',
      'keelson k8s --kin',
      'keelson k8s --kind=j',
      'keelson completion z',
      'keelson k8s packages/cli/src/inde',
    ]
    // A terminal of its own, where a key writes down the line as it stands after Tab.
    const keys = lines.map((line) => `zpty -w -n z $'${line}\\t\\C-T'`)
    const typed = `
      zmodload zsh/zpty
      zpty z 'TERM=dumb zsh -f -i'
      zpty -w z 'autoload -Uz compinit && compinit -u -D; source ${script('zsh')}; bindkey "^I" complete-word'
      zpty -w z 'note() { print -r -- "$BUFFER" >> ${file}; BUFFER= }; zle -N note; bindkey "^T" note; PROMPT="<RE""ADY>"'
      zpty -r -m z out '*<READY>*'
      ${keys.join('\n')}
      zpty -w z 'echo EN""DED'
      zpty -r -m z out '*ENDED*'`
    expect(run('zsh', '-f', '-c', typed)).toMatchObject({ status: 0, stderr: '' })
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'keelson completion',
      'keelson k8s --kind=',
      'keelson k8s --kind=job',
      'keelson completion zsh',
      'keelson k8s packages/cli/src/index.ts',
      '',
    ])
  })
})
