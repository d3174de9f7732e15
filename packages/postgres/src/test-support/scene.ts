import { createKernel, type Kernel, type Resource, type StartError } from '@keelson/kernel'
import { type PostgresServer, type PostgresServerOptions, postgresServer } from '@keelson/test-servers'
import pg from 'pg'
import { onTestFinished } from 'vitest'

/** A server for one test. */
export async function freshServer(options?: PostgresServerOptions): Promise<PostgresServer> {
  const server = await postgresServer(options)
  onTestFinished(() => server.stop())
  return server
}

/** A started kernel of one resource, which is shut down when the test is over. */
export async function started(...resources: readonly Resource<unknown>[]): Promise<Kernel> {
  const kernel = createKernel(resources)
  onTestFinished(() => void kernel.shutdown().catch(() => {}))
  await kernel.start()
  return kernel
}

export function startErrorOf(kernel: Kernel): Promise<StartError> {
  return kernel.start().then(
    () => Promise.reject(new Error('it started')),
    (error: StartError) => error,
  )
}

/** Asks over a connection of its own. */
export async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'the test' })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** How many connections but its own the server has. */
export async function connectionsOf(url: string): Promise<number> {
  const rows = await ask(
    url,
    "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  )
  return rows[0]!.n as number
}
