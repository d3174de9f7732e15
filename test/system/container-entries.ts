import { setTimeout as later } from 'node:timers/promises'
import { freePort } from '@keelson/test-servers'
import type Docker from 'dockerode'
import type { DockerDaemon } from './docker-daemon.js'

/** How a container starts the service of the image `node:latest`. */
interface Entry {
  /** As in a Dockerfile, with main.js in the place of the service. */
  readonly text: string
  readonly command: readonly string[]
  /** `docker run --init`. */
  readonly init?: boolean
  /** No shell has a part in it. */
  readonly shellLess?: boolean
}

/** What came of one entry with one shell. */
interface Outcome {
  readonly reached: string
  readonly request: string
  readonly end: string
  readonly code: number
  readonly warned: boolean
}

/** What is /bin/sh: dash is that of Debian and Ubuntu, busybox that of Alpine, bash that of Red Hat. */
export const SHELLS = ['dash', 'busybox', 'bash'] as const

const shell = (line: string) => ['/bin/sh', '-c', line]
const exec = (...command: string[]) => `CMD [${command.map((part) => JSON.stringify(part)).join(', ')}]`

const ENTRIES: readonly Entry[] = [
  { text: `\`${exec('node', 'main.js')}\``, command: ['node', 'service.mjs'], shellLess: true },
  { text: '`CMD exec node main.js`', command: shell('exec node service.mjs') },
  { text: '`CMD node main.js`', command: shell('node service.mjs') },
  { text: '`CMD ./migrate && node main.js`', command: shell('true && node service.mjs') },
  { text: '`CMD ./migrate && exec node main.js`', command: shell('true && exec node service.mjs') },
  { text: '`ENTRYPOINT ["./start.sh"]` that ends in `node main.js`', command: ['/app/start.sh'] },
  { text: '`ENTRYPOINT ["./start.sh"]` that ends in `exec node main.js`', command: ['/app/exec.sh'] },
  { text: `\`${exec('npm', 'start')}\``, command: ['npm', 'start'] },
  { text: `\`${exec('npm', 'start')}\`, \`"start": "exec node main.js"\``, command: ['npm', 'run', 'exec'] },
  { text: '`CMD npm start`', command: shell('npm start') },
  {
    text: `\`docker run --init\`, \`${exec('node', 'main.js')}\``,
    command: ['node', 'service.mjs'],
    init: true,
    shellLess: true,
  },
  { text: '`docker run --init`, `CMD node main.js`', command: shell('node service.mjs'), init: true },
  { text: '`docker run --init`, `CMD ./migrate && node main.js`', command: shell('true && node service.mjs'), init: true },
  { text: `\`docker run --init\`, \`${exec('npm', 'start')}\``, command: ['npm', 'start'], init: true },
  {
    text: '`ENTRYPOINT ["tini", "--"]`, `CMD ["node", "main.js"]`',
    command: ['tini', '--', 'node', 'service.mjs'],
    shellLess: true,
  },
  { text: '`ENTRYPOINT ["tini", "-g", "--"]`, `CMD ["npm", "start"]`', command: ['tini', '-g', '--', 'npm', 'start'] },
]

/** In s: what `docker stop` waits by default. */
const GRACE = 10

/** In ms, from the begin of the shutdown: longer than npm takes to end when its shell is gone. */
const HELD = 4_000

/** Starts a container for each entry and each shell, stops it with a request in flight, and says what came of it, as a table. */
export async function entryTable(daemon: DockerDaemon, shells: Readonly<Record<string, string>>): Promise<string> {
  const rows = await Promise.all(
    ENTRIES.map(async (entry) => {
      const names = entry.shellLess ? ['dash'] : Object.keys(shells)
      const outcomes = await Promise.all(names.map((name) => stopped(daemon, entry, shells[name] ?? '')))
      const words = outcomes.map(wordsOf)
      return [...new Set(words)].map((outcome) => {
        const same = names.filter((_, i) => words[i] === outcome)
        const name = entry.shellLess ? '–' : same.length === names.length ? 'any' : same.join(', ')
        return `| ${entry.text} | ${name} | ${outcome} |`
      })
    }),
  )
  const head = [
    '| entry | `/bin/sh` | reaches node | the request in flight | it ends | exit code | a warning at the start |',
    '|---|---|---|---|---|--:|---|',
  ]
  return [...head, ...rows.flat()].join('\n')
}

function wordsOf({ reached, request, end, code, warned }: Outcome): string {
  return [reached, request, end, code, warned ? 'yes' : 'no'].join(' | ')
}

async function stopped(
  daemon: DockerDaemon,
  { command, init = false }: Entry & { init?: boolean },
  sh: string,
): Promise<Outcome> {
  const port = await freePort()
  const container = await daemon.run(`entry-${port}`, {
    Image: 'node:latest',
    Cmd: [...command],
    WorkingDir: '/app',
    Env: [`PORT=${port}`, 'PATH=/usr/bin:/bin', 'HOME=/root'],
    HostConfig: { NetworkMode: 'host', Init: init, Binds: [`${sh}:/bin/sh:ro`] },
  })
  const response = await held(container, `http://127.0.0.1:${port}/held?ms=${HELD}`)
  const answer = response.text().then(
    () => 'answered',
    () => 'lost',
  )
  const began = Date.now()
  await container.stop({ t: GRACE })
  const killed = Date.now() - began >= GRACE * 1_000
  const { State } = await container.inspect()
  const request = await answer
  const log = await logOf(container)
  const heard = log.includes('SIGTERM: draining')
  return {
    // Whether a signal comes before the end of all is not told in time when the first process ends at once.
    reached: killed || request === 'answered' ? (heard ? 'SIGTERM' : 'nothing') : 'SIGKILL, as the first process is gone',
    request,
    end: killed ? 'killed after the grace' : request === 'answered' ? 'once it is answered' : 'at once',
    code: State.ExitCode,
    warned: log.includes('"process:shell"'),
  }
}

/** Resolves with the head of an answer, as soon as the service answers. */
async function held(container: Docker.Container, url: string): Promise<Response> {
  for (const end = Date.now() + 60_000; ; await later(100)) {
    const response = await fetch(url).catch(() => undefined)
    if (response !== undefined) return response
    const { State } = await container.inspect()
    if (State.Running && Date.now() < end) continue
    throw new Error(`it did not get ready, exit code ${State.ExitCode}: ${await logOf(container)}`)
  }
}

async function logOf(container: Docker.Container): Promise<string> {
  return String(await container.logs({ stdout: true, stderr: true }))
}
