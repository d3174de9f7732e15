import { type Server, ServerCredentials } from '@grpc/grpc-js'
import {
  type Dependencies,
  type Resource,
  type ResourceOptions,
  resource,
  type StartContext,
  type Timeouts,
  type Values,
} from '@keelson/kernel'
import { addressOf, bind } from './bind.js'
import { Calls } from './calls.js'
import { drainCalls } from './drain-calls.js'
import { FollowedServer } from './followed-server.js'
import { checkGrpcServerOptions, type GrpcServerOptions, isCredentials, kindOf, LIFECYCLE } from './grpc-server-options.js'
import { Health } from './health/health.js'
import { type GrpcService, isService, nameOf } from './service.js'
import { tellReader } from './tell-reader.js'

/** A gRPC server that answers. */
export interface GrpcServer {
  readonly server: Server
  /** The real one when port 0 was asked for. */
  readonly port: number
  /** Where clients on this machine reach it, as they take it: `localhost:50051`. */
  readonly target: string
  /** The same for people: `grpc://localhost:50051`, with TLS `grpcs://…`. */
  readonly url: string
}

/**
 * A gRPC server as a resource. It answers once everything that it depends on runs, and drains before any of that stops. Its
 * `grpc.health.v1.Health` says what the kernel's readiness says: NOT_SERVING from the first instant of a shutdown, while calls are
 * still answered; then no call is taken any more, those in flight are finished, streams are told by `drainSignal(call)`.
 *
 * Needs the peer `@grpc/grpc-js`, 1.10 or later.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = grpcServer('api', {
 *   dependsOn: { db },
 *   port: 50051,
 *   services: ({ db }) => [
 *     service(OrdersService, { get: (call, callback) => db.order(call.request.id).then((order) => callback(null, order), callback) }),
 *   ],
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function grpcServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: GrpcServerOptions<D>,
): Resource<GrpcServer> {
  checkGrpcServerOptions(name, options)
  tellReader(name, options.port)
  const lives = new WeakMap<GrpcServer, Life>()
  const given = LIFECYCLE.filter((key) => options[key] !== undefined)
  const hooks: ResourceOptions<GrpcServer, D> = {
    ...Object.fromEntries(given.map((key) => [key, options[key]])),
    timeouts: withDrain(options.timeouts),
    async start(deps, ctx): Promise<GrpcServer> {
      const life = await start(options, deps, ctx)
      lives.set(life.value, life)
      return life.value
    },
    quiesce: (value) => lives.get(value)?.health?.retire(),
    drain: (value, ctx) => {
      const life = lives.get(value)
      return life && drainCalls(life.server, life.calls, life.health, options.drain ?? {}, ctx)
    },
    stop: ({ server }) => server.forceShutdown(),
    kill: ({ server }) => server.forceShutdown(),
  }
  return resource<GrpcServer, D>(name, lateBound(hooks, options))
}

interface Life {
  readonly value: GrpcServer
  readonly server: Server
  readonly calls: Calls
  readonly health: Health | undefined
}

async function start<D extends Dependencies<D>>(
  options: GrpcServerOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<Life> {
  const { port = 0, host, health: withHealth = true } = options
  const services = await servicesOf(options.services(deps, ctx))
  const credentials = await credentialsOf(options, deps, ctx)
  const calls = new Calls()
  const server = new FollowedServer(options.options ?? {}, calls)
  // Also when the start is given up while it still comes to listen.
  ctx.defer(() => server.forceShutdown())
  for (const { definition, implementation } of services) server.addService(definition, implementation)
  const health = withHealth ? healthOf(server, services) : undefined
  const bound = await bind(server, credentials, host, port)
  if (ctx.signal.aborted) {
    server.forceShutdown()
    throw ctx.signal.reason
  }
  if (health) followKernel(health, ctx)
  ctx.workload(() => calls.inFlight())
  const everywhere = host === undefined || host === '0.0.0.0' || host === '::'
  const target = addressOf(everywhere ? 'localhost' : host, bound)
  const scheme = credentials._isSecure() ? 'grpcs' : 'grpc'
  return { value: { server, port: bound, target, url: `${scheme}://${target}` }, server, calls, health }
}

async function servicesOf(returned: unknown): Promise<readonly GrpcService[]> {
  const made: unknown = await returned
  const isIterable = typeof made === 'object' && made !== null && Symbol.iterator in made
  const services = isIterable ? [...(made as Iterable<unknown>)] : []
  if (isIterable && services.every(isService)) return services
  const wrong = isIterable ? services.find((each) => !isService(each)) : made
  throw new Error(`services returned ${kindOf(wrong)}; return [service(definition, implementation), …]`)
}

async function credentialsOf<D extends Dependencies<D>>(
  { credentials }: GrpcServerOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<ServerCredentials> {
  if (credentials === undefined) return ServerCredentials.createInsecure()
  const made: unknown = typeof credentials === 'function' ? await credentials(deps, ctx) : credentials
  if (isCredentials(made)) return made
  throw new Error(`credentials returned ${kindOf(made)}; return ServerCredentials.createSsl(…)`)
}

function healthOf(server: FollowedServer, services: readonly GrpcService[]): Health {
  const names = services.map(nameOf).filter((name) => name !== undefined)
  const health = new Health(names)
  if (health.addTo(server)) return health
  throw new Error('services has a grpc.health.v1.Health of its own; leave it out, or say health: false')
}

/** Until `quiesce`, which also comes where only this server goes down. */
function followKernel(health: Health, ctx: StartContext): void {
  const follow = ({ probe }: { probe: { ready: boolean } }) => health.set(probe.ready)
  follow({ probe: ctx.kernel.probe() })
  ctx.kernel.on('probe:change', follow)
  ctx.defer(() => ctx.kernel.off('probe:change', follow))
}

/** D3: accepted calls may take what the budget leaves. What is no object is left for the kernel to refuse. */
function withDrain(timeouts: Timeouts = {}): Timeouts {
  const isObject = typeof timeouts === 'object' && timeouts !== null
  return isObject && timeouts.drain === undefined ? { ...timeouts, drain: Number.POSITIVE_INFINITY } : timeouts
}

/** `dependsOn` and `after` are handed on as getters: a kernel reads them when it takes the resource in, not before. */
function lateBound<D extends Dependencies<D>>(
  hooks: ResourceOptions<GrpcServer, D>,
  options: GrpcServerOptions<D>,
): ResourceOptions<GrpcServer, D> {
  const link = (key: 'dependsOn' | 'after') => ({ get: () => options[key], enumerable: true })
  return Object.defineProperties(hooks, { dependsOn: link('dependsOn'), after: link('after') })
}
