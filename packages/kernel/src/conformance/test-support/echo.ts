import type { Resource } from '../../define/carrier.js'
import type { StartContext } from '../../define/context.js'
import { type ResourceOptions, resource } from '../../define/resource.js'
import type { ConformanceAddress, ConformanceMake, ConformanceOptions, ConformanceSubject } from '../stage/subject.js'
import { EchoClient } from './echo-client.js'
import { type EchoServer, PASSWORD } from './echo-server.js'

// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies".
export type Hooks = ResourceOptions<EchoClient, {}>

/** The hooks of a resource that does all that it should. */
export function goodHooks(at: ConformanceAddress, greeting = `${PASSWORD} shop tls`): Hooks {
  return {
    start: (_, ctx) => open(new EchoClient({ ...at, greeting }), ctx),
    check: (client, { signal }) => client.ping(signal as AbortSignal),
    stop: (client) => client.end(),
    kill: (client) => client.destroy(),
    retry: true,
  }
}

export async function open(client: EchoClient, ctx: StartContext): Promise<EchoClient> {
  client.on('error', () => {}) // told by `lost`
  client.on('lost', (error) => ctx.unhealthy(error)).on('back', () => ctx.healthy())
  const giveUp = () => client.destroy()
  ctx.signal.addEventListener('abort', giveUp)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.destroy()
    throw error
  } finally {
    ctx.signal.removeEventListener('abort', giveUp)
  }
}

/** A resource of these hooks, with what the case wants of it. */
export function echo(name: string, hooks: Hooks, options: ConformanceOptions): Resource<EchoClient> {
  return resource(name, { ...hooks, ...options })
}

const withGreeting =
  (greeting: string): ConformanceMake<EchoClient> =>
  (name, at, options) =>
    echo(name, goodHooks(at, greeting), options)

/** A subject whose resource is good, but for what is said otherwise. */
export function subject(
  server: EchoServer,
  flawed: Partial<ConformanceSubject<EchoClient>> = {},
): ConformanceSubject<EchoClient> {
  return {
    name: 'echo',
    server,
    make: (name, at, options) => echo(name, goodHooks(at), options),
    use: (client) => client.ask('hello'),
    exhaust: async (client) => {
      const taken = [await client.take(), await client.take()]
      return () => {
        for (const giveBack of taken) giveBack()
      }
    },
    secrets: [PASSWORD, 'wr0ng-horse'],
    refused: {
      credentials: { make: withGreeting('wr0ng-horse shop tls'), says: /wrong password/ },
      withoutTls: { make: withGreeting(`${PASSWORD} shop plain`), says: /encryption is required/ },
      database: { make: withGreeting(`${PASSWORD} shpo tls`), says: /no such database/ },
    },
    ...flawed,
  }
}
