import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bundleService } from './bundle.js'

const boot = fileURLToPath(new URL('./systemd-namespace.sh', import.meta.url))
const datagrams = fileURLToPath(new URL('../node_modules/node-unix-socket', import.meta.url))
const NAMESPACES = ['--fork', '--kill-child', '--pid', '--mount', '--mount-proc', '--uts', '--ipc']

/** What `systemctl show` tells of a unit. */
export type Properties = Readonly<Record<string, string>>

/**
 * A systemd of its own, the first process of namespaces of its own; only the network is that of the machine. It finds the service of
 * fixtures/ at /run/keelson/with/service.mjs, and at /run/keelson/without/service.mjs without node-unix-socket beside it.
 */
export class Systemd {
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-systemd-'))
  #process: ChildProcess | undefined
  #said = ''

  async start(): Promise<void> {
    const folder = this.#folder
    // Services run as other users, too.
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'units'))
    writeFileSync(join(folder, 'units', 'keelson.target'), '[Unit]\nDefaultDependencies=no\n')
    writeFileSync(join(folder, 'node'), '')
    await bundleService(join(folder, 'without'))
    cpSync(join(folder, 'without'), join(folder, 'with'), { recursive: true })
    cpSync(dirname(realpathSync(datagrams)), join(folder, 'with', 'node_modules'), { recursive: true, dereference: true })

    const child = spawn('unshare', [...NAMESPACES, 'sh', boot, folder, process.execPath], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    child.stderr.on('data', (chunk) => {
      this.#said += chunk
    })
    child.on('error', (error) => {
      this.#said += error.message
    })
    for (const end = Date.now() + 30_000; ; await later(50)) {
      if (this.#runs && (await this.systemctl('show', '--property=Version')).code === 0) return
      if (this.#runs && Date.now() < end) continue
      const needs = 'it needs root with CAP_SYS_ADMIN, for namespaces and mounts, and what npm run test:system installs'
      throw new Error(`systemd did not start; ${needs}\n${this.#said}`)
    }
  }

  get #runs(): boolean {
    return this.#process?.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** The first process of the namespaces. */
  #first(): string {
    const pid = this.#process?.pid
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  }

  /** Defines a unit, `name.service` or `name.socket`, with lines of the section that its kind has. */
  define(name: string, lines: readonly string[]): void {
    const section = name.endsWith('.socket') ? 'Socket' : 'Service'
    const text = ['[Unit]', 'DefaultDependencies=no', 'StartLimitIntervalSec=0', `[${section}]`, ...lines]
    writeFileSync(join(this.#folder, 'units', name), `${text.join('\n')}\n`)
  }

  async systemctl(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const inside = ['--target', this.#first(), '--mount', '--pid', '--uts', '--ipc']
    return new Promise((resolve) => {
      execFile('nsenter', [...inside, 'systemctl', ...args], (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
      })
    })
  }

  async show(name: string): Promise<Properties> {
    const { stdout } = await this.systemctl('show', name)
    return Object.fromEntries(
      stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  }

  /** What a service has written to /run/keelson/NAME.log. */
  said(name: string): string {
    const file = join(this.#folder, `${name}.log`)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** Ends it with everything that it runs. */
  async end(): Promise<void> {
    const child = this.#process
    if (this.#runs && child) {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    // The cgroup stays until somebody removes it, and may be busy for a moment.
    const group = join(this.#folder, 'cgroup')
    const removal = `mount -t cgroup2 cgroup2 "$0" && find "$0/$1" -depth -type d -exec rmdir {} +`
    if (existsSync(group)) {
      for (let i = 0; i < 100; i++) {
        const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', removal, group, this.#folder.split('/').at(-1) ?? ''])
        if (status === 0) break
        await later(50)
      }
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
