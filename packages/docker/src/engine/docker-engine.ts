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

/** Makes a client of Docker the value of an engine resource; `agent` is what holds its connections. */
export function adopt<D extends DockerLike>(docker: D, clock: Clock, agent?: Agent): D {
  links.set(docker, new EngineLink(docker, clock, () => closeIdle(agent)))
  return docker
}

/** The way to the engine of a running `dockerEngine()`. */
export function linkOf(docker: object): EngineLink {
  return links.get(docker)!
}

/**
 * A Docker Engine, as a dockerode instance. It is unhealthy from the moment a request or the event stream finds it gone until it
 * answers a ping over a new connection; it is never restarted, its dependents go on with the same instance. Starting waits for
 * the engine up to `timeouts.start`.
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
  if (typeof options !== 'object' || options === null) {
    throw invalid('docker', 'its options', 'must be an object; pass { socketPath }, or { host, port }')
  }
  const { name = 'docker', clock = systemClock, after, impact, labels, timeouts, monitor, ...connection } = options
  for (const key of ['start', 'check', 'drain', 'stop', 'kill', 'restart', 'dependsOn']) {
    if (key in connection) throw invalid(name, key, 'cannot be given, the engine is only connected to')
  }
  const agents = new WeakMap<Docker, Agent | undefined>()
  return resource(name, {
    start(_deps, ctx) {
      const { docker, agent } = clientFor(connection)
      agents.set(docker, agent)
      adopt(docker as DockerLike, clock, agent)
      linkOf(docker).watch({ lost: (error) => ctx.unhealthy(error), back: () => ctx.healthy() })
      return docker
    },
    async check(docker) {
      const link = linkOf(docker)
      // One that never answered was not lost: the start asks it again.
      const error = await (link.met ? link.trouble() : link.ping())
      if (error !== undefined) throw error
    },
    stop(docker) {
      linkOf(docker).close()
      agents.get(docker)?.destroy()
    },
    ...defined({ after, impact, labels, timeouts, monitor }),
  })
}

/** A client, with connections of its own that are kept alive between checks and closed with the resource. */
export function clientFor(options: Docker.DockerOptions): { readonly docker: Docker; readonly agent: Agent | undefined } {
  const docker = new Docker({ ...options, ...socketOnly(options) })
  // Whether it is TLS depends on options and on four variables of the environment: the client has decided it.
  const modem = docker.modem as unknown as { protocol: string; agent?: Agent }
  if (modem.agent !== undefined || modem.protocol === 'ssh') return { docker, agent: undefined }
  const agent = modem.protocol === 'https' ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  // docker-modem prints the options of every request for its debug log, even when nobody reads that: an agent with all its
  // sockets takes longer to print than the engine takes to answer.
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' })
  modem.agent = agent
  return { docker, agent }
}

function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, { resource: name, details: { option } })
}

function closeIdle(agent: Agent | undefined): void {
  for (const sockets of Object.values(agent?.freeSockets ?? {})) for (const socket of sockets ?? []) socket.destroy()
}

/** dockerode lets `DOCKER_HOST` and what belongs to it win over a socket that was asked for. */
function socketOnly({ socketPath, host, protocol = 'http' }: Docker.DockerOptions): Docker.DockerOptions {
  return socketPath !== undefined && host === undefined ? ({ host: undefined, protocol } as object) : {}
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
