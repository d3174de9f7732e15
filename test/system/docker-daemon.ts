import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'

/** A Docker Engine of its own: nothing is shared with one that may run on this machine. */
export class DockerDaemon {
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-docker-'))
  readonly socketPath = join(this.#folder, 'docker.sock')
  readonly docker = new Docker({ socketPath: this.socketPath, host: undefined } as Docker.DockerOptions)
  #process: ChildProcess | undefined
  #log = ''

  /** With `liveRestore` containers outlive the engine. */
  async start({ liveRestore = false } = {}): Promise<void> {
    const folder = this.#folder
    writeFileSync(join(folder, 'daemon.json'), '{}')
    const places = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid', '--config-file', 'daemon.json']
    const network = ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--bridge=none']
    const limits = ['--storage-driver=overlay2', '--default-ulimit=nofile=1024:1024', '--default-ulimit=nproc=1024:1024']
    const where = places.map((part) => (part.startsWith('--') ? part : join(folder, part)))
    const args = [
      '--host',
      `unix://${this.socketPath}`,
      ...where,
      ...network,
      ...limits,
      ...(liveRestore ? ['--live-restore'] : []),
    ]
    const daemon = spawn('dockerd', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = daemon
    for (const stream of [daemon.stdout, daemon.stderr]) {
      stream.on('data', (chunk) => {
        this.#log = (this.#log + chunk).slice(-4_000)
      })
    }
    for (const end = Date.now() + 50_000; ; ) {
      if (await this.docker.ping().then(Boolean, () => false)) return
      if (daemon.exitCode !== null || Date.now() > end) throw new Error(`dockerd did not start:\n${this.#log}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#process
    this.#process = undefined
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return
    const ended = once(daemon, 'exit')
    daemon.kill(signal)
    await ended
  }

  /** Makes the image `bb:latest`, which holds a static busybox. */
  async makeImage(): Promise<void> {
    const root = join(this.#folder, 'rootfs')
    mkdirSync(join(root, 'bin'), { recursive: true })
    const { stdout } = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' })
    cpSync(stdout.trim(), join(root, 'bin', 'busybox'), { dereference: true })
    for (const name of ['sh', 'sleep', 'touch', 'rm', 'tail']) spawnSync('ln', ['-s', 'busybox', join(root, 'bin', name)])
    await this.importImage(root, 'bb')
  }

  /** Makes the image `NAME:latest` of a folder. */
  async importImage(root: string, name: string): Promise<void> {
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const progress = await this.docker.importImage(tar.stdout, { repo: name, tag: 'latest' })
    await new Promise((resolve) => progress.on('end', resolve).resume())
  }

  async run(name: string, options: Partial<Docker.ContainerCreateOptions> = {}): Promise<Docker.Container> {
    const container = await this.docker.createContainer({
      name,
      Image: 'bb:latest',
      Cmd: ['/bin/sleep', '100000'],
      StopTimeout: 1,
      ...options,
      Labels: { app: 'worker', ...options.Labels },
      HostConfig: { NetworkMode: 'none', ...options.HostConfig },
    })
    await container.start()
    return container
  }

  async exec(name: string, ...command: string[]): Promise<void> {
    const exec = await this.docker.getContainer(name).exec({ Cmd: command, AttachStdout: true })
    const output = await exec.start({})
    await new Promise((resolve) => output.on('end', resolve).resume())
  }

  /** Ends the engine with everything that runs on it. */
  async dispose(): Promise<void> {
    // What a live restore left running can only be ended by an engine.
    if (this.#process === undefined) await this.start()
    const all = await this.docker.listContainers({ all: true })
    await Promise.all(all.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true })))
    await this.stop()
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const own = mounts.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${this.#folder}/`))
    for (const path of own.reverse()) spawnSync('umount', ['--lazy', path])
    // A mount that was just released may be busy for a moment.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}
