import { status as codes, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js'
import type { FollowedServer } from '../followed-server.js'
import { now, pause } from '../time.js'
import { type HealthRequest, readRequest, type ServingStatus, writeList, writeStatus } from './messages.js'

type Watcher = ServerWritableStream<HealthRequest, ServingStatus>

/** The service `grpc.health.v1.Health`: one status for the server and all of its services. */
export class Health {
  readonly #services: ReadonlySet<string>
  readonly #watchers = new Map<Watcher, ServingStatus>()
  #status: ServingStatus = 'NOT_SERVING'
  #retired = false
  #retiredAt = 0

  /** `services`: the names of those that clients may ask for. */
  constructor(services: Iterable<string>) {
    this.#services = new Set(['', ...services])
  }

  /** False when the application has such a service itself. */
  addTo(server: FollowedServer): boolean {
    const check = (call: ServerUnaryCall<HealthRequest, ServingStatus>, done: sendUnaryData<ServingStatus>) => {
      if (this.#services.has(call.request.service)) done(null, this.#status)
      else done({ code: codes.NOT_FOUND, details: 'unknown service' })
    }
    const list = (_call: unknown, done: sendUnaryData<ReadonlyMap<string, ServingStatus>>) => {
      done(null, new Map(Array.from(this.#services, (service) => [service, this.#status])))
    }
    const watch = (call: Watcher) => this.#watch(call)
    const path = (method: string) => `/grpc.health.v1.Health/${method}`
    return (
      server.registerAside(path('Check'), check as never, writeStatus as never, readRequest, 'unary') &&
      server.registerAside(path('Watch'), watch as never, writeStatus as never, readRequest, 'serverStream') &&
      server.registerAside(path('List'), list as never, writeList as never, readRequest, 'unary')
    )
  }

  set(serving: boolean): void {
    const status = serving && !this.#retired ? 'SERVING' : 'NOT_SERVING'
    if (status === this.#status) return
    this.#status = status
    for (const watcher of this.#watchers.keys()) this.#tell(watcher)
  }

  /** It will not serve again. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#retiredAt = now()
    this.set(false)
  }

  /** Waits until those who watch have known for `ms` that it will not serve again; where nobody watches not at all. */
  async heard(ms: number, signal: AbortSignal): Promise<void> {
    this.retire()
    if (this.#watchers.size > 0) await pause(ms - (now() - this.#retiredAt), signal)
  }

  /** Ends the streams of those who watch, who then try again elsewhere. */
  end(): void {
    for (const watcher of this.#watchers.keys()) {
      const error = new Error('The server is shutting down')
      watcher.emit('error', Object.assign(error, { code: codes.UNAVAILABLE, details: error.message }))
    }
    this.#watchers.clear()
  }

  #watch(call: Watcher): void {
    const forget = () => void this.#watchers.delete(call)
    call.once('cancelled', forget)
    call.once('close', forget)
    this.#watchers.set(call, 'SERVICE_UNKNOWN')
    if (this.#services.has(call.request.service)) this.#tell(call)
    else call.write('SERVICE_UNKNOWN')
  }

  #tell(call: Watcher): void {
    if (!this.#services.has(call.request.service) || this.#watchers.get(call) === this.#status) return
    this.#watchers.set(call, this.#status)
    call.write(this.#status)
  }
}
