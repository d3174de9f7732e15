import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { promisify } from 'node:util'

const require = createRequire(import.meta.url)
const cli = require.resolve('pm2/bin/pm2')

/** Options of PM2, as in an ecosystem file. */
export interface App {
  readonly name: string
  readonly [option: string]: unknown
}

/** What PM2 says of one process. */
export interface Listed {
  readonly name: string
  readonly pid: number
  readonly pm2_env: { readonly status: string; readonly restart_time: number }
}

/** A PM2 of its own, with its daemon and logs in a temporary folder. */
export class Pm2 {
  readonly #home = mkdtempSync(join(tmpdir(), 'keelson-pm2-'))

  /** Resolves when PM2 says that they are online. */
  async start(apps: readonly App[]): Promise<void> {
    const file = join(this.#home, 'ecosystem.config.cjs')
    writeFileSync(file, `module.exports = ${JSON.stringify({ apps })}`)
    await this.run('start', file)
  }

  async run(...args: string[]): Promise<string> {
    // The daemon runs the applications with the Node that is first in its PATH.
    const env = {
      HOME: this.#home,
      PM2_HOME: this.#home,
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    }
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, '--no-color'], { env, maxBuffer: 2 ** 26 })
    return stdout
  }

  async list(name: string): Promise<Listed[]> {
    const all = JSON.parse((await this.run('jlist', '--silent')).trim()) as Listed[]
    return all.filter((one) => one.name === name)
  }

  /** The messages that the processes of an application have logged. */
  said(name: string): string[] {
    const lines = readFileSync(join(this.#home, 'logs', `${name}-out.log`), 'utf8')
      .trim()
      .split('\n')
    return lines.filter(Boolean).map((line) => (JSON.parse(line) as { msg: string }).msg)
  }

  /** What the daemon tells of itself. */
  log(): string {
    return readFileSync(join(this.#home, 'pm2.log'), 'utf8')
  }

  /** Ends the daemon with all that it runs. */
  async end(): Promise<void> {
    const pidFile = join(this.#home, 'pm2.pid')
    const daemon = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : undefined
    const all = daemon === undefined ? [] : (JSON.parse((await this.run('jlist', '--silent')).trim()) as Listed[])
    await this.run('kill')
    for (const pid of [daemon, ...all.map(({ pid }) => pid)]) if (pid) await gone(pid)
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + 10_000; isAlive(pid); await later(50)) {
    if (Date.now() > end) process.kill(pid, 'SIGKILL')
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
