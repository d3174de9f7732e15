import { type ChildProcess, spawn } from 'node:child_process'
import { liveGroups } from './live-groups.js'
import { HAS_GROUPS } from './process-group.js'

/**
 * Reads lines "+ group" and "- group" until its standard input ends, which is when the process that started it has ended in
 * whatever way, then kills the groups that are left: SIGTERM, and SIGKILL a second later.
 */
const SCRIPT = `
trap '' HUP INT TERM
live=
while read -r sign group; do
  case $sign in
    +) live="$live $group" ;;
    -) rest=; for one in $live; do [ "$one" = "$group" ] || rest="$rest $one"; done; live=$rest ;;
  esac
done
left=
for one in $live; do kill -s TERM -- "-$one" 2>/dev/null && left="$left $one"; done
[ -z "$left" ] || sleep 1
for one in $left; do kill -s KILL -- "-$one" 2>/dev/null; done
`

/** A guard that ends by itself sooner than this, in ms, cannot run here and is not started again. */
const TOO_SOON = 1_000

/** Milliseconds that a released guard may take to end before it is killed. */
const PATIENCE = 2_000

/**
 * A shell that kills this process's children when this process ends without running any code: SIGKILL, a crash of the runtime.
 * Without /bin/sh such an end leaves the children running, with a closed standard input.
 */
class Guard {
  #users = 0
  #shell: ChildProcess | undefined
  #gone: Promise<void> = Promise.resolve()
  #stopWatching = () => {}

  /** The pid of the shell; undefined while there is none. */
  get pid(): number | undefined {
    return this.#shell?.pid
  }

  retain(): void {
    this.#users++
    if (this.#users === 1 && HAS_GROUPS) this.#start()
  }

  /** Resolves when the shell has ended, if that was its last user; otherwise at once. */
  release(): Promise<void> {
    this.#users--
    if (this.#users > 0) return Promise.resolve()
    this.#stopWatching()
    const shell = this.#shell
    this.#shell = undefined
    shell?.ref() // the caller waits for its end
    shell?.stdin?.end()
    const timer = setTimeout(() => shell?.kill('SIGKILL'), PATIENCE) // it may have been halted by SIGSTOP
    void this.#gone.then(() => clearTimeout(timer))
    return this.#gone
  }

  #start(): void {
    const startedAt = performance.now()
    // Neither the working directory nor the environment of this process: they may hold a mount or secrets.
    const { PATH = '/usr/bin:/bin' } = process.env
    const shell = spawnShell(PATH)
    if (shell === undefined) return
    this.#shell = shell
    shell.unref()
    // Undefined when the process has no file descriptors left.
    const stdin = shell.stdin as (typeof shell.stdin & { unref?(): void }) | undefined
    stdin?.unref?.()
    stdin?.on('error', () => {}) // EPIPE: the shell has ended, which `over` handles
    const say = (line: string) => stdin?.writable && stdin.write(line)
    this.#stopWatching = liveGroups.watch({
      began: (leader) => void say(`+ ${leader}\n`),
      ended: (leader) => void say(`- ${leader}\n`),
    })
    this.#gone = new Promise((resolve) => {
      const over = () => {
        resolve()
        if (this.#shell !== shell) return
        this.#stopWatching()
        this.#shell = undefined
        if (performance.now() - startedAt > TOO_SOON) this.#start()
      }
      shell.once('exit', over)
      shell.once('error', over)
    })
  }
}

/** Undefined when spawn() throws, as for ENOMEM and E2BIG; other failures are an `error` event. */
function spawnShell(PATH: string): ChildProcess | undefined {
  try {
    return spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      cwd: '/',
      env: { PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  } catch {
    return undefined
  }
}

export const guard = new Guard()
