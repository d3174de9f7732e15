import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RedisServer, redisServer } from '@keelson/test-servers'
import { createClient } from 'redis'

/** How many ms a node may be silent. */
const SILENT = 1_000
const SLOTS = 16_384

/** Three primaries, each with a third of the slots. */
export async function redisCluster(): Promise<RedisServer[]> {
  const nodes: { server: RedisServer; bus: number }[] = []
  for (let n = 0; n < 3; n++) {
    const bus = await freePort()
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(SILENT), '--cluster-port', String(bus)]
    nodes.push({ server: await redisServer({ args }), bus })
  }
  const shards = nodes.map((_, n) => [Math.ceil((SLOTS * n) / 3), Math.ceil((SLOTS * (n + 1)) / 3) - 1])
  for (const [n, { server }] of nodes.entries()) {
    const [from, to] = shards[n]!.map(String)
    await tell(server, ['CLUSTER', 'ADDSLOTSRANGE', from!, to!])
    for (const other of nodes.slice(0, n))
      await tell(server, ['CLUSTER', 'MEET', '127.0.0.1', String(other.server.port), String(other.bus)])
  }
  const servers = nodes.map(({ server }) => server)
  for (const server of servers) {
    while (!(await tell(server, ['CLUSTER', 'INFO'])).includes('cluster_state:ok'))
      await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return servers
}

/** A Sentinel that watches one primary as `main`. */
export class RedisSentinel {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-sentinel-'))
  readonly #child: ChildProcess

  private constructor(port: number, primary: RedisServer) {
    this.port = port
    const file = join(this.#folder, 'sentinel.conf')
    writeFileSync(
      file,
      `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${primary.port} 1\nsentinel down-after-milliseconds main 1000\n`,
    )
    this.#child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  }

  static async start(primary: RedisServer): Promise<RedisSentinel> {
    const sentinel = new RedisSentinel(await freePort(), primary)
    const client = createClient({ url: `redis://127.0.0.1:${sentinel.port}`, RESP: 2 }).on('error', () => {})
    await client.connect()
    client.destroy()
    return sentinel
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function tell({ url }: RedisServer, command: string[]): Promise<string> {
  const client = await createClient({ url })
    .on('error', () => {})
    .connect()
  try {
    return String(await client.sendCommand(command))
  } finally {
    client.destroy()
  }
}
