import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { inspect } from 'node:util'
import { type Clock, KeelsonError, type Resource, type ResourceOptions, resource, systemClock } from '@keelson/kernel'
import Docker from 'dockerode'
import type { DockerLike } from './docker-like.js'
import { EngineLink } from './engine-link.js'

export interface DockerEngineOptions
  extends Docker.DockerOptions,
    Pick<ResourceOptions<Docker, Record<never, never>>, 'after' | 'impact' | 'labels' | 'timeouts' | 'monitor'> {
  /** The name of the resource; default `'docker'`. */
  name?: string
  /** Where time comes from; give it what `createKernel()` gets. */
  clock?: Clock
}

const links = new WeakMap<object, EngineLink>()

/** Makes a client of Docker the value of an engine resource. */
export function adopt<D extends DockerLike>(docker: D, clock: Clock): D {
  links.set(docker, new EngineLink(docker, clock))
  return docker
}

/** The way to the engine of a running `dockerEngine()`. */
export function linkOf(docker: object): EngineLink {
  return links.get(docker)!
}

/**
 * A Docker Engine, as a dockerode instance. It is unhealthy from the moment a request or the event stream finds it gone until it
 * answers a ping again; it is never restarted, its dependents go on with the same instance. Starting waits for the engine up to
 * `timeouts.start`.
 *
 * All options that are not the resource's go to dockerode: `socketPath`, or `host`, `port`, `ca`, `cert`, `key` and so on; by
 * default what `DOCKER_HOST` says, else `/var/run/docker.sock`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const engine = dockerEngine({ socketPath: '/var/run/docker.sock' })
 */
export function dockerEngine(options: DockerEngineOptions = {}): Resource<Docker> {
  const { name = 'docker', clock = systemClock, after, impact, labels, timeouts, monitor, ...connection } = options
  for (const key of ['start', 'check', 'drain', 'stop', 'kill', 'restart', 'dependsOn']) {
    if (key in connection) {
      throw new KeelsonError('INVALID_OPTION', `resource "${name}": ${key} cannot be given, the engine is only connected to`, {
        resource: name,
        details: { option: key },
      })
    }
  }
  const agents = new WeakMap<Docker, Agent | undefined>()
  return resource(name, {
    start(_deps, ctx) {
      const agent = agentFor(connection)
      const docker = new Docker({ ...connection, ...(agent && { agent }), ...socketOnly(connection) })
      agents.set(docker, agent)
      adopt(docker as DockerLike, clock)
      linkOf(docker).watch({ lost: (error) => ctx.unhealthy(error), back: () => ctx.healthy() })
      return docker
    },
    async check(docker) {
      const link = linkOf(docker)
      if (link.away !== undefined) throw link.away
      const error = await link.ping()
      if (error !== undefined) throw error
    },
    stop(docker) {
      linkOf(docker).close()
      agents.get(docker)?.destroy()
    },
    ...defined({ after, impact, labels, timeouts, monitor }),
  })
}

/** Connections of its own, kept alive between checks and closed with the resource. ssh brings its own agent. */
export function agentFor({ protocol, agent, host, key }: Docker.DockerOptions & { agent?: unknown }): Agent | undefined {
  if (agent !== undefined || protocol === 'ssh' || (host ?? process.env.DOCKER_HOST ?? '').startsWith('ssh:')) return undefined
  const secure = protocol === 'https' || key !== undefined || process.env.DOCKER_TLS_VERIFY === '1'
  const made = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  // docker-modem prints the options of every request for its debug log, even when nobody reads that: an agent with all its
  // sockets takes longer to print than the engine takes to answer.
  return Object.defineProperty(made, inspect.custom, { value: () => 'Agent' })
}

/** dockerode lets `DOCKER_HOST` win over a socket that was asked for. */
function socketOnly({ socketPath, host }: Docker.DockerOptions): { host?: undefined } {
  return socketPath !== undefined && host === undefined ? ({ host: undefined } as object) : {}
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
