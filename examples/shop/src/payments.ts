import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { resource } from '@keelson/kernel'
import { Pool } from 'undici'

interface PaymentsService {
  readonly child: ChildProcess
  readonly url: string
}

/** The payments service: a child process with a kernel of its own. When it dies it is started again, with what depends on it. */
const payments = resource('payments', {
  start: async (_deps, ctx): Promise<PaymentsService> => {
    const child = fork(fileURLToPath(new URL('payments-service.ts', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    ctx.defer(() => child.kill('SIGKILL'))
    child.once('exit', (code, signal) => {
      ctx.crashed(new Error(`the payments process ended with ${signal ?? `exit code ${code}`}`)) // not counted while it is stopped
    })
    const [url] = await Promise.race([
      once(child, 'message', { signal: ctx.signal }),
      once(child, 'exit', { signal: ctx.signal }).then(() =>
        Promise.reject(new Error('the payments process ended before it listened')),
      ),
    ])
    return { child, url: String(url) }
  },
  stop: async ({ child }) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  },
  kill: ({ child }) => child.kill('SIGKILL'),
  restart: { attempts: 5, within: 60_000 },
})

/** Connections to the payments service. */
export const paymentsPool = resource('payments-pool', {
  dependsOn: { payments },
  start: ({ payments }) => new Pool(payments.url, { connections: 10, headersTimeout: 5_000, bodyTimeout: 5_000 }),
  stop: (pool) => pool.close(),
  kill: (pool) => pool.destroy(),
})

/** Charges an amount and resolves to the id of the payment. */
export async function charge(pool: Pool, amount: number): Promise<string> {
  const response = await pool.request({
    path: '/charges',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount }),
  })
  const body = (await response.body.json()) as { id: string }
  if (response.statusCode !== 201) throw new Error(`the payments service answered ${response.statusCode}`)
  return body.id
}
