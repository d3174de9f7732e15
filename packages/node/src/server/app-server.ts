import type { RequestListener } from 'node:http'
import type { Dependencies, Resource, StartContext, Values } from '@keelson/kernel'
import type { DrainableServer } from '../drain/drainer.js'
import { checkOptions, invalidOption, isFunction, isObject, kindOf } from '../options.js'
import { type HttpServer, httpServer } from './http-server.js'
import { HTTP_SERVER_CHECKS, type HttpServerOptions, omitLateBound } from './http-server-options.js'
import { isServer } from './make-server.js'

/** The options of `httpServer`, with `app` in the place of `listener`. */
export interface AppServerOptions<D extends Dependencies<D>, A> extends Omit<HttpServerOptions<D>, 'listener'> {
  /** Makes the app, without calling `listen()`, from the values of `dependsOn`. */
  app(deps: Values<D>, ctx: StartContext): A | PromiseLike<A>
}

/** What an adapter knows of its framework, whose apps are served by an `S`. */
export interface AppAdapter<A, S extends DrainableServer = DrainableServer> {
  /** How an app is made, for messages: `express()`. */
  readonly example: string
  isApp(made: unknown): made is A
  /** What an app that was made is served by. */
  listener(app: A, ctx: StartContext): RequestListener | S | PromiseLike<RequestListener | S>
  /** Options of `httpServer` that are not this framework's, each with the reason: `http2: 'Express speaks HTTP/1 only'`. */
  readonly without?: Readonly<Partial<Record<keyof HttpServerOptions<Dependencies>, string>>>
}

/**
 * `httpServer` for a framework: what `expressServer`, `fastifyServer`, `koaServer` and `honoServer` are made of. A start fails with one
 * sentence when `app` returns something else than an app; a server that it returned instead is closed.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 */
export function appServer<const D extends Dependencies<D>, A, S extends DrainableServer = DrainableServer>(
  name: string,
  options: AppServerOptions<D, A>,
  adapter: AppAdapter<A, S>,
): Resource<HttpServer<S>> {
  checkAppOptions(name, options, adapter)
  // Properties are copied as they are: dependsOn may be a getter that is not to be read yet.
  const { app, ...descriptors } = Object.getOwnPropertyDescriptors(options)
  const listener = async (deps: Values<D>, ctx: StartContext) => {
    const returned: unknown = options.app(deps, ctx)
    // Some apps are thenable, and being waited for does something to them.
    if (adapter.isApp(returned)) return adapter.listener(returned, ctx)
    const made: unknown = await returned
    if (adapter.isApp(made)) return adapter.listener(made, ctx)
    throw notAnApp(made, adapter.example)
  }
  const rest = Object.defineProperties({}, descriptors as PropertyDescriptorMap)
  return httpServer<D>(
    name,
    Object.defineProperty(rest, 'listener', { value: listener, enumerable: true }) as HttpServerOptions<D>,
  ) as Resource<HttpServer<S>>
}

function checkAppOptions<A>(name: string, options: unknown, { example, without = {} }: Omit<AppAdapter<A>, 'listener'>): void {
  const where = { text: `resource "${name}"`, resource: name }
  if (isObject(options)) {
    if (options.app === undefined) throw invalidOption(where, 'app', `is missing; add app: (deps) => ${example}`)
    if (looksMade(options.app)) {
      const why = 'that every start gets a new one from the values of dependsOn'
      throw invalidOption(where, 'app', `must be a function that makes the app, so ${why}; write app: (deps) => ${example}`)
    }
    for (const [key, reason] of Object.entries(without)) {
      if (key in options) throw invalidOption(where, key, `is not an option: ${reason}`)
    }
  }
  const { listener, ...checks } = HTTP_SERVER_CHECKS
  const known = Object.entries(checks).filter(([key]) => !(key in without))
  checkOptions(where, '', omitLateBound(options), { ...Object.fromEntries(known), app: isFunction })
}

/** An Express app is a function itself, and would take its dependencies for a request. */
function looksMade(app: unknown): boolean {
  const { use, register } = Object(app) as { use?: unknown; register?: unknown }
  return typeof use === 'function' || typeof register === 'function'
}

function notAnApp(made: unknown, example: string): Error {
  if (isServer(made)) made.close()
  const what = isServer(made) ? 'a server' : kindOf(made)
  return new Error(`app returned ${what}; return the app that ${example} made, without calling listen()`)
}
