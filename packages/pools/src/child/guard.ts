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

/** One that ends sooner than this by itself cannot run here, and is not started again. */
const TOO_SOON = 1_000

/** How long one that is not needed any more may take to end, in ms. */
const PATIENCE = 2_000

/**
 * A shell that outlives this process for the moment it takes to kill its children, for ends that run no code of ours: SIGKILL, a
 * crash of the runtime. Where there is no /bin/sh, such an end leaves the children with nothing but a closed standard input.
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

  /** Resolves when the shell is gone, if that was its last user. */
  release(): Promise<void> {
    this.#users--
    if (this.#users > 0) return Promise.resolve()
    this.#stopWatching()
    const shell = this.#shell
    this.#shell = undefined
    shell?.ref() // somebody waits for its end now
    shell?.stdin?.end()
    const timer = setTimeout(() => shell?.kill('SIGKILL'), PATIENCE) // somebody may have halted it
    void this.#gone.then(() => clearTimeout(timer))
    return this.#gone
  }

  #start(): void {
    const startedAt = performance.now()
    // Nothing of this process is held on to: not its directory, not its environment.
    const { PATH = '/usr/bin:/bin' } = process.env
    const shell = spawnShell(PATH)
    if (shell === undefined) return
    this.#shell = shell
    shell.unref()
    // There is none where the process has no descriptors left.
    const stdin = shell.stdin as (typeof shell.stdin & { unref?(): void }) | undefined
    stdin?.unref?.()
    stdin?.on('error', () => {}) // it is gone: its end is told below
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

/** Undefined where it cannot be started at all; most reasons are told by an event instead, some (ENOMEM, E2BIG) are thrown. */
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
