import { resource, type StartContext } from '@keelson/kernel'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'

export const nats = resource('nats', {
  retry: true,
  async start(_, ctx) {
    const servers = process.env.NATS_URL ?? 'nats://127.0.0.1:4222'
    const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 500 })
    void follow(connection, ctx)
    return connection
  },
  check: (connection) => connection.flush(),
  stop: (connection) => (connection.isClosed() ? undefined : connection.close()),
  shared: true,
  impact: 'unready',
})

/** It reconnects by itself: the kernel is told when it is away and when it is back. */
async function follow(connection: NatsConnection, ctx: StartContext): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') ctx.unhealthy(new Error('disconnected'))
    if (type === 'reconnect') ctx.healthy()
  }
  if (!ctx.stopping.aborted) ctx.crashed((await connection.closed()) ?? new Error('closed'))
}

/** Handles the messages of a subject from the moment that everything runs; those that have come are handled before it stops. */
export const subscriber = (subject: string, handle: (message: Msg) => Promise<unknown>, failed: (error: unknown) => void) =>
  resource(`subscriber of ${subject}`, {
    dependsOn: { nats },
    start: ({ nats }, { track }) => {
      const subscribe = () => {
        let message = 0
        return nats.subscribe(subject, {
          callback: (_, received) => void track(`message ${subject} #${++message}`, () => handle(received)).catch(failed),
        })
      }
      return { subscribe, subscription: undefined as ReturnType<typeof subscribe> | undefined }
    },
    activate: (subscriber) => {
      subscriber.subscription = subscriber.subscribe()
    },
    drain: (subscriber) => subscriber.subscription?.drain(),
  })
