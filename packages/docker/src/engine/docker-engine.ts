import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { inspect } from 'node:util'
import { type Clock, KeelsonError, type Resource, type ResourceOptions, resource, systemClock } from '@keelson/kernel'
import { knownSecrets } from '@keelson/kernel/redact'
import type { DockerLike } from './docker-like.js'
import { type Docker, type DockerClass, type DockerOptions, loadDockerode } from './dockerode.js'
import { EngineLink } from './engine-link.js'

export interface DockerEngineOptions
  extends DockerOptions,
    Pick<ResourceOptions<Docker, Record<never, never>>, 'after' | 'impact' | 'labels' | 'timeouts' | 'monitor'> {
  /** The name of the resource; default `'docker'`. */
  name?: string
  /** What times are measured by; pass the clock that `createKernel()` gets. Default the system's clock. */
  clock?: Clock
}

const links = new WeakMap<object, EngineLink>()

/** Registers a client with its link; `agent` holds its connections, `options` what must not be shown. */
export function adopt<D extends DockerLike>(docker: D, clock: Clock, agent?: Agent, options: DockerOptions = {}): D {
  const { hide } = knownSecrets(secretsOf(options))
  links.set(docker, new EngineLink(docker, clock, { closeIdle: () => closeIdle(agent), hide }))
  return docker
}

/** The link of a client that `dockerEngine()` has started; undefined for any other value. */
export function linkOf(docker: unknown): EngineLink | undefined {
  return links.get(docker as object)
}

/**
 * A Docker Engine, as an instance of dockerode, which the application installs beside this package. It is unhealthy from the moment a request or the event stream fails to reach the engine
 * until that answers a ping over a new connection. The resource is never restarted: its dependents keep the same instance. A start
 * waits for the engine up to `timeouts.start`.
 *
 * All options that are not the resource's go to dockerode: `socketPath`, or `host`, `port`, `ca`, `cert`, `key` and so on; by
 * default what `DOCKER_HOST` says, else `/var/run/docker.sock`.
 *
 * @throws KeelsonError `INVALID_OPTION`; the start does so when dockerode is not installed.
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
    async start(_deps, ctx) {
      const { docker, agent } = clientFor(await loadDockerode(name), connection)
      agents.set(docker, agent)
      adopt(docker as DockerLike, clock, agent, connection)
      links.get(docker)!.watch({ lost: (error) => ctx.unhealthy(error), back: () => ctx.healthy() })
      return docker
    },
    async check(docker) {
      const link = links.get(docker)!
      // Before its first answer the engine is not away: the start repeats the check.
      const error = await (link.answered ? link.whyAway() : link.ping())
      if (error !== undefined) throw error
    },
    stop(docker) {
      links.get(docker)!.close()
      agents.get(docker)?.destroy()
    },
    ...defined({ after, impact, labels, timeouts, monitor }),
  })
}

/** A client with its own keep-alive connections, which are closed with the resource. */
export function clientFor(
  Client: DockerClass,
  options: DockerOptions,
): { readonly docker: Docker; readonly agent: Agent | undefined } {
  const docker = new Client({ ...options, ...socketOnly(options) })
  // Whether TLS is used depends on options and four environment variables; the client has decided that.
  const modem = docker.modem as unknown as { protocol: string; agent?: Agent }
  if (modem.agent !== undefined || modem.protocol === 'ssh') return { docker, agent: undefined }
  const agent = modem.protocol === 'https' ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  // docker-modem inspects the options of every request for its debug log, even when that is off; inspecting an agent with its
  // sockets takes longer than a request.
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' })
  modem.agent = agent
  return { docker, agent }
}

function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, { resource: name, details: { option } })
}

function secretsOf({ key, headers, ...others }: DockerOptions): unknown[] {
  const { password, passphrase } = others as { password?: unknown; passphrase?: unknown }
  return [key, password, passphrase, ...Object.values(headers ?? {})]
}

function closeIdle(agent: Agent | undefined): void {
  for (const sockets of Object.values(agent?.freeSockets ?? {})) for (const socket of sockets ?? []) socket.destroy()
}

/** dockerode prefers `DOCKER_HOST` and its siblings to the option `socketPath`. */
function socketOnly({ socketPath, host, protocol = 'http' }: DockerOptions): DockerOptions {
  return socketPath !== undefined && host === undefined ? ({ host: undefined, protocol } as object) : {}
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
