import { html } from 'virtual:inspector-page'
import type { Ask } from '../guard/ask.js'
import type { Csrf } from '../guard/csrf.js'
import type { Gate } from '../guard/gate.js'
import type { Viewers } from '../stream/viewers.js'
import type { Actions } from './actions.js'
import { ASSETS } from './assets.js'
import { loginPage } from './login-page.js'
import { type Reply, redirect, refusalReply, reply, textReply } from './reply.js'

/** In bytes. */
const LONGEST_LOGIN = 4_096
const LONGEST_ACTION = 16_384

/** That who asks is to get the stream of events. */
export const STREAM = 'stream'

/** Everything that can be asked for, and who may. */
export class Site {
  readonly #gate: Gate
  readonly #csrf: Csrf
  readonly #viewers: Viewers
  /** Absent where none are allowed. */
  readonly #actions: Actions | undefined

  constructor(gate: Gate, csrf: Csrf, viewers: Viewers, actions: Actions | undefined) {
    this.#gate = gate
    this.#csrf = csrf
    this.#viewers = viewers
    this.#actions = actions
  }

  async answer(ask: Ask): Promise<Reply | typeof STREAM> {
    const { path, method } = ask
    const isPage = path === '' || path === '/'
    const refusal = this.#gate.refuses(ask, isPage)
    if (refusal !== undefined) return path === '/actions' ? actionReply(refusal.status, refusal.text) : refusalReply(refusal)
    if (path === '/login' || path === '/actions') {
      if (method !== 'POST') return notAllowed('POST')
      return path === '/login' ? this.#login(ask) : this.#act(ask)
    }
    if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD')
    const asset = ASSETS.get(path)
    if (asset !== undefined) return asset.reply(ask)
    if (!isPage && path !== '/events' && path !== '/state') return textReply(404, 'there is nothing here')
    const stranger = this.#gate.refusesStranger(ask)
    if (stranger !== undefined) {
      if (!isPage || stranger.status === 403) return refusalReply(stranger)
      // Its form leads from here, so that the address has to end with a slash.
      return path === '' ? withSlash(ask) : loginPage(stranger.status)
    }
    if (isPage) return path === '' ? withSlash(ask) : reply(200, 'text/html', html)
    if (path === '/state') return reply(200, 'application/json', method === 'HEAD' ? '' : await this.#viewers.state())
    if (method === 'HEAD') return notAllowed('GET')
    return this.#viewers.full ? textReply(503, 'as many look already as may at once', { 'retry-after': '5' }) : STREAM
  }

  async #login(ask: Ask): Promise<Reply> {
    if (!this.#gate.locked) return textReply(404, 'nobody has to log in')
    const body = await ask.body(LONGEST_LOGIN)
    const token = body === undefined ? '' : (new URLSearchParams(body).get('token') ?? '')
    const login = this.#gate.login(ask, token)
    if ('cookie' in login) return redirect(303, './', { 'set-cookie': login.cookie })
    return login.status === 403 ? refusalReply(login) : loginPage(login.status, `${login.text}.`, login.retryAfter)
  }

  async #act(ask: Ask): Promise<Reply> {
    const stranger = this.#gate.refusesStranger(ask)
    if (stranger !== undefined) return actionReply(stranger.status, stranger.text)
    if (this.#actions === undefined) return actionReply(403, 'only looking is allowed here; the option actions allows more')
    if (!this.#csrf.matches(ask.header('x-keelson-csrf')))
      return actionReply(403, 'the page is of another process; load it again')
    if (!/^application\/json\b/i.test(ask.header('content-type') ?? '')) return actionReply(415, 'it has to be application/json')
    const body = await ask.body(LONGEST_ACTION)
    if (body === undefined) return actionReply(413, 'it is too long, or does not come')
    const answer = await this.#actions.perform(body)
    return reply(200, 'application/json', JSON.stringify(answer))
  }
}

/** The page asks with relative addresses, wherever it is mounted, and whatever a proxy in front has made of that. */
function withSlash({ mount }: Ask): Reply {
  return redirect(308, `./${mount.slice(mount.lastIndexOf('/') + 1)}/`)
}

function actionReply(status: number, text: string): Reply {
  return reply(status, 'application/json', JSON.stringify({ ok: false, text }))
}

function notAllowed(allow: string): Reply {
  return textReply(405, `only ${allow}`, { allow })
}
