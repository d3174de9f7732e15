import { Server, type ServerOptions } from '@grpc/grpc-js'
import { Call, type CallKind, type ServerCall } from './call.js'
import type { Calls } from './calls.js'
import { callBelongsTo } from './drain-signal.js'

type Handler = (call: ServerCall, callback?: (...answer: unknown[]) => void) => unknown
type Register = Parameters<Server['register']>

/** A server that keeps account of the calls that it handles. */
export class FollowedServer extends Server {
  readonly #calls: Calls

  constructor(options: ServerOptions, calls: Calls) {
    super(options)
    this.#calls = calls
  }

  /** Every handler comes through here. */
  override register<Q, R>(
    path: string,
    handler: Parameters<typeof Server.prototype.register<Q, R>>[1],
    serialize: Parameters<typeof Server.prototype.register<Q, R>>[2],
    deserialize: Parameters<typeof Server.prototype.register<Q, R>>[3],
    kind: string,
  ): boolean {
    const followed = this.#follow(path, handler as Handler, kind as CallKind)
    return super.register(path, followed as typeof handler, serialize, deserialize, kind)
  }

  /** The same for what is no work, such as a look at the health. */
  registerAside(...[path, handler, serialize, deserialize, kind]: Register): boolean {
    return super.register(path, handler, serialize, deserialize, kind)
  }

  #follow(path: string, handler: Handler, kind: CallKind): Handler {
    const calls = this.#calls
    return (surface, callback) => {
      const call = new Call(path, kind, surface, (ended) => calls.ended(ended))
      callBelongsTo(surface, calls)
      calls.begin(call)
      const answer = (...args: unknown[]) => {
        call.end()
        return callback?.(...args)
      }
      try {
        call.returned(callback === undefined ? handler(surface) : handler(surface, answer))
      } catch (error) {
        call.end()
        throw error
      }
    }
  }
}
