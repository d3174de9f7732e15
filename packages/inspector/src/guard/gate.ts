import type { InspectorOptions } from '../inspector-options.js'
import type { Ask } from './ask.js'
import { Attempts } from './attempts.js'
import { cookieName, cookiesNamed, setCookie } from './cookie.js'
import { clientOf, hostName, isLoopbackAddress, isLoopbackName } from './loopback.js'
import { passedOnBy } from './passed-on.js'
import { digestOf, isSecret } from './secret.js'
import { SESSION_SECONDS, Sessions } from './sessions.js'

/** Why a request is refused, for who reads it. */
export interface Refusal {
  readonly status: 401 | 403 | 429
  readonly text: string
  /** In seconds: when it is worth trying again. */
  readonly retryAfter?: number
}

/** Who may ask for what. */
export class Gate {
  readonly #token: Buffer | undefined
  readonly #hosts: ReadonlySet<string>
  readonly #anyHost: boolean
  readonly #origins: ReadonlySet<string>
  readonly #sessions = new Sessions()
  readonly #attempts = new Attempts()

  constructor({ token, hosts, origins = [] }: InspectorOptions) {
    this.#token = token === undefined ? undefined : digestOf(token)
    this.#hosts = new Set((hosts ?? []).map(hostName))
    this.#anyHost = token !== undefined && hosts === undefined
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()))
  }

  /** Whether somebody has to log in. */
  get locked(): boolean {
    return this.#token !== undefined
  }

  /** Why nobody there may have anything at all; undefined when they may. `page`: links may lead to it from anywhere. */
  refuses(ask: Ask, page: boolean): Refusal | undefined {
    return this.#refusesPlace(ask) ?? this.#refusesSite(ask, page)
  }

  /** Why who asks is not let in; undefined when they have logged in, or nobody has to. */
  refusesStranger(ask: Ask): Refusal | undefined {
    if (this.#token === undefined) return undefined
    const name = cookieName(ask.header('host'))
    if (cookiesNamed(name, ask.header('cookie')).some((id) => this.#sessions.has(id))) return undefined
    const [, bearer] = /^Bearer +(\S{1,1024})$/i.exec(ask.header('authorization') ?? '') ?? []
    return bearer === undefined
      ? { status: 401, text: 'log in first, or send the token as `authorization: Bearer`' }
      : this.#refusesToken(ask, bearer)
  }

  /** Logs in. Returns the cookie to set, or why not. */
  login(ask: Ask, token: string): { readonly cookie: string } | Refusal {
    const refusal = this.#refusesToken(ask, token)
    if (refusal !== undefined) return refusal
    const secure = ask.secure || ask.header('x-forwarded-proto') === 'https'
    const cookie = setCookie(cookieName(ask.header('host')), this.#sessions.begin(), SESSION_SECONDS, secure)
    return { cookie }
  }

  #refusesToken(ask: Ask, given: string): Refusal | undefined {
    const client = clientOf(ask.peer)
    const wait = this.#attempts.waitOf(client)
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1_000)
      return { status: 429, text: `too many wrong tokens; try again in ${retryAfter} s`, retryAfter }
    }
    if (this.#token !== undefined && isSecret(given, this.#token)) return undefined
    this.#attempts.failed(client)
    return { status: 401, text: 'this is not the token' }
  }

  /** Where no token protects it, only this machine may look, and no page that made its own name point here (DNS rebinding). */
  #refusesPlace(ask: Ask): Refusal | undefined {
    const host = ask.header('host')
    const name = host === undefined ? undefined : hostName(host)
    const known = name !== undefined && (isLoopbackName(name) || this.#hosts.has(name))
    if (this.#token !== undefined) {
      return this.#anyHost || known
        ? undefined
        : refused(`it is not to be asked as ${shownHost(name)}; name it in the option hosts`)
    }
    if (ask.peer === undefined || !isLoopbackAddress(ask.peer))
      return refused(`the inspector is for this machine only; with the option token it is for whoever has the token`)
    const proxy = passedOnBy(ask)
    if (proxy !== undefined)
      return refused(
        `a proxy has passed this on (${proxy}), and the inspector is for this machine only; give it the option token`,
      )
    return known
      ? undefined
      : refused(`it is not to be asked as ${shownHost(name)}, only as localhost; name it in the option hosts`)
  }

  /** What other sites have the browser of somebody ask who may look. */
  #refusesSite(ask: Ask, page: boolean): Refusal | undefined {
    const site = ask.header('sec-fetch-site')
    const isLink =
      page && ask.method === 'GET' && ask.header('sec-fetch-mode') === 'navigate' && ask.header('sec-fetch-dest') === 'document'
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink)
      return refused('another site has asked for this')
    const origin = ask.header('origin')?.toLowerCase()
    if (origin === undefined || isLink || this.#origins.has(origin)) return undefined
    const host = ask.header('host')?.toLowerCase()
    const [, own] = /^https?:\/\/(.+)$/.exec(origin) ?? []
    return own !== undefined && own === host
      ? undefined
      : refused('another site has asked for this; if it is a proxy in front, name its address in the option origins')
  }
}

function refused(text: string): Refusal {
  return { status: 403, text }
}

/** It may be anything. */
function shownHost(name: string | undefined): string {
  if (name === undefined) return 'a host that is not said'
  return /^[\w.:-]{1,100}$/.test(name) ? name : 'this host'
}
