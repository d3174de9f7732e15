import { describe, expect, it } from 'vitest'
import { shellLine } from './follow-shell.js'
import type { Environment } from './platform.js'
import type { Processes } from './processes.js'
import { shellInFront } from './shell-in-front.js'

interface Row {
  readonly args: string
  readonly ppid?: number
  /** Its standard input. */
  readonly input?: string
}

const SELF = 9

/** Processes by id; the last is this one. */
function behind(
  table: Readonly<Record<number, Row>>,
  { env = {}, terminal = false }: { env?: Environment; terminal?: boolean } = {},
) {
  const rows = Object.entries(table).map(([pid, row]) => ({ pid: Number(pid), ...row }))
  const of = (pid: number) => rows.find((row) => row.pid === pid)
  const processes: Processes = {
    entry: (pid) => {
      const row = of(pid)
      return row && { pid, ppid: row.ppid ?? 0, args: row.args.split(' ', 2).concat(row.args.split(' ').slice(2)), started: '1' }
    },
    input: (pid) => of(pid)?.input,
    children: (pid) => rows.filter(({ ppid }) => ppid === pid).map(({ pid }) => pid),
  }
  const self = of(SELF)
  const found = shellInFront(env, { pid: SELF, ppid: self?.ppid ?? 0, terminal }, processes)
  return found && (found.behind ?? `shell ${found.shell.pid}`)
}

const node = (ppid: number, input = 'pipe:[1]'): Row => ({ args: 'node main.js', ppid, input })

describe('X11 a shell in front of the process', () => {
  it('is seen as PID 1, whatever it runs', () => {
    expect(behind({ 1: { args: '/bin/sh -c node main.js' }, 9: node(1) })).toBe('PID 1')
    expect(behind({ 1: { args: '/bin/bash /entrypoint.sh' }, 9: node(1) })).toBe('PID 1')
  })

  it('is seen behind a package manager', () => {
    const shell = { args: 'sh -c node main.js', ppid: 3 }
    expect(behind({ 1: { args: 'npm start' }, 7: { ...shell, ppid: 1 }, 9: node(7) })).toBe('npm')
    expect(behind({ 3: { args: 'npm run start' }, 7: shell, 9: node(7) })).toBe('npm')
    expect(behind({ 3: { args: 'pnpm run start' }, 7: shell, 9: node(7) })).toBe('pnpm')
    expect(behind({ 3: { args: 'node /usr/bin/yarn start' }, 7: shell, 9: node(7) })).toBe('yarn')
    expect(behind({ 3: { args: '/usr/bin/node /opt/yarn-4.5.0.cjs run start' }, 7: shell, 9: node(7) })).toBe('yarn')
    expect(behind({ 3: { args: 'node /usr/lib/node_modules/npm/bin/npm-cli.js start' }, 7: shell, 9: node(7) })).toBe('npm')
    expect(behind({ 1: { args: 'tini -g -- npm start' }, 3: { args: 'npm start', ppid: 1 }, 7: shell, 9: node(7) })).toBe('npm')
  })

  it('is seen behind the init of a container', () => {
    expect(behind({ 1: { args: '/sbin/docker-init -- sh -c x' }, 7: { args: 'sh -c x', ppid: 1 }, 9: node(7) })).toBe(
      'docker-init',
    )
  })

  it('is seen through a program that only starts another', () => {
    const tsx = { args: 'node /app/node_modules/.bin/tsx main.ts', ppid: 7 }
    expect(behind({ 1: { args: 'npm start' }, 7: { args: 'sh -c tsx main.ts', ppid: 1 }, 8: tsx, 9: node(8) })).toBe('npm')
    const other = { args: 'node server.js', ppid: 7 }
    expect(behind({ 1: { args: 'npm start' }, 7: { args: 'sh -c x', ppid: 1 }, 8: other, 9: node(8) })).toBeUndefined()
  })

  it('is followed, without a word, where it is clear that it waits for the process', () => {
    const above = { 1: { args: 'init' }, 3: { args: 'node supervisor.js', ppid: 1 } }
    const shell = { args: 'sh -c node main.js; true', ppid: 3 }
    expect(behind({ ...above, 7: { ...shell, input: 'pipe:[1]' }, 9: node(7) })).toBe('shell 7')
    expect(behind({ ...above, 7: { ...shell, input: '/dev/null' }, 9: node(7, '/dev/null') })).toBe('shell 7')
  })

  it('is left alone where the process may be meant to outlive it', () => {
    const above = { 1: { args: 'init' }, 3: { args: 'sshd', ppid: 1 } }
    const shell = { args: 'sh -c node main.js & wait', ppid: 3, input: 'pipe:[1]' }
    expect(behind({ ...above, 7: shell, 9: node(7, '/dev/null') }), 'in the background').toBeUndefined()
    const deaf = { ...shell, input: '/dev/null' }
    const others = { 8: { args: 'sleep 5', ppid: 7 } }
    expect(behind({ ...above, 7: deaf, ...others, 9: node(7, '/dev/null') }), 'beside others').toBeUndefined()
    expect(behind({ ...above, 7: { ...shell, args: 'bash deploy.sh' }, 9: node(7) }), 'a script').toBeUndefined()
    expect(behind({ ...above, 7: { ...shell, args: '-bash' }, 9: node(7) }), 'a login').toBeUndefined()
    expect(
      behind({ ...above, 7: { args: 'sh -c x', ppid: 3 }, 9: { args: 'node main.js', ppid: 7 } }),
      'unreadable',
    ).toBeUndefined()
  })

  it('does not matter at a terminal, under PM2 and under systemd', () => {
    const table = { 1: { args: 'npm start' }, 7: { args: 'sh -c x', ppid: 1 }, 9: node(7) }
    expect(behind(table)).toBe('npm')
    expect(behind(table, { terminal: true })).toBeUndefined()
    expect(behind(table, { env: { pm_id: '0' } })).toBeUndefined()
    expect(behind(table, { env: { NOTIFY_SOCKET: '/run/notify' } })).toBeUndefined()
    expect(behind(table, { env: { INVOCATION_ID: 'x' } })).toBeUndefined()
  })

  it('is not there where another process is the parent, or nothing can be read', () => {
    expect(behind({ 1: { args: 'npm start' }, 9: node(1) })).toBeUndefined()
    expect(behind({ 1: { args: 'tini -- node main.js' }, 9: node(1) })).toBeUndefined()
    expect(behind({ 9: node(7) })).toBeUndefined()
  })
})

describe('X11 what is said of it', () => {
  const said = (behind: string) =>
    shellLine({ shell: { pid: 7, ppid: 1, args: [], started: '1' }, behind }, ['node', 'dist/main.js']).message

  it('is what to write instead', () => {
    expect(said('PID 1')).toBe(
      'PID 1 is a shell, which passes no signal on: a shutdown would be cut short, or never begin; ' +
        'write CMD ["node","dist/main.js"], or exec node dist/main.js in its script',
    )
    expect(said('npm')).toBe(
      'npm runs this process in a shell, which passes no signal on: a shutdown would be cut short, or never begin; ' +
        'write exec in front of the command of the script ("exec node dist/main.js"), or start node itself',
    )
    expect(said('tini')).toMatch(
      /^between tini and this process is a shell, .*; write exec node dist\/main\.js, or start node without/,
    )
  })
})
