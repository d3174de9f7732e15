import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { nearestFrames, ownFrames } from '../words/frames.js'

/** Who opened a handle or set a timer, and where. */
export interface Origin {
  readonly resource: string
  /** The first line of the application in the stack. */
  readonly at?: string
}

/** A timer that keeps the process alive, of which the origin is known. */
export interface KnownTimer extends Origin {
  readonly what: 'setTimeout' | 'setInterval'
}

interface Opened {
  readonly resource: string
  readonly trace: Trace
}

/** Where something was begun. Its stack is only asked for when somebody wants to know: that is what costs. */
interface Trace {
  readonly stack: string
  /** Where what it came from was begun: a package may open a connection a tick later than it was asked to. */
  readonly from: Trace | undefined
}

/** What can keep a process alive. Of promises, for one, there are too many. */
const KINDS = /^(TCP|TLS|UDP|PIPE|PROCESS|FSEVENT|STATWATCHER|SIGNAL)|^Timeout$/
const FRAMES = 30

/**
 * Knows which resource opened what while it started, which is when most of what outlives a process is opened. It watches only as
 * long as the kernel starts: then a promise costs about twice as much, and a handle a few microseconds; afterwards nothing.
 */
export class HandleOrigins {
  readonly #context = new AsyncLocalStorage<string | undefined>()
  readonly #starting = new Set<string>()
  readonly #opened = new WeakMap<object, Opened>()
  readonly #timers = new Set<WeakRef<NodeJS.Timeout>>()
  /** By the id of what runs or waits during the start. */
  readonly #traces = new Map<number, Trace>()
  readonly #init = (id: number, kind: string, trigger: number, handle: object) => this.#note(id, kind, trigger, handle)
  readonly #hook = createHook({ init: this.#init })

  /** Watches the start that `start` begins. What it leaves in the context of its caller is taken back. */
  during<T>(kernel: Kernel, start: () => T): T {
    const onResource = ({ resource, to }: KernelEventOf<'resource:state'>) => {
      if (to !== 'starting') return void this.#starting.delete(resource)
      this.#starting.add(resource)
      // The kernel calls the start hook right after this.
      this.#context.enterWith(resource)
    }
    const onState = () => {
      if (kernel.state === 'starting') return
      kernel.off('resource:state', onResource)
      kernel.off('kernel:state', onState)
      this.#hook.disable()
      this.#context.disable()
      this.#traces.clear()
    }
    kernel.on('resource:state', onResource)
    kernel.on('kernel:state', onState)
    this.#hook.enable()
    const result = this.#context.run(undefined, start)
    onState()
    return result
  }

  /** Of a socket, a server or a child process. */
  originOf(owner: object): Origin | undefined {
    const handle: unknown = Reflect.get(owner, '_handle')
    const opened =
      this.#opened.get(owner) ?? (typeof handle === 'object' && handle !== null ? this.#opened.get(handle) : undefined)
    return opened && originOf(opened)
  }

  /** The timers that are set and keep the process alive. */
  timers(): KnownTimer[] {
    return [...this.#timers].flatMap((ref) => {
      const timer = ref.deref()
      if (timer === undefined || !isSet(timer)) return []
      const opened = this.#opened.get(timer)
      if (opened === undefined) return []
      return { what: Reflect.get(timer, '_repeat') === null ? 'setTimeout' : 'setInterval', ...originOf(opened) } as const
    })
  }

  #note(id: number, kind: string, trigger: number, handle: object): void {
    const resource = this.#context.getStore()
    // The kernel's own work, too, may run in the context of a resource that it has just started.
    if (resource === undefined || !this.#starting.has(resource)) return
    const from = this.#traces.get(trigger)
    if (kind === 'PROMISE') {
      if (from !== undefined) this.#traces.set(id, from)
      return
    }
    const trace = { stack: '', from }
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = FRAMES
    Error.captureStackTrace(trace, this.#init)
    Error.stackTraceLimit = limit
    this.#traces.set(id, trace)
    if (!KINDS.test(kind)) return
    this.#opened.set(handle, { resource, trace })
    if (kind === 'Timeout') this.#timers.add(new WeakRef(handle as NodeJS.Timeout))
  }
}

/** `hasRef()` stays true of one that was cleared or has fired. */
function isSet(timer: NodeJS.Timeout): boolean {
  return timer.hasRef() && Reflect.get(timer, '_destroyed') === false
}

function originOf({ resource, trace }: Opened): Origin {
  const at = frameOf(trace)
  return { resource, ...(at !== undefined && { at }) }
}

/** The first line of the application on the way to what was opened, else that of the package which opened it. */
function frameOf(opened: Trace): string | undefined {
  for (let trace: Trace | undefined = opened; trace !== undefined; trace = trace.from) {
    const [own] = ownFrames(trace.stack)
    if (own !== undefined) return own
  }
  return nearestFrames(opened.stack)[0]
}
