import process from 'node:process'
import type { Resource } from '../../define/carrier.js'
import type { ConformanceAddress, ConformanceMake, ConformanceSubject } from '../stage/subject.js'
import { echo, goodHooks, type Hooks, open } from './echo.js'
import { EchoClient } from './echo-client.js'
import { PASSWORD } from './echo-server.js'

/** A resource with one flaw, the case that must find it, and what that must say of it. */
export interface Flaw {
  readonly flaw: string
  readonly in: string
  readonly says: RegExp
  readonly subject: Partial<ConformanceSubject<EchoClient>>
}

const greeting = `${PASSWORD} shop tls`
const forever = () => new Promise<never>(() => {})
const make = (flawed: (at: ConformanceAddress, good: Hooks) => Partial<Hooks>): ConformanceMake<EchoClient> => {
  return (name, at, options) => {
    const good = goodHooks(at)
    return echo(name, { ...good, ...flawed(at, good) }, options)
  }
}
const flawed = (of: (at: ConformanceAddress, good: Hooks) => Partial<Hooks>) => ({ make: make(of) })
const connected = async (at: ConformanceAddress) => {
  const client = new EchoClient({ ...at, greeting }).on('error', () => {})
  await client.connect()
  return client
}

/** Without a connection it connects in the background until it has one. */
const eventually = async (client: EchoClient): Promise<EchoClient> => {
  for (let tries = 0; tries < 50; tries++) {
    try {
      await client.connect()
      return client
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return client
}

let shared: Promise<EchoClient> | undefined

export const FLAWS: readonly Flaw[] = [
  {
    flaw: 'leaves its socket open when it stops',
    in: 'starts, answers, stops',
    says: /1 sockets/,
    subject: flawed(() => ({ stop: () => {} })),
  },
  {
    flaw: 'connects elsewhere',
    in: 'starts, answers, stops',
    says: /no connection to the address/,
    subject: {
      make: (name) =>
        echo(name, { start: () => ({ ask: async () => 'hello', end: async () => {} }) as never, stop: () => {} }, {}),
    },
  },
  {
    flaw: 'connects when it is defined',
    in: 'does nothing before it starts',
    says: /1 connections/,
    subject: { make: (name, at, options) => connectedAtOnce(name, at, options) },
  },
  {
    flaw: 'uses the client of its first start again, which is closed',
    in: 'starts again after a shutdown',
    says: /second start/,
    subject: {
      make: (name, at, options) => {
        const client = new EchoClient({ ...at, greeting })
        let first = true
        const start: Hooks['start'] = async (_, ctx) => {
          if (first) await open(client, ctx)
          first = false
          return client
        }
        return echo(
          name,
          { ...goodHooks(at), start, check: (client) => client.connected || Promise.reject(new Error('closed')) },
          options,
        )
      },
    },
  },
  {
    flaw: 'shares one client between kernels',
    in: 'runs in two kernels at the same time',
    says: /the same value/,
    subject: flawed((at) => ({
      start: () => {
        shared ??= connected(at)
        return shared
      },
    })),
  },
  {
    flaw: 'connects when it is defined',
    in: 'is replaced without a server',
    says: /1 connections/,
    subject: { make: (name, at, options) => connectedAtOnce(name, at, options) },
  },
  {
    flaw: 'gives up after its first try',
    in: 'waits for a server that comes up late',
    says: /ECONNREFUSED/,
    subject: { make: (name, at, { retry: _, ...options }) => echo(name, { ...goodHooks(at), retry: { attempts: 1 } }, options) },
  },
  {
    flaw: 'keeps the reason to itself',
    in: 'says why when there is no server',
    says: /driver's own reason.*could not start/,
    subject: flawed((at) => ({
      start: () =>
        connected(at).catch(() => {
          throw new Error('could not start')
        }),
    })),
  },
  {
    flaw: 'runs into its timeout instead of failing',
    in: 'says why when there is no server',
    says: /driver's own reason.*did not/,
    subject: flawed((at) => ({ start: () => connected(at).catch(forever) })),
  },
  {
    flaw: 'tells its reason in many lines',
    in: 'says why when there is no server',
    says: /to be one line/,
    subject: flawed((at) => ({
      start: () =>
        connected(at).catch((error) => {
          throw new Error(`${error.message}\n  did you start the server?\n`)
        }),
    })),
  },
  {
    flaw: 'goes on connecting when its start has failed',
    in: 'says why when there is no server',
    says: /connections after it/,
    subject: flawed((at) => ({
      start: async () => {
        const client = new EchoClient({ ...at, greeting }).on('error', () => {})
        try {
          await client.connect()
        } catch (error) {
          void eventually(client)
          throw error
        }
        return client
      },
    })),
  },
  {
    flaw: 'leaves the socket of a start that was given up',
    in: 'gives up a server that answers nothing',
    says: /1 sockets/,
    subject: flawed((at) => ({ start: () => connected(at) })),
  },
  {
    flaw: 'does not honour the signal of its start',
    in: 'ends its start at once when the kernel is shut down',
    says: /a shutdown to end a start/,
    subject: flawed((at) => ({ start: () => connected(at) })),
  },
  ...(['credentials', 'withoutTls', 'database'] as const).map((what) => ({
    flaw: `says only that it was refused`,
    in: {
      credentials: 'says that its credentials are refused',
      withoutTls: 'says that the server wants TLS',
      database: 'says that its database does not exist',
    }[what],
    says: /driver's own reason.*access denied/,
    subject: {
      refused: {
        [what]: {
          says: /wrong password|encryption|no such database/,
          make: make(() => ({
            start: () => {
              throw new Error('access denied')
            },
          })),
        },
      },
    },
  })),
  {
    flaw: 'tells nothing by itself',
    in: 'tells at once that its server is gone, and that it is back',
    says: /gone, without a check/,
    subject: flawed((at) => ({ start: () => connected(at) })),
  },
  {
    flaw: 'tells only what is bad',
    in: 'tells at once that its server is gone, and that it is back',
    says: /back, without a check/,
    subject: flawed((at) => ({
      start: async (_, ctx) => {
        const client = await connected(at)
        return client.on('lost', (error) => ctx.unhealthy(error))
      },
    })),
  },
  {
    flaw: 'does not connect again',
    in: 'comes back when its connections were cut',
    says: /answer again/,
    subject: flawed((at) => ({ start: async () => Object.assign(await connected(at), { reconnects: 0 }) })),
  },
  {
    flaw: 'connects again three times, and never after that',
    in: 'comes back when its server was killed',
    says: /healthy again/,
    subject: flawed((at) => ({ start: async () => Object.assign(await connected(at), { reconnects: 3 }) })),
  },
  {
    flaw: 'has a check that waits for ever',
    in: 'notices a server that answers nothing, by checks that end',
    says: /a check to end.*have not ended/,
    subject: flawed(() => ({ check: (client) => client.ping(new AbortController().signal) })),
  },
  {
    flaw: 'has a check that asks nobody',
    in: 'notices a server that answers nothing, by checks that end',
    says: /unhealthy whose server answers nothing|a check to fail/,
    subject: flawed(() => ({ check: (client) => client.connected })),
  },
  {
    flaw: 'has a check that waits for a free slot',
    in: 'does not take exhaustion for an outage',
    says: /full, not unhealthy/,
    subject: flawed(() => ({ check: (client) => client.ask('ping') })),
  },
  {
    flaw: 'destroys its socket instead of closing it',
    in: 'finishes what is in flight when it is shut down',
    says: /finished before the stop.*connection closed/,
    subject: flawed(() => ({ stop: (client) => client.destroy() })),
  },
  {
    flaw: 'waits in its stop for a server to say goodbye to',
    in: 'stops without waiting for a server that is away',
    says: /every outcome to be stopped.*killed/,
    subject: flawed(() => ({
      stop: async (client) => {
        while (!client.connected) await new Promise((resolve) => setTimeout(resolve, 20))
        await client.end()
      },
    })),
  },
  {
    flaw: 'waits for a goodbye, and cannot be killed',
    in: 'stops in time when its server answers nothing',
    says: /every outcome to be stopped or killed.*timed-out|1 sockets/,
    subject: {
      make: (name, at, options) => {
        const { kill: _, ...hooks } = goodHooks(at)
        return echo(name, hooks, options)
      },
    },
  },
  {
    flaw: 'has a kill that leaves the socket',
    in: 'gives up what is in flight when its time is over',
    says: /1 sockets/,
    subject: flawed(() => ({ kill: () => {} })),
  },
  {
    flaw: 'never answers whoever waits when it is killed',
    in: 'gives up what is in flight when its time is over',
    says: /somebody waits/,
    subject: { use: (client) => client.ask('hello').catch((error) => (client.connected ? error : forever())) },
  },
  {
    flaw: 'says nothing of what was never given back',
    in: 'stops in time when what was taken is never given back',
    says: /not a word/,
    subject: flawed(() => ({ stop: (client) => client.destroy() })),
  },
  {
    flaw: 'leaves an interval behind that keeps no process alive',
    in: 'leaves nothing behind after 100 restarts',
    says: /timers instead of .*flaws\.ts/,
    subject: flawed((at) => ({
      start: () => {
        setInterval(() => {}, 60_000).unref()
        return connected(at)
      },
    })),
  },
  {
    flaw: 'leaves an interval behind that keeps the process alive',
    in: 'starts, answers, stops',
    says: /a timer set by .*flaws\.ts/,
    subject: flawed((at) => ({
      start: () => {
        const interval = setInterval(() => {}, 60_000)
        setTimeout(() => clearInterval(interval), 20_000).unref()
        return connected(at)
      },
    })),
  },
  {
    flaw: 'has an error event that nobody listens to',
    in: 'keeps its errors from the process',
    says: /no error to reach the process/,
    subject: flawed((at) => ({
      start: async () => {
        const client = await connected(at)
        return client.removeAllListeners('error')
      },
    })),
  },
  {
    flaw: 'has a promise that nobody waits for',
    in: 'keeps its errors from the process',
    says: /no error to reach the process.*unattended/,
    subject: flawed((at) => ({
      start: async () => {
        const client = await connected(at)
        return client.on('lost', () => void Promise.reject(new Error('unattended')))
      },
    })),
  },
  {
    flaw: 'listens to SIGTERM',
    in: 'leaves signals and the end of the process to the application',
    says: /SIGTERM/,
    subject: flawed((_, good) => ({
      start: async (deps, ctx) => {
        const client = await good.start(deps, ctx)
        const listener = () => client.destroy()
        process.on('SIGTERM', listener)
        ctx.defer(() => process.off('SIGTERM', listener))
        return client
      },
    })),
  },
  {
    flaw: 'ends the process when its server is gone',
    in: 'leaves signals and the end of the process to the application',
    says: /process\.exit\(1\)/,
    subject: flawed((_, good) => ({
      start: async (deps, ctx) => {
        const client = await good.start(deps, ctx)
        return client.on('lost', () => process.exit(1))
      },
    })),
  },
  {
    flaw: 'leaves a listener on the process',
    in: 'starts, answers, stops',
    says: /no listener.*exit/,
    subject: flawed((at) => ({
      start: async () => {
        const listener = () => {}
        process.on('exit', listener)
        setTimeout(() => process.off('exit', listener), 20_000).unref()
        return await connected(at)
      },
    })),
  },
  {
    flaw: 'shows its password in an error',
    in: 'says nothing secret',
    says: /no secret.*\*\*\*/,
    subject: flawed((at) => ({
      start: () =>
        connected(at).catch((error) => {
          throw new Error(`echo://ada:${PASSWORD}@${at.host}: ${error.message}`)
        }),
    })),
  },
  {
    flaw: 'shows its password in the cause of an error of a check',
    in: 'says nothing secret',
    says: /no secret.*\*\*\*/,
    subject: flawed((_, good) => ({
      check: async (client, ctx) => {
        try {
          await good.check!(client, ctx)
        } catch (error) {
          throw Object.assign(new Error('no answer', { cause: error }), { settings: { password: PASSWORD } })
        }
      },
    })),
  },
]

function connectedAtOnce(name: string, at: ConformanceAddress, options: object): Resource<EchoClient> {
  const client = new EchoClient({ ...at, greeting }).on('error', () => {})
  client.connect().catch(() => {})
  return echo(name, { ...goodHooks(at), start: () => client }, options)
}
