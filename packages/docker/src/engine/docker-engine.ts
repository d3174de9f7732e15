import { type Clock, KeelsonError, type Resource, type ResourceOptions, resource, systemClock } from '@keelson/kernel'
import { knownSecrets } from '@keelson/kernel/redact'
import type { AnyDocker, DockerLike } from './docker-like.js'
import type { EngineConnection } from './engine-address.js'
import { EngineClient } from './engine-client.js'
import { EngineLink } from './engine-link.js'

export interface DockerEngineOptions<C extends AnyDocker = EngineClient>
  extends EngineConnection,
    Pick<ResourceOptions<C, Record<never, never>>, 'after' | 'impact' | 'labels' | 'timeouts' | 'monitor'> {
  /** The name of the resource; default `'docker'`. */
  name?: string
  /** A client of yours instead of a connection, such as `new Docker()` of dockerode: the value of the resource, which closes nothing of it. */
  client?: C
  /** What times are measured by; pass the clock that `createKernel()` gets. Default the system's clock. */
  clock?: Clock
}

const links = new WeakMap<object, EngineLink>()

/** Registers a client with its link; `connection` has what must not be shown. */
export function adopt<C extends AnyDocker>(docker: C, clock: Clock, connection: EngineConnection = {}): C {
  const { hide } = knownSecrets(secretsOf(connection))
  const link = new EngineLink(docker as AnyDocker as DockerLike, clock, {
    closeIdle: () => (docker instanceof EngineClient ? docker.closeIdle() : undefined),
    hide,
  })
  links.set(docker, link)
  return docker
}

/** The link of a client that `dockerEngine()` has started; undefined for any other value. */
export function linkOf(docker: unknown): EngineLink | undefined {
  return links.get(docker as object)
}

const CONNECTION = ['socketPath', 'host', 'port', 'protocol', 'ca', 'cert', 'key', 'passphrase', 'username', 'headers'] as const

const HOOKS: readonly string[] = ['start', 'check', 'drain', 'stop', 'kill', 'restart', 'retry', 'dependsOn']

/**
 * A Docker Engine. It is unhealthy from the moment a request or the event stream fails to reach the engine until that answers a ping over
 * a new connection. The resource is never restarted: its dependents keep the same instance. A start waits for the engine up to
 * `timeouts.start`.
 *
 * It is where `socketPath`, or `host` and `port`, `ca`, `cert`, `key` say, by default what `DOCKER_HOST` says (`unix://`, `tcp://`,
 * `ssh://`), else `/var/run/docker.sock`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const engine = dockerEngine({ socketPath: '/var/run/docker.sock' })
 */
export function dockerEngine<C extends AnyDocker = EngineClient>(options: DockerEngineOptions<C> = {}): Resource<C> {
  if (typeof options !== 'object' || options === null) {
    throw invalid('docker', 'its options', 'must be an object; pass { socketPath }, or { host, port }')
  }
  const { name = 'docker', client, clock = systemClock, after, impact, labels, timeouts, monitor, ...connection } = options
  for (const key of Object.keys(connection)) {
    if (HOOKS.includes(key)) throw invalid(name, key, 'cannot be given, the engine is only connected to')
    if (!(CONNECTION as readonly string[]).includes(key)) throw invalid(name, key, 'is not an option; check its spelling')
  }
  checkClient(name, client, connection)
  return resource<C, Record<never, never>>(name, {
    async start(_deps, ctx) {
      const docker = client ?? (connected(name, connection) as AnyDocker as C)
      adopt(docker, clock, connection)
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
      if (docker !== client) (docker as unknown as EngineClient).destroy()
    },
    ...defined({ after, impact, labels, timeouts, monitor }),
  })
}

function connected(name: string, connection: EngineConnection): EngineClient {
  try {
    return new EngineClient(connection)
  } catch (cause) {
    const message = `resource "${name}": ${cause instanceof Error ? cause.message : 'its address cannot be read'}`
    throw new KeelsonError('INVALID_OPTION', message, { resource: name, cause })
  }
}

function checkClient(name: string, client: AnyDocker | undefined, connection: EngineConnection): void {
  if (client === undefined) return
  const lacking = (['ping', 'listContainers', 'getEvents', 'getContainer'] as const).find(
    (method) => typeof client?.[method] !== 'function',
  )
  if (lacking !== undefined) throw invalid(name, 'client', `has no ${lacking}(); pass new Docker() of dockerode, or leave it out`)
  const [other] = Object.keys(connection)
  if (other !== undefined)
    throw invalid(name, other, 'is given beside a client, which has its own connection; leave one of them out')
}

function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, { resource: name, details: { option } })
}

function secretsOf({ key, passphrase, headers }: EngineConnection): unknown[] {
  return [key, passphrase, ...Object.values(headers ?? {})]
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
