import type { Session } from 'node:inspector'
import { builtIn } from '../built-in.js'
import { attempt } from '../words/foreign.js'
import { type Place, placeOf } from './place.js'

type Callable = (...args: never[]) => unknown

/**
 * Where functions were defined, as far as this runtime tells: it is asked by the protocol of its debugger, within the process, which
 * takes some ms once. Nothing for functions of Node itself, and where that is not allowed.
 */
export function placesOf(functions: readonly Callable[]): (Place | undefined)[] {
  if (functions.length === 0) return []
  return attempt(() => inSession((session) => ask(session, functions))) ?? functions.map(() => undefined)
}

function inSession<T>(use: (session: Session) => T): T {
  const session = new (builtIn('node:inspector').Session)()
  session.connect()
  try {
    return use(session)
  } finally {
    session.disconnect()
  }
}

function ask(session: Session, functions: readonly Callable[]): (Place | undefined)[] {
  const key = Symbol.for('@keelson/node/functions')
  Reflect.set(globalThis, key, functions)
  try {
    const locations = functions.map((_, index) => {
      const expression = `globalThis[Symbol.for('@keelson/node/functions')][${index}]`
      const objectId = post<Evaluated>(session, 'Runtime.evaluate', { expression })?.result.objectId
      return objectId === undefined ? undefined : locationOf(session, objectId)
    })
    const urls = urlsOfScripts(session)
    return locations.map((location) => {
      const url = location && urls.get(location.scriptId)
      return location === undefined || !url || url.startsWith('node:') ? undefined : placeOf(url, location.lineNumber + 1)
    })
  } finally {
    Reflect.deleteProperty(globalThis, key)
  }
}

interface Location {
  readonly scriptId: string
  /** From 0. */
  readonly lineNumber: number
}

interface Evaluated {
  readonly result: { readonly objectId?: string }
}

interface Properties {
  readonly internalProperties?: readonly {
    readonly name: string
    readonly value?: { readonly objectId?: string; readonly value?: unknown }
  }[]
}

/** Of a bound function, that of the one behind it. */
function locationOf(session: Session, objectId: string): Location | undefined {
  const properties =
    post<Properties>(session, 'Runtime.getProperties', { objectId, ownProperties: true })?.internalProperties ?? []
  const find = (name: string) => properties.find((property) => property.name === name)?.value
  const target = find('[[TargetFunction]]')?.objectId
  if (target !== undefined) return locationOf(session, target)
  return find('[[FunctionLocation]]')?.value as Location | undefined
}

function urlsOfScripts(session: Session): Map<string, string> {
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
  post(session, 'Debugger.enable', {})
  post(session, 'Debugger.disable', {})
  return urls
}

/** Within a process the answer comes before this returns. */
function post<T>(session: Session, method: string, params: object): T | undefined {
  let answer: T | undefined
  session.post(method, params, (error, result) => {
    if (error === null) answer = result as T
  })
  return answer
}
